import EventLoop
import Routing

/// What is open for long, as the admin API tells it.
struct LongLivedReport {
    /// `long_lived` of a side in `GET /v1/status`.
    static func value(_ counts: LongLivedInventory.Counts) -> JSONText.Value {
        .object(
            [("count", .count(counts.total))]
                + LongLivedPolicy.Kind.allCases.map { ($0.name, .count(counts.count($0))) } + [
                    ("oldest_ms", counts.total > 0 ? .count(counts.oldest / 1_000_000) : .null),
                    ("closing", .count(counts.closing)),
                ])
    }

    /// What a change of the percentage leaves on the side that it took keys from.
    static func value(_ inventory: LongLivedInventory, _ route: Route, losing side: Side) -> JSONText.Value {
        guard case .object(let members) = value(inventory.routes[route.id, default: .init()][side]) else {
            return .null
        }
        return .object([("side", .text("\(side.name)")), ("policy", .text(route.longLived.action.rawValue))] + members)
    }

    /// `GET /v1/streams`.
    static func list(_ parts: [(total: Int, oldest: [OpenExchange])], limit: Int) -> [(String, JSONText.Value)] {
        let total = parts.reduce(0) { $0 + $1.total }
        var all = parts.flatMap(\.oldest)
        all.sort { ($0.revision, $1.age) < ($1.revision, $0.age) }
        let shown = all.prefix(limit)
        return [
            ("total", .count(total)), ("shown", .count(shown.count)),
            (
                "streams",
                .array(
                    shown.map { exchange in
                        .object([
                            ("route", .text(exchange.route)), ("side", .text("\(exchange.side.name)")),
                            ("kind", .text(exchange.kind.name)),
                            ("age_ms", .count(exchange.age.nanoseconds / 1_000_000)),
                            ("bytes_in", .count(exchange.bytesIn)), ("bytes_out", .count(exchange.bytesOut)),
                            ("revision", .count(exchange.revision)),
                            ("ends_in_ms", exchange.endsIn.map { .count($0.nanoseconds / 1_000_000) } ?? .null),
                        ])
                    })
            ),
        ]
    }
}

extension OpenExchangeFilter {
    /// Reads the query of `GET /v1/streams`; or what is wrong with it.
    static func read(_ request: AdminRequest, routes: [String]) -> Result<OpenExchangeFilter, AdminAnswerError> {
        var filter = OpenExchangeFilter()
        func bad(_ text: String) -> Result<OpenExchangeFilter, AdminAnswerError> {
            .failure(.init(answer: .problem(400, "bad_request", text)))
        }
        if let route = request.value("route") {
            guard routes.contains(route) else {
                let known = routes.joined(separator: ", ")
                return .failure(.problem(404, "not_found", "no route \"\(route)\"; routes are \(known)"))
            }
            filter.route = route
        }
        if let text = request.value("side") {
            guard let side = Side.allCases.first(where: { "\($0.name)" == text }) else {
                return bad("side is legacy or service")
            }
            filter.side = side
        }
        if let text = request.value("kind") {
            guard let kind = LongLivedPolicy.Kind.allCases.first(where: { $0.name == text }) else {
                return bad("kind is one of " + LongLivedPolicy.Kind.allCases.map(\.name).joined(separator: ", "))
            }
            filter.kind = kind
        }
        if let text = request.value("min_age") {
            guard let milliseconds = RollbackOrder.milliseconds(text) else {
                return bad("min_age is a time with its unit, such as 10s or 500ms")
            }
            filter.minimumAge = .milliseconds(UInt64(milliseconds))
        }
        if let text = request.value("limit") {
            guard let limit = AdminRequest.number(text, in: 1...highestLimit) else {
                return bad("limit is 1 to \(highestLimit)")
            }
            filter.limit = limit
        }
        return .success(filter)
    }
}
