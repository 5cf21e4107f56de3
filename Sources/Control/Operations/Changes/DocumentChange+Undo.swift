import AdminClient
import ControlKit
import Ledger

extension DocumentChange {
    /// Prepares the way back to an earlier document, which is a change like any other.
    ///
    /// - Parameters:
    ///   - revision: whose document is to serve again; nil: the one before the change that led to what is served.
    ///   - overRollback: it may undo rollbacks that are served and could not be written.
    package static func undo(
        to revision: Int?, overRollback: Bool, _ context: OperationContext
    ) async throws -> DocumentChange {
        let present = try await ServedDocument.find(context)
        await context.ledger.observe(
            revision: present.revision, document: present.document,
            through: present.isLive ? try context.admin() : nil)
        let ledger = context.ledger.exists ? try? context.ledger.open() : nil
        let target = try revision ?? before(present, ledger)
        var document = try? ledger?.document(revision: target)
        if document == nil, present.isLive { document = try await context.admin().routes(revision: target) }
        guard let document else {
            throw OperationFailure(
                .failed, "revision \(target) is neither in the ledger nor kept by the router",
                fix: "strangler history shows the revisions that are known")
        }
        let name = "revision \(target)"
        try RoutesCheck.check(document, file: name)
        return try await DocumentChange(
            from: present, to: document, named: name, verb: "undo", ifRevision: nil, overRollback: overRollback, context
        )
    }

    /// The revision before the change that led to what is served; who recorded last need not have changed last.
    private static func before(_ present: ServedDocument, _ ledger: Ledger?) throws -> Int {
        let entries = try ledger?.entries(limit: 100) ?? []
        if let last = entries.first(where: { $0.revision == present.revision }) ?? entries.first {
            return last.previousRevision
        }
        guard present.revision > 1 else {
            throw OperationFailure(.failed, "nothing was changed yet, so there is nothing to undo")
        }
        return present.revision - 1
    }
}
