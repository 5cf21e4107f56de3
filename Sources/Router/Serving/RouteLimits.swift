import EventLoop
import HTTP
import HTTPTransport
import Routing

/// What of a route an exchange hit the limit of.
enum RouteLimit: UInt8, CaseIterable, Sendable {
    /// The request's body was longer: 413.
    case body
    /// No connection in time: 504.
    case connect
    /// No first byte of a response in time: 504.
    case response
    /// A body stood still on its way from or to the upstream: 504, or a cut response.
    case idle
    /// The whole exchange took longer: 504, or a cut response.
    case request

    /// The key within the route.
    var key: String {
        switch self {
        case .body: "limits.body"
        case .connect: "timeouts.connect"
        case .response: "timeouts.response"
        case .idle: "timeouts.idle"
        case .request: "timeouts.request"
        }
    }

    init?(_ failure: Failure) {
        switch failure {
        case .bodyTooLarge: self = .body
        case .connectTimeout: self = .connect
        case .exchangeTimeout: self = .request
        default: return nil
        }
    }
}

extension Route {
    /// Bytes, or milliseconds.
    func limit(_ limit: RouteLimit) -> Int {
        switch limit {
        case .body: bodyLimit
        case .connect: Int(clamping: timeouts.connect.milliseconds)
        case .response: Int(clamping: timeouts.response.milliseconds)
        case .idle: Int(clamping: timeouts.idle.milliseconds)
        case .request: Int(clamping: timeouts.request?.milliseconds ?? 0)
        }
    }
}

extension RouteState {
    func count(_ limit: RouteLimit, now: Int64) {
        if limits == nil { limits = LimitTally() }
        limits?.count(limit, now: now)
    }
}

extension Exchange {
    /// An attempt ended at a limit that no response of ours names: a body that stood still, a head that was too long.
    func countLimit(of failure: UpstreamFailure) {
        switch failure.kind {
        case .idleTimedOut: route?.state.count(.idle, now: nowMilliseconds)
        case .responseTimedOut: route?.state.count(.response, now: nowMilliseconds)
        case .malformed(.headTooLarge):
            worker.edgeRefusals.count(.responseHead, now: nowMilliseconds)
        default: break
        }
    }
}
