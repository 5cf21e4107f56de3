import Routing

/// The state of one side of a route on one loop that outlives a reload: counters, circuit and retry budget.
final class SideState {
    var counters = SideCounters()
    var breaker = CircuitBreaker()
    var budget = RetryBudget()
    /// The alarm for a side whose responses are of no use.
    var alarm = FaultAlarm()
    var recentFallbacks = RecentCount()
}

/// The state of one route on one loop that outlives a reload. It is found by the route's id.
final class RouteState {
    let legacy = SideState()
    let service = SideState()
    var mirror = MirrorCounters()
    /// How often limits of the route were hit; nil when none ever was.
    var limits: LimitTally<RouteLimit>?
    /// Distributes requests without a key between the sides.
    var accumulator = ShareAccumulator()
    /// The buckets of exchanges that were open when the route was rolled back with `drain`: they stay on the service.
    /// They are kept here and not with the revision, because those exchanges end on the revision they began with.
    var lingering: LingeringKeys?
    /// Picks the requests that are mirrored.
    var mirrorAccumulator = ShareAccumulator()

    /// Takes over the route's settings in a revision.
    func follow(_ route: Route) {
        legacy.budget.percent = route.retry.budget.ticks / 10_000
        service.budget.percent = route.retry.budget.ticks / 10_000
    }
}
