package import ControlKit
import DurableFiles
import JSON
package import Routing

/// Changes a routes file when no router serves it: under the writers' lock, the whole file by rename, `revision` one
/// higher, and every byte that is not the change left as its author wrote it.
package struct RoutesFileEditor: Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    /// One edit of a route that is looked for when the file is open: the editor is `RoutesDocument.Edit`, the router's
    /// own.
    package enum Edit: Equatable, Sendable {
        case percent(route: String, Percent)
        case mirror(route: String, Percent, methods: [String]?)
        case epoch(context: String, Int)

        fileprivate var route: String? {
            switch self {
            case .percent(let id, _), .mirror(let id, _, _): id
            case .epoch: nil
            }
        }

        fileprivate func at(_ index: Int) -> RoutesDocument.Edit {
            switch self {
            case .percent(_, let percent): .percent(route: index, percent)
            case .mirror(_, let percent, let methods): .mirror(route: index, percent, methods: methods)
            case .epoch(let context, let epoch): .epoch(context: context, epoch)
            }
        }
    }

    /// What was written.
    package struct Result: Equatable, Sendable {
        package var revision: Int
        package var previousRevision: Int
        package var before: [UInt8]
        package var after: [UInt8]
    }

    /// Applies `edits` to the file.
    ///
    /// - Parameter check: judges the new document before it is written; throws to refuse it.
    package func apply(
        _ edits: [Edit], dryRun: Bool, check: ([UInt8]) throws(OperationFailure) -> Void
    ) throws(OperationFailure) -> Result {
        try rewrite(ifRevision: nil, dryRun: dryRun, overRollback: true, check: check) {
            (bytes) throws(OperationFailure) in
            try Self.applying(edits, to: bytes, file: path)
        }
    }

    /// Replaces the whole document.
    ///
    /// - Parameters:
    ///   - revision: the revision the caller saw; another one in the file is a conflict.
    ///   - overRollback: rollbacks that the file does not say yet may be undone.
    package func replace(
        with document: [UInt8], ifRevision revision: Int?, dryRun: Bool, overRollback: Bool,
        check: ([UInt8]) throws(OperationFailure) -> Void
    ) throws(OperationFailure) -> Result {
        try rewrite(ifRevision: revision, dryRun: dryRun, overRollback: overRollback, check: check) { _ in document }
    }

    private func rewrite(
        ifRevision expected: Int?, dryRun: Bool, overRollback: Bool, check: ([UInt8]) throws(OperationFailure) -> Void,
        _ transform: ([UInt8]) throws(OperationFailure) -> [UInt8]
    ) throws(OperationFailure) -> Result {
        let lock = try locked()
        defer { withExtendedLifetime(lock) {} }
        guard let onDisk = FileSystem.read(path) else {
            throw OperationFailure(
                .configuration, "cannot read \(path)", fix: "strangler init writes a routes.json for your monolith")
        }
        let rollbacks = StandingRollbacks(of: path)
        let before = rollbacks.laid(over: onDisk)
        let present = RoutesSketch(before)?.revision ?? RoutesDocument.firstRevision
        if let expected, expected != present {
            throw OperationFailure(
                .conflict, "\(path) is at revision \(present), not \(expected): somebody changed it in between",
                fix: "look at what changed (strangler history), then try again")
        }
        let changed = try transform(before)
        if !overRollback, let refusal = rollbacks.refusal(of: changed) { throw refusal }
        if changed == onDisk {
            return Result(revision: present, previousRevision: present, before: before, after: before)
        }
        let after = try Self.settingRevision(present + 1, in: changed, file: path)
        try check(after)
        if !dryRun {
            try FileSystem.replace(path, with: after)
            rollbacks.settle()
        }
        return Result(
            revision: dryRun ? present : present + 1, previousRevision: present, before: before, after: after)
    }

    private func locked() throws(OperationFailure) -> WriterLock {
        do {
            if let lock = try WriterLock(for: DurableFile(path: path)) { return lock }
        } catch {
            throw OperationFailure(
                .failed, "\(error)", fix: "make the folder of \(path) writable for you, or run as its owner")
        }
        throw OperationFailure(.conflict, "somebody else is writing \(path) right now", fix: "try again in a moment")
    }

    // MARK: Edits of text

    package static func applying(_ edits: [Edit], to bytes: [UInt8], file: String) throws(OperationFailure) -> [UInt8] {
        let document = try parse(bytes, file: file)
        var found: [RoutesDocument.Edit] = []
        for edit in edits {
            let place = try edit.route.map { (id) throws(OperationFailure) in try find(id, in: document, file: file) }
            found.append(edit.at(place ?? 0))
        }
        return RoutesDocument.edited(document, found.compactMap { $0.changing(document) })
    }

    package static func settingRevision(_ revision: Int, in bytes: [UInt8], file: String) throws(OperationFailure)
        -> [UInt8]
    {
        RoutesDocument.edited(try parse(bytes, file: file), [.revision(revision)])
    }

    private static func parse(_ bytes: [UInt8], file: String) throws(OperationFailure) -> JSONDocument {
        do throws(JSONError) {
            return try JSONDocument(bytes)
        } catch {
            throw OperationFailure(
                .configuration, "\(file):\(error.position.line):\(error.position.column): \(error.message)",
                fix: "strangler validate \(file)")
        }
    }

    private static func find(_ id: String, in document: JSONDocument, file: String) throws(OperationFailure) -> Int {
        let ids = document.root["routes"]?.elements.map { $0["id"]?.string } ?? []
        if let index = ids.firstIndex(of: id) { return index }
        throw .noRoute(id, among: ids.compactMap { $0 }, where: file)
    }
}

extension OperationFailure {
    /// A route that is not there, with the nearest names.
    package static func noRoute(_ id: String, among ids: [String], where place: String) -> OperationFailure {
        var failure = OperationFailure(.failed, "no route \"\(id)\" in \(place)")
        if let near = Suggestion.nearest(to: id, among: ids) { failure.fixes.append("did you mean \"\(near)\"?") }
        failure.fixes.append(ids.isEmpty ? "add a route first" : "routes: " + ids.joined(separator: ", "))
        return failure
    }
}
