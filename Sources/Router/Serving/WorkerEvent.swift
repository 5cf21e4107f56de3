import Routing

/// What a worker tells the control loop.
enum WorkerEvent: Sendable {
    case health(upstream: String, endpoint: String, isHealthy: Bool, reason: EndpointHealth.Reason)
    case circuit(route: String, side: Side, isOpen: Bool)
}
