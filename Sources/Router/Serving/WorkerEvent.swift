import Routing

/// An event that a worker reports to the control loop.
enum WorkerEvent: Sendable {
    case health(upstream: String, endpoint: String, isHealthy: Bool, reason: EndpointHealth.Reason)
    case circuit(route: String, side: Side, isOpen: Bool)
    /// A message broke a rule.
    case refused(RefusalNotice)
    /// Nothing that began before a hold is under way any more on a loop.
    case emptied(hold: UInt64, generation: UInt64)
    /// The responses of a side became of no use, or are good again.
    case faults(route: String, side: Side, figures: FaultWindow.Figures, isRaised: Bool)
    /// A write was noted, and an agent waits for one.
    case written
}
