internal import JSON

/// What a route says itself, or has from `defaults`, or from the table of keys. What comes from there is read once and
/// not once a route.
struct SharedPolicies {
    private let defaults: JSONValue?
    private let timeouts: RouteTimeouts
    private let bodyLimit: Int
    private let retry: RetryPolicy
    private let longLived: LongLivedPolicy
    private let fallback: Route.Fallback
    private let priority: Route.Priority

    /// - Parameter limits: the document's, whose `body` counts where no route says otherwise.
    init(defaults: JSONValue?, limits: JSONValue?) {
        self.defaults = defaults
        timeouts = RouteTimeouts(ObjectReader(RoutesShape.routeTimeouts, [defaults?["timeouts"]]))
        bodyLimit =
            ObjectReader(RoutesShape.routeLimits, [defaults?["limits"]]).value("body") == nil
            ? ObjectReader(RoutesShape.limits, [limits]).size("body")
            : ObjectReader(RoutesShape.routeLimits, [defaults?["limits"]]).size("body")
        retry = RetryPolicy(ObjectReader(RoutesShape.retry, [defaults?["retry"]]))
        longLived = LongLivedPolicy(ObjectReader(RoutesShape.longLived, [defaults?["longLived"]]))
        let reader = ObjectReader(RoutesShape.defaults, [defaults])
        fallback = reader.choice("fallback")
        priority = reader.choice("priority")
    }

    func timeouts(of route: JSONValue) -> RouteTimeouts {
        route["timeouts"].map { RouteTimeouts(ObjectReader(RoutesShape.routeTimeouts, [$0, defaults?["timeouts"]])) }
            ?? timeouts
    }

    func bodyLimit(of route: JSONValue) -> Int {
        guard let own = route["limits"], own["body"] != nil else { return bodyLimit }
        return ObjectReader(RoutesShape.routeLimits, [own]).size("body")
    }

    func retry(of route: JSONValue) -> RetryPolicy {
        route["retry"].map { RetryPolicy(ObjectReader(RoutesShape.retry, [$0, defaults?["retry"]])) } ?? retry
    }

    func longLived(of route: JSONValue) -> LongLivedPolicy {
        route["longLived"].map { LongLivedPolicy(ObjectReader(RoutesShape.longLived, [$0, defaults?["longLived"]])) }
            ?? longLived
    }

    func fallback(of route: JSONValue) -> Route.Fallback {
        route["fallback"] == nil ? fallback : ObjectReader(RoutesShape.route, [route]).choice("fallback")
    }

    func priority(of route: JSONValue) -> Route.Priority {
        route["priority"] == nil ? priority : ObjectReader(RoutesShape.route, [route]).choice("priority")
    }
}
