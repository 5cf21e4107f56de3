import AdminClient
import ControlKit
import Arguments
import Routing

/// Changes routes through the running router; with no router running, in the file itself under the same lock and
/// rules. Both ways end in the ledger.
struct RouteWriter: Sendable {
    /// What a change needs to know of a route, from the router or from the file.
    struct Route: Equatable, Sendable {
        var id: String
        var legacy: String
        var service: String?
        var percent: Double
        var mirrorPercent: Double
        var isKeyed: Bool
        var context: String?
        /// What a percentage may do to the context's data.
        var mode: String?
    }

    private enum Way: Sendable {
        case router(AdminClient, revision: Int)
        case file(RoutesFileEditor)
    }

    private let invocation: Invocation
    private let way: Way
    private let routes: [Route]
    private let place: String
    /// The document before any change; nil when the router did not give it.
    private let document: [UInt8]?

    /// What the router was told of the rows; empty: no router.
    private let data: [AdminStatus.DataContext]

    /// Whether a router serves what is changed.
    var isLive: Bool { if case .router = way { true } else { false } }

    /// Finds the router, or the file when none answers. An `--admin` that was asked for by name and does not answer
    /// is an error: the user meant that router.
    static func open(_ invocation: Invocation) async throws -> RouteWriter {
        let admin = try invocation.admin()
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
                invocation: invocation, way: .router(admin, revision: status.revision), routes: routes,
                place: "the router at \(admin.address)", document: document, data: status.data)
        } catch let failure as CommandFailure where failure.exit == .unreachable {
            guard try invocation.namedAddress() == nil, FileSystem.exists(invocation.configPath) else { throw failure }
            let bytes = StandingRollbacks(of: invocation.configPath).laid(over: try invocation.configBytes())
            try RoutesCheck.check(bytes, file: invocation.configPath, guards: .told)
            guard let sketch = RoutesSketch(bytes) else { throw failure }
            invocation.console.warn(
                "no router answers at \(admin.address): the change goes into \(invocation.configPath) itself, and a "
                    + "router serves it when it starts")
            let routes = sketch.routes.map { route in
                Route(
                    id: route.id, legacy: route.legacy, service: route.service, percent: route.percent,
                    mirrorPercent: route.mirrorPercent, isKeyed: route.isKeyed, context: route.context, mode: route.mode
                )
            }
            return RouteWriter(
                invocation: invocation, way: .file(RoutesFileEditor(path: invocation.configPath)), routes: routes,
                place: invocation.configPath, document: bytes, data: [])
        }
    }

    func route(_ id: String) throws(CommandFailure) -> Route {
        if let route = routes.first(where: { $0.id == id }) { return route }
        throw .noRoute(id, among: routes.map(\.id), where: place)
    }

    /// Whether the service has the rows that readers of a higher percentage will ask for.
    func gate(_ id: String, to percent: Double) async throws -> DataGate {
        guard let document else {
            throw CommandFailure(
                .unreachable, "\(place) did not show its routes, so what readers will ask for cannot be looked at",
                fix: "try again")
        }
        let after = try RoutesFileEditor.applying(
            [.percent(route: id, Percent(nearest: percent))], to: document, file: place)
        return try await DataGate(from: document, to: after, router: data, invocation) {
            if case .router(let admin, _) = way { try await admin.status().data } else { [] }
        }
    }

    /// Routes that have a service.
    var shiftable: [Route] { routes.filter { $0.service != nil } }

    func shift(
        _ id: String, from before: Double, to percent: Double, compareRevision: Bool
    ) async throws -> AdminChange {
        switch way {
        case .router(let admin, let revision):
            return try await unbroken(invocation.console) {
                let change = try await admin.shift(
                    id, to: percent, ifRevision: compareRevision ? revision : nil, dryRun: invocation.isDryRun,
                    despiteData: invocation.inputs.has("despite-data"), invocation.motive)
                await record("shift", route: id, change, through: admin)
                return change
            }
        case .file(let editor):
            if let document, let refusal = RoutesCheck.refusal(document, route: id, percent: percent) { throw refusal }
            return try await edit(
                "shift", route: id, editor, .percent(route: id, Percent(nearest: percent)),
                RouteChange(route: id, field: "percent", before: before, after: percent))
        }
    }

    func mirror(_ id: String, from before: Double, to percent: Double, methods: [String]?) async throws -> AdminChange {
        switch way {
        case .router(let admin, _):
            return try await unbroken(invocation.console) {
                let change = try await admin.mirror(
                    id, percent: percent, methods: methods, dryRun: invocation.isDryRun, invocation.motive)
                await record("mirror", route: id, change, through: admin)
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
    func rollbackInFile(_ ids: [String]) async throws -> AdminChange? {
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
        let result = try editor.apply(edits, dryRun: invocation.isDryRun) { (bytes) throws(CommandFailure) in
            try RoutesCheck.check(bytes, file: editor.path, guards: .told)
        }
        let isChanged = result.before != result.after
        if isChanged, !invocation.isDryRun {
            await LedgerBook(invocation).record(
                verb, route: route, reason: invocation.reason, changes: changes,
                previousRevision: result.previousRevision, revision: result.revision, before: result.before,
                after: result.after, through: nil)
        }
        return AdminChange(
            changes: changes, revision: result.revision, previousRevision: result.previousRevision,
            dryRun: invocation.isDryRun, changed: isChanged, loops: 0, tookMilliseconds: 0, warnings: [])
    }

    /// The revision that `document` is.
    private var seen: Int? { if case .router(_, let revision) = way { revision } else { nil } }

    private func record(_ verb: String, route: String, _ change: AdminChange, through admin: AdminClient) async {
        guard change.changed, !change.dryRun else { return }
        await LedgerBook(invocation).record(
            verb, route: route, reason: invocation.reason, changes: change.changes,
            previousRevision: change.previousRevision, revision: change.revision,
            // What was looked at first, if nothing came between.
            before: seen == change.previousRevision ? document : nil, after: try? await admin.routes(), through: admin)
    }

    // MARK: Words

    /// Next steps when no router runs: it is started first, and what only a router can answer is left out.
    static func offline(_ steps: [Answer.NextStep], _ invocation: Invocation) -> [Answer.NextStep] {
        [start(invocation)] + steps.filter { !$0.command.hasPrefix("strangler status") }
    }

    static func start(_ invocation: Invocation) -> Answer.NextStep {
        .init("strangler-router --config \(invocation.configPath)", "start the router")
    }

    /// How the change was observed.
    static func observation(_ change: AdminChange) -> String {
        guard change.loops > 0 else {
            return "Written to the file as revision \(change.revision); no router runs yet."
        }
        let loops = change.loops == 1 ? "the router's loop serves" : "all \(change.loops) loops of the router serve"
        return "Observed: \(loops) revision \(change.revision), after "
            + Decimal.milliseconds(change.tookMilliseconds) + "."
    }

    static func describe(_ change: AdminChange, in data: inout Datum) {
        data["revision"] = .integer(Int64(change.revision))
        data["previous_revision"] = .integer(Int64(change.previousRevision))
        data["changed"] = .bool(change.changed)
        data["dry_run"] = .bool(change.dryRun)
        data["observed"] = .bool(change.loops > 0)
        data["loops"] = .integer(Int64(change.loops))
        data["took_ms"] = .number(change.tookMilliseconds)
        data["warnings"] = .array(change.warnings.map { .string($0) })
    }
}
