import AdminAPI
package import AdminClient
import ControlKit

/// Brings a whole document to serve: through the router, or into the file when none runs. It is prepared first, so that
/// its caller can see what it does before it is done.
package struct DocumentChange: Sendable {
    package let present: ServedDocument
    /// What becomes different; empty: nothing.
    package let plan: RoutesPlan
    /// Whether services that get readers have their rows.
    package let gate: DataGate
    /// Of the document, for messages.
    package let name: String
    private let wanted: [UInt8]
    private let verb: String
    private let overRollback: Bool
    private let context: OperationContext

    /// Compares the document with what serves, and looks at the gate.
    /// - Parameters:
    ///   - name: of the document, for messages.
    ///   - verb: as which the change is recorded.
    ///   - expected: the revision that must serve; nil: any.
    ///   - overRollback: it may undo rollbacks that are served and could not be written.
    package init(
        to wanted: [UInt8], named name: String, verb: String, ifRevision expected: Int?, overRollback: Bool,
        _ context: OperationContext
    ) async throws {
        try await self.init(
            from: try await ServedDocument.find(context), to: wanted, named: name, verb: verb, ifRevision: expected,
            overRollback: overRollback, context)
    }

    /// - Parameter present: what serves.
    init(
        from present: ServedDocument, to wanted: [UInt8], named name: String, verb: String, ifRevision expected: Int?,
        overRollback: Bool, _ context: OperationContext
    ) async throws {
        plan = try RoutesPlan.between(present.document, wanted, named: name)
        if let expected, expected != present.revision {
            throw OperationFailure(
                .conflict, "\(present.place) is at revision \(present.revision), not \(expected): the plan is stale",
                fix: "strangler plan \(name) shows what it would change now")
        }
        self.present = present
        self.wanted = wanted
        self.name = name
        self.verb = verb
        self.overRollback = overRollback
        self.context = context
        guard !plan.isEmpty else {
            gate = DataGate()
            return
        }
        if !present.isLive, let refusal = RoutesCheck.moveRefusal(from: present.document, to: wanted) { throw refusal }
        gate = try await DataGate(from: present.document, to: wanted, router: present.data, context) {
            try await context.admin().status().data
        }
        if let failure = gate.failure { throw failure }
    }

    /// Makes the change and records it; once it is asked for, both are done.
    package func make() async throws -> AdminChange {
        try await unbroken(context.waits) {
            let change = try await write()
            let admin = change.loops > 0 ? try? context.admin() : nil
            var made = change
            made.changes = plan.changes
            await context.record(
                verb, made, seen: (present.document, present.revision),
                by: admin.map { .router($0) } ?? .file(after: FileSystem.read(context.configPath)))
            return change
        }
    }

    private func write() async throws -> AdminChange {
        guard present.isLive else {
            let result = try RoutesFileEditor(path: context.configPath).replace(
                with: wanted, ifRevision: present.revision, dryRun: context.isDryRun, overRollback: overRollback
            ) { (bytes) throws(OperationFailure) in
                try RoutesCheck.check(bytes, file: name)
            }
            return AdminChange(
                changes: [], revision: result.revision, previousRevision: result.previousRevision,
                dryRun: context.isDryRun, changed: true, loops: 0, tookMilliseconds: 0, warnings: [])
        }
        let consent = AdminClient.Consent(overRollback: overRollback, despiteData: context.despiteData)
        let admin = try context.admin()
        let served = try await admin.status().config.file
        if FileSystem.canonical(name) == FileSystem.canonical(served) {
            // The router's own file, edited by hand: it reads it again rather than have it sent.
            return try await admin.reload(dryRun: context.isDryRun, verb: verb, consent, context.author)
        }
        return try await admin.replaceRoutes(
            wanted, ifRevision: present.revision, dryRun: context.isDryRun, verb: verb, consent, context.author)
    }
}
