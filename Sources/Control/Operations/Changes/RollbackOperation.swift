package import AdminAPI
package import AdminClient
import ControlKit

/// Everybody back to legacy, now. It needs nothing but a living router; without one, the file or what is kept beside it
/// says where everybody goes with the next start.
package enum RollbackOperation {
    package enum Outcome: Sendable {
        /// The router did it.
        case served(RollbackResponse, by: AdminClient)
        /// No router runs, so nobody is on any side: the file alone says where they will go.
        case written(AdminChange)
        /// The file is bad, gone, or cannot be written, because of `problem`: the next start, which would serve a copy
        /// or what the file still says, is told by the file `path` beside it.
        case kept([RouteChange], revision: Int, path: String, problem: String)
    }

    /// - Parameters:
    ///   - id: nil: every route with a service.
    ///   - drain: exchanges under way on the service may end by themselves.
    package static func make(_ id: String?, drain: Bool, _ context: OperationContext) async throws -> Outcome {
        let admin = try context.admin()
        do {
            // The rollback goes first; everything else can wait. Once it is asked for, it is recorded too.
            let rollback = try await unbroken(context.waits) {
                let rollback = try await admin.rollback(id, drain: drain, dryRun: context.isDryRun, context.author)
                await context.record("rollback", rollback.change, seen: nil, by: .router(admin))
                return rollback
            }
            return .served(rollback, by: admin)
        } catch let failure as OperationFailure where failure.kind == .unreachable {
            return try await withoutRouter(id, context, failure)
        }
    }

    private static func withoutRouter(
        _ id: String?, _ context: OperationContext, _ unreachable: OperationFailure
    ) async throws -> Outcome {
        do {
            let writer = try await RouteWriter.open(context)
            if let id { _ = try writer.route(id) }
            let ids = id.map { [$0] } ?? writer.shiftable.map(\.id)
            guard let written = try await writer.rollbackInFile(ids) else { throw unreachable }
            return .written(written)
        } catch {
            // A router that lives would not hear of it.
            guard !context.isRouterNamed, RouterSearch(around: context.configPath).livingProcess == nil else {
                throw unreachable
            }
            var rollbacks = StandingRollbacks(of: context.configPath)
            guard
                let kept = try rollbacks.keep(
                    id, actor: context.author.actor, reason: context.author.reason, dryRun: context.isDryRun)
            else { throw unreachable }
            // Without a file there was only the router to ask; that it is away is no reason why the file was not
            // written.
            let problem =
                FileSystem.exists(context.configPath)
                ? (error as? OperationFailure)?.message ?? "\(error)" : "there is no \(context.configPath)"
            return .kept(kept.changes, revision: kept.revision, path: kept.path, problem: problem)
        }
    }
}
