import DurableFiles
import EventLoop
import Routing

/// The configuration on disk and the one that is served: loads, replaces, and never ends without routes.
///
/// Only the control loop uses it; it blocks on the disk.
final class ConfigurationStore {
    let compiler: ConfigurationCompiler
    private let file: DurableFile
    let generations: Generations
    /// What is served, or about to be.
    private(set) var current: ServedTable?
    /// What the file holds, as far as we know, and may be replaced. nil: something that was refused; only its author may replace it.
    private var bytesOnDisk: [UInt8]?

    /// Addresses of names that are served, kept true by the `NameRefresher`: not looked up again when a table is made, because a rollback, above
    /// all, must not wait for a name server, nor fail with it.
    var answers: [Endpoint: [SocketAddress]] = [:]

    init(path: String, calls: FileCalls = .kernel, resolver: NameResolver = .system) {
        compiler = ConfigurationCompiler(path: path, resolver: resolver)
        file = DurableFile(path: path, calls: calls)
        generations = Generations(of: file, calls: calls)
    }

    var path: String { file.path }

    enum Source: String { case file, lastKnownGood = "last-known-good" }

    /// The first table: from the file, or from the newest copy that ever worked when the file does not.
    /// - Returns: `problem` says what is wrong with the file when the copy had to serve.
    func start() -> Result<(table: ServedTable, source: Source, problem: ConfigurationProblem?), ConfigurationProblem> {
        let problem: ConfigurationProblem
        switch readFile() {
        case .success(let bytes):
            switch load(bytes, revision: revisionAtStart) {
            case .success(let table):
                bytesOnDisk = bytes
                current = table
                return .success((table, .file, nil))
            case .failure(let failure):
                if case .success(let table)? = loadServed(bytes, revision: revisionAtStart) {
                    bytesOnDisk = bytes
                    current = table
                    return .success((table, .file, failure))
                }
                problem = failure
            }
        case .failure(let failure): problem = failure
        }
        for copy in generations.copies() {
            // A copy has served. Rules that came after it are told, not enforced: an upgrade must not end what runs.
            guard let bytes = generations.bytes(of: copy),
                case .success(let table) = load(bytes, guards: .told, revision: { _, _ in copy.revision })
            else { continue }
            current = table
            return .success((table, .lastKnownGood, problem))
        }
        return .failure(problem)
    }

    /// Reads the file again. nil: it holds what is served already.
    func reread() -> Result<ServedTable?, ConfigurationProblem> {
        switch readFile() {
        case .failure(let problem): return .failure(problem)
        case .success(let bytes):
            if let current, bytes == current.bytes {
                bytesOnDisk = bytes
                return .success(nil)
            }
            var result = load(bytes, revision: revisionAfterEdit)
            if case .failure = result, let served = loadServed(bytes, revision: revisionAfterEdit) { result = served }
            return result.map { table in
                bytesOnDisk = bytes
                return table
            }
        }
    }

    /// A table from a changed text, not yet on disk. The text gets the next revision.
    func draft(_ bytes: [UInt8]) -> Result<ServedTable, ConfigurationProblem> {
        guard let current else { return .failure(.storage("nothing is served yet")) }
        return compiler.parse(bytes).flatMap { document in
            let next = current.revision + 1
            return load(document.edited([.revision(Int(clamping: next))])) { _, _ in next }
        }
    }

    /// The same of what is served with `edits`. Only what changed is read when it can be, so that going back does not take longer with more
    /// routes.
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
            if let bytes = try? file.read(), bytes != bytesOnDisk {
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
        compiler.parse(bytes, guards: guards).flatMap {
            compiler.compile($0, bytes: bytes, revision: revision($0, bytes), known: answers)
        }
    }

    /// A text that served already, the newest good copy: rules that came after it are told, not enforced, because an upgrade must not end what
    /// runs. nil: another text, which has to keep every rule.
    private func loadServed(
        _ bytes: [UInt8], revision: (RoutesDocument, [UInt8]) -> UInt64
    ) -> Result<ServedTable, ConfigurationProblem>? {
        guard let newest = generations.copies().first, generations.bytes(of: newest) == bytes else { return nil }
        return load(bytes, guards: .told, revision: revision)
    }

    /// The file's number, but never one that another text had before.
    private func revisionAtStart(_ document: RoutesDocument, _ bytes: [UInt8]) -> UInt64 {
        let written = UInt64(clamping: document.revision ?? 1)
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
    func candidate() -> Result<ServedTable, ConfigurationProblem> { readForCheck() }
}
