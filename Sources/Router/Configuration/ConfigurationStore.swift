import DurableFiles
import EventLoop
import Hashing
import Routing

/// The configuration on disk and the one that is served: loads, replaces, and never ends without routes.
///
/// Only the control loop uses it; it blocks on the disk.
final class ConfigurationStore {
    let compiler: ConfigurationCompiler
    let file: DurableFile
    let generations: Generations
    let journal: RollbackJournal
    /// What is served, or about to be.
    private(set) var current: ServedTable?
    /// What the start found in the journal.
    private(set) var finding: JournalFinding = .nothing
    /// What the file holds, as far as we know, and may be replaced. nil: something that was refused; only its author
    /// may replace it.
    private(set) var bytesOnDisk: [UInt8]?

    /// Addresses of names that are served, kept true by the `NameRefresher`: not looked up again when a table is made,
    /// because a rollback, above all, must not wait for a name server, nor fail with it.
    var answers: [Endpoint: [SocketAddress]] = [:]

    init(path: String, calls: FileCalls = .kernel, resolver: NameResolver = .system) {
        compiler = ConfigurationCompiler(path: path, resolver: resolver)
        file = DurableFile(path: path, calls: calls)
        generations = Generations(of: file, calls: calls)
        journal = RollbackJournal(beside: file, calls: calls)
    }

    var path: String { file.path }

    enum Source: String { case file, lastKnownGood = "last-known-good" }

    /// The first table: from the file, or from the newest copy that ever worked when the file does not. Rollbacks that
    /// the journal has, and that the file knows nothing of, are part of it. Nothing is written.
    /// - Returns: `problem` says what is wrong with the file when the copy had to serve.
    func start() -> Result<(table: ServedTable, source: Source, problem: ConfigurationProblem?), ConfigurationProblem> {
        journal.load()
        let problem: ConfigurationProblem
        switch readFile() {
        case .success(let bytes):
            switch startTable(ofFile: bytes, revision: revisionAtStart) {
            case .success(let (table, offence)):
                bytesOnDisk = bytes
                current = table
                return .success((table, .file, offence))
            case .failure(let failure): problem = failure
            }
        case .failure(let failure): problem = failure
        }
        for copy in generations.copies() {
            // A copy has served. Rules that came after it are told, not enforced: an upgrade must not end what runs.
            guard let bytes = generations.bytes(of: copy),
                case .success(let table) = startTable(
                    bytes, isFile: false, guards: .told, revision: { _, _ in copy.revision })
            else { continue }
            current = table
            return .success((table, .lastKnownGood, problem))
        }
        return .failure(problem)
    }

    /// Reads the file and the journal once more, before this process serves in the place of another. nil: nothing has
    /// changed.
    func startAgain() -> Result<ServedTable?, ConfigurationProblem> {
        journal.load()
        finding = .nothing
        return readFile().flatMap { bytes in
            startTable(ofFile: bytes, revision: revisionAfterEdit).map { table, _ in
                bytesOnDisk = bytes
                guard let current, table.bytes == current.bytes else { return table }
                return nil
            }
        }
    }

    /// The table of the file. One that has served already does so again: rules that came after it are told (`offence`),
    /// not enforced, because an upgrade must not end what runs.
    private func startTable(
        ofFile bytes: [UInt8], revision: (RoutesDocument, [UInt8]) -> UInt64
    ) -> Result<(table: ServedTable, offence: ConfigurationProblem?), ConfigurationProblem> {
        switch startTable(bytes, isFile: true, guards: .enforced, revision: revision) {
        case .success(let table): return .success((table, nil))
        case .failure(let problem):
            guard hasServed(bytes) else { return .failure(problem) }
            return startTable(bytes, isFile: true, guards: .told, revision: revision).map { ($0, problem) }
        }
    }

    /// The table of a text that was found at the start, less what was rolled back behind its back.
    private func startTable(
        _ bytes: [UInt8], isFile: Bool, guards: GuardRules, revision: (RoutesDocument, [UInt8]) -> UInt64
    ) -> Result<ServedTable, ConfigurationProblem> {
        let rollbacks = journal.rollbacks
        guard !rollbacks.isEmpty else { return load(bytes, guards: guards, revision: revision) }
        return compiler.parse(bytes, guards: guards).flatMap { document in
            // A copy that worked is not of the file's author: what was rolled back stays so.
            let judgement =
                isFile
                ? rollbacks.judge(document, checksum: Self.checksum(bytes), modifiedAt: file.modifiedAt())
                : .undoes(rollbacks.entries)
            let edits = rollbacks.edits(for: document)
            guard case .undoes = judgement, !edits.isEmpty else {
                finding = isFile ? judgement == .agrees ? .agrees : .later : .stands
                return load(document, bytes, revision: revision)
            }
            finding = .stands
            let number = overlaidRevision(document, edits, revision(document, bytes))
            return load(document.edited(edits + [.revision(Int(clamping: number))]), guards: guards) { _, _ in number }
        }
    }

    /// The number of a text with rollbacks laid over it: the one that it was served under before, if that is known.
    private func overlaidRevision(
        _ document: RoutesDocument, _ edits: [RoutesDocument.Edit], _ written: UInt64
    ) -> UInt64 {
        let number = max(
            journal.rollbacks.revision, UInt64(clamping: document.revision ?? RoutesDocument.firstRevision) &+ 1)
        if let current {
            // The same as is served, or a later one: loops take no lower number.
            let served = document.edited(edits + [.revision(Int(clamping: current.revision))])
            return served == current.bytes ? current.revision : max(number, current.revision + 1)
        }
        guard let newest = generations.copies().first, newest.revision >= number else { return number }
        let isThat =
            newest.revision == number
            && generations.bytes(of: newest) == document.edited(edits + [.revision(Int(clamping: number))])
        return isThat ? number : max(newest.revision, written) + 1
    }

    /// Reads the file again. nil: it holds what is served already.
    /// - Parameters:
    ///   - overRollback: its author knows of the rollbacks that are not on disk, and means to undo them.
    ///   - refusal: why what it says must wait; nil: it may serve.
    func reread(
        overRollback: Bool = false, refusal: (ServedTable) -> ConfigurationProblem? = { _ in nil }
    ) -> Result<ServedTable?, ConfigurationProblem> {
        switch readFile() {
        case .failure(let problem): return .failure(problem)
        case .success(let bytes):
            if let current, bytes == current.bytes {
                bytesOnDisk = bytes
                return .success(nil)
            }
            return compiler.parse(bytes, guards: hasServed(bytes) ? .told : .enforced).flatMap { document in
                if !overRollback, let refusal = undoing(document, bytes, modifiedAt: file.modifiedAt()) {
                    return .failure(refusal)
                }
                return load(document, bytes, revision: revisionAfterEdit).flatMap { table in
                    if let problem = refusal(table) { return .failure(problem) }
                    bytesOnDisk = bytes
                    return .success(table)
                }
            }
        }
    }

    /// Why a document must not be served: it would undo rollbacks that its author knew nothing of.
    /// - Parameter modifiedAt: of the file; nil: it comes from elsewhere, and only its revision can say that its author
    ///   knew.
    func undoing(_ document: RoutesDocument, _ bytes: [UInt8], modifiedAt: Int64?) -> ConfigurationProblem? {
        switch journal.rollbacks.judge(document, checksum: Self.checksum(bytes), modifiedAt: modifiedAt) {
        case .agrees, .isLater: nil
        case .undoes(let entries): .undoesRollback(entries, path: path)
        }
    }

    static func checksum(_ bytes: [UInt8]) -> UInt64 { bytes.withUnsafeBytes { XXH64.hash($0, seed: 0) } }

    /// A table from a changed text, not yet on disk. The text gets the next revision.
    func draft(_ bytes: [UInt8]) -> Result<ServedTable, ConfigurationProblem> {
        guard let current else { return .failure(.storage("nothing is served yet")) }
        return compiler.parse(bytes).flatMap { document in
            let next = current.revision + 1
            return load(document.edited([.revision(Int(clamping: next))])) { _, _ in next }
        }
    }

    /// The same of what is served with `edits`. Only what changed is read when it can be, so that going back does not
    /// take longer with more routes.
    func draft(_ edits: [RoutesDocument.Edit]) -> Result<ServedTable, ConfigurationProblem> {
        guard let current else { return .failure(.storage("nothing is served yet")) }
        let next = current.revision + 1
        let all = edits + [.revision(Int(clamping: next))]
        let text = current.document.edited(all)
        guard let document = current.document.following(all, to: text) else {
            for case .percent(let index, let percent) in edits where current.document.routes.indices.contains(index) {
                if let refusal = current.document.refusal(ofRoute: index, raisingTo: percent) {
                    return .failure(.invalid("\(refusal.reason); \(refusal.help)"))
                }
            }
            // What another route offends, and served with already, does not keep this one from going back.
            return load(text, guards: .told) { _, _ in next }
        }
        return .success(current.followed(by: document, bytes: text, revision: next).answering(answers))
    }

    /// Puts a draft on disk, if the file is still the one that is served.
    func write(_ draft: ServedTable) -> ConfigurationProblem? {
        do throws(FileError) {
            guard let lock = try WriterLock(for: file) else {
                return ConfigurationProblem(
                    code: "busy", status: 503, message: "another program is writing \(path); try again")
            }
            defer { withExtendedLifetime(lock) {} }
            // Someone edited it and has not sent SIGHUP: to write now would throw that away.
            if let bytes = try? file.read(), bytes != bytesOnDisk, bytes != draft.bytes {
                return ConfigurationProblem(
                    code: "file_changed", status: 409,
                    message: "\(path) was edited and is not what is served; reload it first (SIGHUP or POST /v1/reload)"
                )
            }
            try file.replace(with: draft.bytes)
            bytesOnDisk = draft.bytes
            return nil
        } catch {
            return .storage("\(error)")
        }
    }

    /// The table is served by every loop.
    func adopted(_ table: ServedTable) { current = table }

    /// Keeps the text as one that worked. An error is for the log only: serving does not depend on it.
    func keepAsGood(_ table: ServedTable) -> FileError? {
        do throws(FileError) {
            if let newest = generations.copies().first, newest.revision == table.revision,
                generations.bytes(of: newest) == table.bytes
            {
                return nil
            }
            try generations.keep(table.bytes, revision: table.revision)
            return nil
        } catch {
            return error
        }
    }

    // MARK: Reading

    private func readFile() -> Result<[UInt8], ConfigurationProblem> {
        do throws(FileError) {
            return .success(try file.read())
        } catch {
            return .failure(.invalid("\(error)"))
        }
    }

    private func load(
        _ bytes: [UInt8], guards: GuardRules = .enforced, revision: (RoutesDocument, [UInt8]) -> UInt64
    ) -> Result<ServedTable, ConfigurationProblem> {
        compiler.parse(bytes, guards: guards).flatMap { load($0, bytes, revision: revision) }
    }

    private func load(
        _ document: RoutesDocument, _ bytes: [UInt8], revision: (RoutesDocument, [UInt8]) -> UInt64
    ) -> Result<ServedTable, ConfigurationProblem> {
        compiler.compile(document, bytes: bytes, revision: revision(document, bytes), known: answers)
    }

    /// Whether this very text is the newest good copy.
    private func hasServed(_ bytes: [UInt8]) -> Bool {
        generations.copies().first.flatMap { generations.bytes(of: $0) } == bytes
    }

    /// The file's number, but never one that another text had before.
    private func revisionAtStart(_ document: RoutesDocument, _ bytes: [UInt8]) -> UInt64 {
        let written = UInt64(clamping: document.revision ?? RoutesDocument.firstRevision)
        guard let newest = generations.copies().first, newest.revision >= written else { return written }
        return generations.bytes(of: newest) == bytes ? newest.revision : newest.revision + 1
    }

    /// A hand-made change may leave the number as it was, or out: it counts on from what is served.
    private func revisionAfterEdit(_ document: RoutesDocument, _ bytes: [UInt8]) -> UInt64 {
        let served = current?.revision ?? 0
        return max(served + 1, UInt64(clamping: document.revision ?? 0))
    }
}

extension ConfigurationStore {
    /// What is wrong with the file; nil: it could be served.
    func check() -> ConfigurationProblem? {
        switch readForCheck() {
        case .failure(let problem): problem
        case .success: nil
        }
    }

    private func readForCheck() -> Result<ServedTable, ConfigurationProblem> {
        do throws(FileError) {
            let bytes = try DurableFile(path: path).read()
            return compiler.parse(bytes).flatMap {
                compiler.compile($0, bytes: bytes, revision: 1, known: answers)
            }
        } catch {
            return .failure(.invalid("\(error)"))
        }
    }
}

extension ConfigurationStore {
    /// What a reload would serve.
    func candidate(overRollback: Bool = false) -> Result<ServedTable, ConfigurationProblem> {
        readForCheck().flatMap { table in
            guard !overRollback, table.bytes != current?.bytes,
                let refusal = undoing(table.document, table.bytes, modifiedAt: file.modifiedAt())
            else { return .success(table) }
            return .failure(refusal)
        }
    }
}
