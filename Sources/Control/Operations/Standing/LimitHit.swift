package import AdminAPI
import ControlKit
import Formats

/// A limit that ended requests or answers which the monolith itself would have served: how often, and the key that
/// lifts it.
package struct LimitHit: Equatable, Sendable {
    /// `limits.head`, `routes[default].limits.body`, `upstreams.profile.connections`.
    package var key: String
    /// What happens beyond it, with the limit: `bodies above 16 MiB get 413`.
    package var meaning: String
    package var total: Int
    package var lastMinute: Int

    /// All that a router tells of, those of routes last.
    package static func all(_ status: AdminStatus) -> [LimitHit] {
        var hits = status.refusals.compactMap { hit($0, "limits.") }
        for upstream in status.upstreams {
            hits += upstream.refusals.compactMap { hit($0, "upstreams.\(upstream.name).") }
        }
        for route in status.routes { hits += route.refusals.compactMap { hit($0, "routes[\(route.id)].") } }
        return hits
    }

    private static func hit(_ refusal: AdminStatus.Refusal, _ place: String) -> LimitHit? {
        guard refusal.total > 0 || refusal.lastMinute > 0 else { return nil }
        let isWhole = place == "limits." && refusal.lack.contains(".")
        let meaning = meaning(
            refusal.lack, refusal.limit, of: place.hasPrefix("upstreams") ? "the upstream" : "the router")
        return LimitHit(
            key: (isWhole ? "" : place) + refusal.lack, meaning: meaning, total: max(refusal.total, refusal.lastMinute),
            lastMinute: refusal.lastMinute)
    }

    private static func meaning(_ lack: String, _ limit: Int, of whose: String) -> String {
        let count = Decimal.grouped(limit)
        return switch lack {
        case "limits.body": "bodies above \(size(limit)) get 413"
        case "timeouts.connect": "504 when a connection takes longer than \(time(limit))"
        case "timeouts.response": "504 when an answer does not begin within \(time(limit))"
        case "timeouts.idle": "a body that stands still for \(time(limit)) is broken off"
        case "timeouts.request": "an exchange that takes longer than \(time(limit)) is ended"
        case "requestLine": "request lines above \(size(limit)) get 414"
        case "head": "heads above \(size(limit)) get 431"
        case "fields": "more than \(count) header fields get 431"
        case "field": "header fields above \(size(limit)) get 431"
        case "responseHead": "answers with a head above \(size(limit)) become 502"
        case "bodyRate": "uploads below \(count) B/s get 408"
        case "timeouts.header": "heads that take longer than \(time(limit)) get 408"
        case "timeouts.clientIdle": "uploads that stand still for \(time(limit)) get 408"
        case "paths.escapedSlashes": "%2F and %5C in a path get 400 unless it says keep"
        case "headers.underscores": "fields with _ in their name get 400"
        case "connections": "no more than \(count) connections to \(whose)"
        case "connectionsPerAddress": "no more than \(count) connections from one address"
        case "pending": "no more than \(count) requests wait for a connection"
        case "streams": "no more than \(count) streams of \(whose)"
        case "inFlight": "no more than \(count) requests under way"
        case "held": "no more than \(size(limit)) held back for slow peers"
        default: "at \(count)"
        }
    }

    static func size(_ bytes: Int) -> String {
        let (count, unit) = SizeText.inLargestUnit(bytes)
        return "\(Decimal.grouped(count)) \(unit == "B" ? "bytes" : unit)"
    }

    static func time(_ milliseconds: Int) -> String {
        if milliseconds % 60_000 == 0, milliseconds > 0 { return "\(milliseconds / 60_000) min" }
        if milliseconds % 1000 == 0 { return "\(milliseconds / 1000) s" }
        return "\(Decimal.grouped(milliseconds)) ms"
    }

    /// Its value can be raised; otherwise it is a word.
    package var isNumber: Bool { !key.hasPrefix("paths.") && !key.hasPrefix("headers.") }

    /// Those of which `status` says more in words of their own: what there was too little of.
    var isOfCapacity: Bool {
        let last = key.split(separator: ".").last.map(String.init) ?? ""
        return ["connections", "connectionsPerAddress", "pending", "streams", "inFlight", "held"].contains(last)
    }
}
