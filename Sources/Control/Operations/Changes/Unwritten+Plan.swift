package import AdminAPI
import AdminClient

extension Unwritten {
    /// Why a document must not be recommended: it would undo a rollback that its author may know nothing of. nil: it
    /// does not.
    package func undone(by plan: RoutesPlan, of file: String) -> String? {
        let raised = Set(
            plan.changes.filter { $0.field == "percent" && ($0.after ?? 0) > ($0.before ?? 0) }.map(\.route))
        guard rollbacks.contains(where: { raised.contains($0.route) }) else { return nil }
        return "\(file) would undo a rollback that is served and could not be written to disk: \(list); "
            + "only strangler apply \(file) --over-rollback does that"
    }
}
