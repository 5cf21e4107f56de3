import AdminAPI
import AdminClient
package import ControlKit

/// What a routes document would change if it served, looked at without changing anything.
package struct DocumentPreview: Sendable {
    /// What serves now, and where it was read.
    package let present: ServedDocument
    package let plan: RoutesPlan
    /// Whether services that would get readers have their rows; nil: nobody asked.
    package let gate: DataGate?
    /// What an author should hear before the document serves, the gravest first.
    package let warnings: [String]
    package let advice: [Advice]

    /// Compares a document that shall serve with what serves, and looks at the gate that it would have to pass.
    ///
    /// - Parameters:
    ///   - file: where the document comes from, for messages.
    package static func of(_ wanted: [UInt8], file: String, _ context: OperationContext) async throws -> DocumentPreview
    {
        let warnings = try RoutesCheck.check(wanted, file: file)
        let present = try await ServedDocument.find(context)
        let plan = try RoutesPlan.between(present.document, wanted, named: file)
        let gate = try DataGate(from: present.document, to: wanted, router: present.data, context)
        return DocumentPreview(
            of: plan, file: file, present, gate, warnings, .apply(file: file, ifRevision: present.revision), "do it",
            unmoved: RoutesCheck.moveRefusal(from: present.document, to: wanted))
    }

    /// Compares the routes file with what its router serves: the router must be there.
    package static func ofFile(_ context: OperationContext) async throws -> DocumentPreview {
        let file = context.configPath
        let wanted = try RoutesCheck.bytes(of: file)
        let warnings = try RoutesCheck.check(wanted, file: file)
        let present = try await ServedDocument.live(try context.admin())
        let plan = try RoutesPlan.between(present.document, wanted, named: file)
        return DocumentPreview(
            of: plan, file: file, present, nil, warnings, .apply(file: file, ifRevision: nil),
            "let the router serve the file", unmoved: RoutesCheck.moveRefusal(from: present.document, to: wanted))
    }

    private init(
        of plan: RoutesPlan, file: String, _ present: ServedDocument, _ gate: DataGate?, _ warnings: [String],
        _ apply: Advice.Action, _ reason: String, unmoved: OperationFailure?
    ) {
        let undone = present.unwritten.flatMap { $0.undone(by: plan, of: file) }
        let failure = unmoved ?? gate?.failure
        self.present = present
        self.plan = plan
        self.gate = gate
        self.warnings =
            [undone].compactMap { $0 } + warnings
            + (failure.map { ["apply would be refused: \($0.message)"] } ?? []) + (gate?.warnings ?? [])
        if plan.isEmpty {
            advice = []
        } else if undone != nil {
            advice = [Advice(.status(route: nil), "the rollback that is not on disk")]
        } else if let move = unmoved?.fixes.first {
            advice = [Advice(.wayOut(move), "users of an owned context move with their rows")]
        } else if failure != nil {
            advice = [Advice(.dataStatus(group: nil), "what the service lacks")]
        } else {
            advice = [Advice(apply, reason)]
        }
    }
}
