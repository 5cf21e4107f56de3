import EventLoop
import HTTP
import HTTPTransport
import Routing

/// The limits of a route that an exchange can hit.
enum RouteLimit: UInt8, CaseIterable, Sendable {
    /// The request's body was too long: 413.
    case body
    /// No connection was made in time: 504.
    case connect
    /// No first byte of a response came in time: 504.
    case response
    /// A body stood still on its way from or to the upstream: 504, or a response that is cut off.
    case idle
    /// The whole exchange took too long: 504, or a response that is cut off.
    case request

    /// The setting's key within the route.
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
    /// The limit's value, in bytes or milliseconds.
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
    /// Counts a limit that ended an attempt, where no `Failure` names it: a body that stood still, a head that was too
    /// long.
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
