import HTTP
import HTTPTransport
import Routing

/// Requests that the router does not send anywhere, for want of room: each is counted by what was missing.
extension Exchange {
    /// Refuses the request, so that requests that matter more are served.
    func shed(_ reason: ShedReason, _ route: LoopRoute) {
        worker.shed.count(reason)
        if willMirror {
            willMirror = false
            route.state.mirror.skip(.overloaded)
        }
        switch reason {
        case .inFlight:
            worker.edgeRefusals.count(.inFlight, now: nowMilliseconds)
            refuse(.failure(.inFlight))
        case .memory:
            worker.edgeRefusals.count(.held, now: nowMilliseconds)
            refuse(.failure(.memory))
        case .upstreamQueue, .serviceShare:
            serving?.group.refusals.count(.pending, now: nowMilliseconds)
            refuse(.failure(.queueFull))
        }
    }

    /// All streams and tunnels that the upstream may have are under way.
    func refuseStream(_ group: UpstreamGroup) {
        group.refusals.count(.streams, now: nowMilliseconds)
        refuse(.failure(.noStream))
    }

    /// A response was no valid one: told once here, whatever becomes of the request.
    func noteRefused(_ violation: HTTPViolation, line: Int) {
        self.violation = violation
        violationLine = UInt16(clamping: line)
        guard let group = serving?.group, let endpoint, let route else { return }
        worker.responseRefused(violation, line: line, by: endpoint, of: group, route: route.id)
    }
}
