import AdminAPI
package import AdminClient
package import ControlKit
import Routing

/// Changes routes through the running router; with no router running, in the file itself under the same lock and
/// rules. Both ways end in the ledger.
package struct RouteWriter: Sendable {
    /// What a change needs to know of a route, from the router or from the file.
    package struct Route: Equatable, Sendable {
        package var id: String
        package var legacy: String
        package var service: String?
        package var percent: Double
        package var mirrorPercent: Double
        package var isKeyed: Bool
        package var context: String?
        /// What a percentage may do to the context's data.
        package var mode: String?
    }

    private enum Way: Sendable {
        case router(AdminClient, revision: Int)
        case file(RoutesFileEditor)
    }

    private let context: OperationContext
    private let way: Way
    private let routes: [Route]
    private let place: String
    /// The document before any change; nil when the router did not give it.
    private let document: [UInt8]?

    /// What the router was told of the rows; empty: no router.
    private let data: [DataContext]

    /// Whether a router serves what is changed.
    package var isLive: Bool { if case .router = way { true } else { false } }

    /// Finds the router, or the file when none answers. An `--admin` that was asked for by name and does not answer
    /// is an error: the user meant that router.
    package static func open(_ context: OperationContext) async throws -> RouteWriter {
        let admin = try context.admin()
        do {
            let status = try await admin.status()
            let document = try? await admin.routes()
            let sketch = document.flatMap { RoutesSketch($0) }
            let routes = status.routes.map { route in
                Route(
                    id: route.id, legacy: route.legacy.upstream, service: route.service?.upstream,
                    percent: route.percent, mirrorPercent: route.mirror?.percent ?? 0,
                    isKeyed: sketch?.route(route.id)?.isKeyed ?? true, context: route.context, mode: route.mode)
            }
            return RouteWriter(
                context: context, way: .router(admin, revision: status.revision), routes: routes,
                place: "the router at \(admin.address)", document: document, data: status.data)
        } catch let failure as OperationFailure where failure.kind == .unreachable {
            guard !context.isRouterNamed, FileSystem.exists(context.configPath) else { throw failure }
            let bytes = StandingRollbacks(of: context.configPath).laid(
                over: try RoutesCheck.bytes(of: context.configPath))
            try RoutesCheck.check(bytes, file: context.configPath, guards: .told)
            guard let sketch = RoutesSketch(bytes) else { throw failure }
            context.remark(
                "no router answers at \(admin.address): the change goes into \(context.configPath) itself, and a "
                    + "router serves it when it starts")
            let routes = sketch.routes.map { route in
                Route(
                    id: route.id, legacy: route.legacy, service: route.service, percent: route.percent,
                    mirrorPercent: route.mirrorPercent, isKeyed: route.isKeyed, context: route.context, mode: route.mode
                )
            }
            return RouteWriter(
                context: context, way: .file(RoutesFileEditor(path: context.configPath)), routes: routes,
                place: context.configPath, document: bytes, data: [])
        }
    }

    package func route(_ id: String) throws(OperationFailure) -> Route {
        if let route = routes.first(where: { $0.id == id }) { return route }
        throw .noRoute(id, among: routes.map(\.id), where: place)
    }

    /// Whether the service has the rows that readers of a higher percentage will ask for.
    package func gate(_ id: String, to percent: Double) async throws -> DataGate {
        guard let document else {
            throw OperationFailure(
                .unreachable, "\(place) did not show its routes, so what readers will ask for cannot be looked at",
                fix: "try again")
        }
        let after = try RoutesFileEditor.applying(
            [.percent(route: id, Percent(nearest: percent))], to: document, file: place)
        return try await DataGate(from: document, to: after, router: data, context) {
            if case .router(let admin, _) = way { try await admin.status().data } else { [] }
        }
    }

    /// Routes that have a service.
    package var shiftable: [Route] { routes.filter { $0.service != nil } }

    package func shift(
        _ id: String, from before: Double, to percent: Double, compareRevision: Bool
    ) async throws -> AdminChange {
        switch way {
        case .router(let admin, let revision):
            return try await unbroken(context.waits) {
                let change = try await admin.shift(
                    id, to: percent, ifRevision: compareRevision ? revision : nil, dryRun: context.isDryRun,
                    despiteData: context.despiteData, context.author)
                await context.record("shift", route: id, change, seen: seen, by: .router(admin))
                return change
            }
        case .file(let editor):
            if let document, let refusal = RoutesCheck.refusal(document, route: id, percent: percent) { throw refusal }
            return try await edit(
                "shift", route: id, editor, .percent(route: id, Percent(nearest: percent)),
                RouteChange(route: id, field: "percent", before: before, after: percent))
        }
    }

    package func mirror(_ id: String, from before: Double, to percent: Double, methods: [String]?) async throws
        -> AdminChange
    {
        switch way {
        case .router(let admin, _):
            return try await unbroken(context.waits) {
                let change = try await admin.mirror(
                    id, percent: percent, methods: methods, dryRun: context.isDryRun, context.author)
                await context.record("mirror", route: id, change, seen: seen, by: .router(admin))
                return change
            }
        case .file(let editor):
            if percent > 0, let document,
                let refusal = RoutesCheck.mirrorRefusal(document, route: id, methods: methods)
            {
                throw refusal
            }
            return try await edit(
                "mirror", route: id, editor, .mirror(route: id, Percent(nearest: percent), methods: methods),
                RouteChange(route: id, field: "mirror", before: before, after: percent))
        }
    }

    /// Sets several routes to 0 in the file; the router's own rollback is another verb of its API.
    package func rollbackInFile(_ ids: [String]) async throws -> AdminChange? {
        guard case .file(let editor) = way else { return nil }
        let moved = routes.filter { ids.contains($0.id) && $0.percent > 0 }
        return try await edit(
            "rollback", route: ids.count == 1 ? ids[0] : "*", editor, moved.map { .percent(route: $0.id, .zero) },
            moved.map { RouteChange(route: $0.id, field: "percent", before: $0.percent, after: 0) })
    }

    private func edit(
        _ verb: String, route: String, _ editor: RoutesFileEditor, _ edit: RoutesFileEditor.Edit, _ change: RouteChange
    ) async throws -> AdminChange {
        try await self.edit(verb, route: route, editor, [edit], [change])
    }

    private func edit(
        _ verb: String, route: String, _ editor: RoutesFileEditor, _ edits: [RoutesFileEditor.Edit],
        _ changes: [RouteChange]
    ) async throws -> AdminChange {
        let result = try editor.apply(edits, dryRun: context.isDryRun) { (bytes) throws(OperationFailure) in
            try RoutesCheck.check(bytes, file: editor.path, guards: .told)
        }
        let change = AdminChange(
            changes: changes, revision: result.revision, previousRevision: result.previousRevision,
            dryRun: context.isDryRun, changed: result.before != result.after, loops: 0, tookMilliseconds: 0,
            warnings: [])
        await context.record(
            verb, route: route, change, seen: (result.before, result.previousRevision), by: .file(after: result.after))
        return change
    }

    /// The document that was looked at, with its revision; nil: the router did not give it, or the file has it.
    private var seen: (document: [UInt8], revision: Int)? {
        guard case .router(_, let revision) = way, let document else { return nil }
        return (document, revision)
    }
}
