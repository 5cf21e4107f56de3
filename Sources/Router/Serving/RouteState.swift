import Routing

/// What outlives a reload of one side of a route on one loop: its counters, its circuit, its retry budget.
final class SideState {
    var counters = SideCounters()
    var breaker = CircuitBreaker()
    var budget = RetryBudget()
    /// Whether its answers are of use.
    var alarm = FaultAlarm()
    var recentFallbacks = RecentCount()
}

/// What outlives a reload of one route on one loop. Found by the route's id.
final class RouteState {
    let legacy = SideState()
    let service = SideState()
    var mirror = MirrorCounters()
    /// Limits of the route that were hit; nil: none ever.
    var limits: LimitTally<RouteLimit>?
    /// Requests without a key are shared out by this.
    var accumulator = ShareAccumulator()
    /// Keys that stay on the service although the route was rolled back with `drain`: buckets of exchanges open then.
    /// Here and not with the revision, because those exchanges end on the revision they began with.
    var lingering: LingeringKeys?
    /// Requests to be mirrored are picked by this.
    var mirrorAccumulator = ShareAccumulator()

    /// Takes over what a revision says of it.
    func follow(_ route: Route) {
        legacy.budget.percent = route.retry.budget.ticks / 10_000
        service.budget.percent = route.retry.budget.ticks / 10_000
    }
}
