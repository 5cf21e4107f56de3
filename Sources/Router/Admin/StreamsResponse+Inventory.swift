import AdminAPI
import EventLoop
import Routing

extension LongLived {
    init(_ counts: LongLivedInventory.Counts) {
        self.init(
            count: counts.total, tunnel: counts.count(.tunnel), stream: counts.count(.stream),
            download: counts.count(.download), upload: counts.count(.upload), waiting: counts.count(.waiting),
            oldestMilliseconds: counts.total > 0 ? Int(clamping: counts.oldest / 1_000_000) : nil,
            closing: counts.closing)
    }
}

extension LongLivedLeft {
    /// What a change of the percentage leaves on the side that it took keys from.
    init(_ inventory: LongLivedInventory, _ route: Route, losing side: Side) {
        self.init(
            side: side.name.description, policy: route.longLived.action.rawValue,
            open: LongLived(inventory.routes[route.id, default: .init()][side]))
    }
}

extension StreamsResponse {
    init(_ parts: [(total: Int, oldest: [OpenExchange])], limit: Int) {
        var all = parts.flatMap(\.oldest)
        all.sort { ($0.revision, $1.age) < ($1.revision, $0.age) }
        let shown = all.prefix(limit)
        self.init(
            total: parts.reduce(0) { $0 + $1.total }, shown: shown.count,
            streams: shown.map { exchange in
                Stream(
                    route: exchange.route, side: exchange.side.name.description, kind: exchange.kind.name,
                    ageMilliseconds: Int(clamping: exchange.age.nanoseconds / 1_000_000),
                    bytesIn: Int(clamping: exchange.bytesIn), bytesOut: Int(clamping: exchange.bytesOut),
                    revision: Int(clamping: exchange.revision),
                    endsInMilliseconds: exchange.endsIn.map { Int(clamping: $0.nanoseconds / 1_000_000) })
            })
    }
}

extension OpenExchangeFilter {
    /// Reads the query of `GET /v1/streams`; or what is wrong with it.
    static func read(_ request: AdminRequest, routes: [String]) -> Result<OpenExchangeFilter, AdminAnswerError> {
        var filter = OpenExchangeFilter()
        func bad(_ text: String) -> Result<OpenExchangeFilter, AdminAnswerError> {
            .failure(.init(answer: .problem(400, "bad_request", text)))
        }
        if let route = request.value(.route) {
            guard routes.contains(route) else {
                let known = routes.joined(separator: ", ")
                return .failure(.problem(404, "not_found", "no route \"\(route)\"; routes are \(known)"))
            }
            filter.route = route
        }
        if let text = request.value(.side) {
            guard let side = Side.allCases.first(where: { "\($0.name)" == text }) else {
                return bad("side is legacy or service")
            }
            filter.side = side
        }
        if let text = request.value(.kind) {
            guard let kind = LongLivedPolicy.Kind.allCases.first(where: { $0.name == text }) else {
                return bad("kind is one of " + LongLivedPolicy.Kind.allCases.map(\.name).joined(separator: ", "))
            }
            filter.kind = kind
        }
        if let text = request.value(.minimumAge) {
            guard let milliseconds = RollbackOrder.milliseconds(text) else {
                return bad("min_age is a time with its unit, such as 10s or 500ms")
            }
            filter.minimumAge = .milliseconds(UInt64(milliseconds))
        }
        if let text = request.value(.streamLimit) {
            guard let limit = AdminRequest.number(text, in: 1...highestLimit) else {
                return bad("limit is 1 to \(highestLimit)")
            }
            filter.limit = limit
        }
        return .success(filter)
    }
}
