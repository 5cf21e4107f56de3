package import AdminAPI
package import ControlKit
import DurableFiles
import Formats
import Hashing
import Routing
import ServiceKit
import Telemetry

/// Rollbacks that a router served and could not write before it ended, as its journal beside the file has them: the
/// next start serves them, so a command that works on the file without a router counts them in.
package struct StandingRollbacks {
    private let configuration: DurableFile
    private let journal: ReservedFile
    private var rollbacks: UnwrittenRollbacks

    package init(of path: String) {
        configuration = DurableFile(path: path)
        journal = ReservedFile(path: "\(configuration.folder)/.\(configuration.name).unwritten")
        rollbacks = journal.read().flatMap { UnwrittenRollbacks($0) } ?? UnwrittenRollbacks()
    }

    /// The document that the next start would serve.
    package func laid(over bytes: [UInt8]) -> [UInt8] {
        guard !rollbacks.isEmpty, let document = parsed(bytes),
            case .undoes = rollbacks.judge(
                document, checksum: Self.checksum(bytes), modifiedAt: configuration.modifiedAt())
        else { return bytes }
        let revision = max(Int(clamping: rollbacks.revision), (document.revision ?? RoutesDocument.firstRevision) + 1)
        return document.edited(rollbacks.edits(for: document) + [.revision(revision)])
    }

    /// Why a new document must not be written; nil: it undoes nothing.
    package func refusal(of bytes: [UInt8]) -> OperationFailure? {
        guard !rollbacks.isEmpty, let document = parsed(bytes),
            case .undoes(let entries) = rollbacks.judge(document, checksum: Self.checksum(bytes), modifiedAt: nil)
        else { return nil }
        let list = entries.map { "\($0.route) (by \($0.actor), revision \($0.revision))" }.joined(separator: ", ")
        return OperationFailure(
            .conflict, "it would undo a rollback that was served and is not in \(configuration.path) yet: \(list)",
            fix: "strangler apply FILE --over-rollback undoes it all the same")
    }

    /// Keeps a rollback for the next start, when the file cannot be read or written now: it is laid over the file, or
    /// over the newest copy that worked when the file is bad.
    /// - Parameter id: nil: every route with a service.
    /// - Returns: what the next start will not serve; nil: nothing says what it would serve.
    package mutating func keep(
        _ id: String?, actor: String, reason: String?, dryRun: Bool
    ) throws -> (changes: [RouteChange], revision: Int, path: String)? {
        let onDisk = FileSystem.read(configuration.path)
        guard let bytes = onDisk.flatMap({ parsed($0) == nil ? nil : $0 }) ?? newestCopy(),
            let document = parsed(laid(over: bytes))
        else { return nil }
        if let id, document.route(id) == nil {
            throw OperationFailure.noRoute(id, among: document.routes.map(\.id), where: configuration.path)
        }
        let moved = document.routes.filter { $0.percent > .zero && (id == nil || $0.id == id) }
        let revision = max(rollbacks.revision, UInt64(clamping: document.revision ?? 0)) &+ 1
        let now = Int64(Timestamp.now().milliseconds)
        let changes = moved.map { route in
            RouteChange(route: route.id, field: "percent", before: Double(route.percent.ticks) / 10_000, after: 0)
        }
        guard !moved.isEmpty, !dryRun else { return (changes, Int(clamping: revision), journal.path) }
        rollbacks.note(
            moved.map { route in
                UnwrittenRollbacks.Entry(
                    route: route.id, field: .percent, before: route.percent, revision: revision, at: now, actor: actor,
                    reason: reason ?? "")
            }, seen: onDisk.map(Self.checksum) ?? 0)
        do throws(FileError) {
            try journal.write(rollbacks.bytes)
        } catch {
            throw OperationFailure(
                .failed, "\(error)", fix: "make the folder of \(configuration.path) writable for you")
        }
        return (changes, Int(clamping: revision), journal.path)
    }

    private func newestCopy() -> [UInt8]? {
        let generations = Generations(of: configuration)
        for copy in generations.copies() {
            if let bytes = generations.bytes(of: copy), parsed(bytes) != nil { return bytes }
        }
        return nil
    }

    /// The file says it now, or something that its author meant.
    package func settle() {
        if !rollbacks.isEmpty { try? journal.write([]) }
    }

    private func parsed(_ bytes: [UInt8]) -> RoutesDocument? {
        try? RoutesDocument.parse(bytes, file: configuration.path, guards: .told).get()
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt64 { bytes.withUnsafeBytes { XXH64.hash($0, seed: 0) } }
}
