package import AdminAPI
package import AdminClient
import ControlKit

/// The document that serves now, from the router, or the file's when no router runs.
package struct ServedDocument: Sendable {
    package var document: [UInt8]
    package var revision: Int
    package var place: String
    /// What is served and not on disk.
    package var unwritten: Unwritten?
    /// What the router was told of the rows; empty: no router.
    package var data: [DataContext] = []
    /// A router serves it.
    package var isLive = false

    /// From the router; from the file when none answers and the caller did not name one.
    package static func find(_ context: OperationContext) async throws -> ServedDocument {
        let admin = try context.admin()
        do {
            return try await live(admin)
        } catch let failure as OperationFailure where failure.kind == .unreachable {
            guard !context.isRouterNamed else { throw failure }
            let bytes = StandingRollbacks(of: context.configPath).laid(
                over: try RoutesCheck.bytes(of: context.configPath))
            return ServedDocument(
                document: bytes, revision: RoutesSketch(bytes)?.revision ?? 0, place: context.configPath)
        }
    }

    /// From a router that must answer.
    package static func live(_ admin: AdminClient) async throws -> ServedDocument {
        let status = try await admin.status()
        return ServedDocument(
            document: try await admin.routes(), revision: status.revision, place: "the router",
            unwritten: status.config.persistence.unwritten, data: status.data, isLive: true)
    }
}
