import DurableFiles
import Hashing
import Routing

/// Rollbacks that a router served and could not write before it ended, as its journal beside the file has them: the next start serves them,
/// so a command that works on the file without a router counts them in.
struct StandingRollbacks {
    private let configuration: DurableFile
    private let journal: ReservedFile
    private let rollbacks: UnwrittenRollbacks

    init(of path: String) {
        configuration = DurableFile(path: path)
        journal = ReservedFile(path: "\(configuration.folder)/.\(configuration.name).unwritten")
        rollbacks = journal.read().flatMap { UnwrittenRollbacks($0) } ?? UnwrittenRollbacks()
    }

    /// The document that the next start would serve.
    func laid(over bytes: [UInt8]) -> [UInt8] {
        guard !rollbacks.isEmpty, let document = parsed(bytes),
            case .undoes = rollbacks.judge(
                document, checksum: Self.checksum(bytes), modifiedAt: configuration.modifiedAt())
        else { return bytes }
        let revision = max(Int(clamping: rollbacks.revision), (document.revision ?? 0) + 1)
        return document.edited(rollbacks.edits(for: document) + [.revision(revision)])
    }

    /// Why a new document must not be written; nil: it undoes nothing.
    func refusal(of bytes: [UInt8]) -> CommandFailure? {
        guard !rollbacks.isEmpty, let document = parsed(bytes),
            case .undoes(let entries) = rollbacks.judge(document, checksum: Self.checksum(bytes), modifiedAt: nil)
        else { return nil }
        let list = entries.map { "\($0.route) (by \($0.actor), revision \($0.revision))" }.joined(separator: ", ")
        return CommandFailure(
            .conflict, "it would undo a rollback that was served and is not in \(configuration.path) yet: \(list)",
            fix: "strangler apply FILE --over-rollback undoes it all the same")
    }

    /// The file says it now, or something that its author meant.
    func settle() {
        if !rollbacks.isEmpty { try? journal.write([]) }
    }

    private func parsed(_ bytes: [UInt8]) -> RoutesDocument? {
        try? RoutesDocument.parse(bytes, file: configuration.path, guards: .told).get()
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt64 { bytes.withUnsafeBytes { XXH64.hash($0, seed: 0) } }
}
