package import ControlKit
package import Parity
package import Routing

/// Where each side of a request is reached: by the upstreams of the route that `routes.json` would send it on, or at
/// two addresses that were named on the command line.
package struct SideDirectory: Sendable {
    private let document: RoutesDocument?
    private let table: RouteTable?
    private let fixed: [ComparedSide: SidePlace]
    /// Which of a route's upstreams stands on which side, in the order of `--against`.
    private let order: [ComparedSide: ComparedSide]

    /// - Parameters:
    ///   - against: two of `legacy`, `service`, URLs and `HOST:PORT`s, comma separated; the first is right by
    ///     definition.
    ///   - routes: read only when a side is named by its role.
    package init(
        against: String, routes: () throws(OperationFailure) -> RoutesDocument
    ) throws(OperationFailure) {
        let names = against.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard names.count == 2 else {
            throw OperationFailure(
                .usage, "--against takes two sides, not \(names.count)",
                fix: "--against legacy,service or --against http://127.0.0.1:9000,http://127.0.0.1:9003")
        }
        var fixed: [ComparedSide: SidePlace] = [:]
        var order: [ComparedSide: ComparedSide] = [:]
        for (side, name) in zip(ComparedSide.allCases, names) {
            if let role = ComparedSide(rawValue: name) {
                order[side] = role
            } else if let place = SidePlace(name) {
                fixed[side] = place
            } else {
                throw OperationFailure(
                    .usage, "\"\(name)\" is no side", fix: "legacy, service, HOST:PORT or http://HOST:PORT")
            }
        }
        self.fixed = fixed
        self.order = order
        document = order.isEmpty ? nil : try routes()
        table = document.map { RouteTable($0) }
    }

    /// The routes with two sides, which a run of everything is to say something about; empty when both sides are
    /// addresses.
    package var movable: [String] {
        document?.routes.filter { $0.service != nil }.map(\.id) ?? []
    }

    /// The id of the route that takes a request; nil: there is none, or both sides are addresses.
    package func route(of request: RenderedRequest, named route: String?) -> String? {
        guard let document, let table else { return nil }
        return (route.flatMap { document.route($0) } ?? Self.match(request, in: table)).map { document.routes[$0].id }
    }

    /// Where this side of a request is; the text says why nowhere.
    package func place(of side: ComparedSide, _ request: RenderedRequest, route: String?) -> Result<SidePlace, Nowhere>
    {
        if let place = fixed[side] { return .success(place) }
        guard let table, let document, let role = order[side] else {
            return .failure(Nowhere(reason: "no address for this side"))
        }
        let found = route.flatMap { document.route($0) } ?? Self.match(request, in: table)
        guard let found, document.routes.indices.contains(found) else {
            return .failure(Nowhere(reason: "no route of \(document.file) takes \(request.method) \(request.path)"))
        }
        let row = document.routes[found]
        let upstream = document.upstreams[role == .legacy ? row.legacy : row.service ?? row.legacy]
        guard let endpoint = upstream.endpoints.first, let place = SidePlace(endpoint.description) else {
            return .failure(Nowhere(reason: "upstream \"\(upstream.name)\" has no endpoint"))
        }
        return .success(place)
    }

    package struct Nowhere: Error {
        package let reason: String
    }

    private static func match(_ request: RenderedRequest, in table: RouteTable) -> Int? {
        var path = String(request.path.prefix { $0 != "?" })
        var host = ""
        let found = path.withUTF8 { path in
            host.withUTF8 { host in
                var method = request.method
                return method.withUTF8 { name in
                    table.match(
                        method: Methods.index(request.method), methodName: UnsafeRawBufferPointer(name),
                        host: UnsafeRawBufferPointer(host), path: UnsafeRawBufferPointer(path), fields: NoFields())
                }
            }
        }
        return found < 0 ? nil : found
    }

    /// Scenarios meet routes with conditions on fields by naming the route.
    private struct NoFields: RouteFieldLookup {
        func header(_ name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? { nil }
        func query(_ name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? { nil }
    }
}
