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
        timeouts = Self.timeouts([defaults?["timeouts"]])
        bodyLimit =
            ObjectReader(RoutesShape.routeLimits, [defaults?["limits"]]).value("body") == nil
            ? ObjectReader(RoutesShape.limits, [limits]).size("body")
            : ObjectReader(RoutesShape.routeLimits, [defaults?["limits"]]).size("body")
        retry = Self.retry([defaults?["retry"]])
        longLived = Self.longLived([defaults?["longLived"]])
        let reader = ObjectReader(RoutesShape.defaults, [defaults])
        fallback = reader.choice("fallback")
        priority = reader.choice("priority")
    }

    func timeouts(of route: JSONValue) -> RouteTimeouts {
        route["timeouts"].map { Self.timeouts([$0, defaults?["timeouts"]]) } ?? timeouts
    }

    func bodyLimit(of route: JSONValue) -> Int {
        guard let own = route["limits"], own["body"] != nil else { return bodyLimit }
        return ObjectReader(RoutesShape.routeLimits, [own]).size("body")
    }

    func retry(of route: JSONValue) -> RetryPolicy {
        route["retry"].map { Self.retry([$0, defaults?["retry"]]) } ?? retry
    }

    func longLived(of route: JSONValue) -> LongLivedPolicy {
        route["longLived"].map { Self.longLived([$0, defaults?["longLived"]]) } ?? longLived
    }

    func fallback(of route: JSONValue) -> Route.Fallback {
        route["fallback"] == nil ? fallback : ObjectReader(RoutesShape.route, [route]).choice("fallback")
    }

    func priority(of route: JSONValue) -> Route.Priority {
        route["priority"] == nil ? priority : ObjectReader(RoutesShape.route, [route]).choice("priority")
    }

    private static func timeouts(_ values: [JSONValue?]) -> RouteTimeouts {
        let reader = ObjectReader(RoutesShape.routeTimeouts, values)
        return RouteTimeouts(
            connect: reader.duration("connect"), response: reader.duration("response"), idle: reader.duration("idle"),
            request: reader.optionalDuration("request"))
    }

    private static func retry(_ values: [JSONValue?]) -> RetryPolicy {
        let reader = ObjectReader(RoutesShape.retry, values)
        var reasons: RetryPolicy.Reasons = []
        let names = reader.texts("on")
        if names.contains("connect-failure") { reasons.insert(.connectFailure) }
        if names.contains("reset-before-response") { reasons.insert(.resetBeforeResponse) }
        return RetryPolicy(
            attempts: reader.int("attempts"), reasons: reasons, window: reader.duration("window"),
            budget: reader.percent("budget"))
    }

    private static func longLived(_ values: [JSONValue?]) -> LongLivedPolicy {
        let reader = ObjectReader(RoutesShape.longLived, values)
        return LongLivedPolicy(
            action: reader.choice("policy"), after: reader.duration("after"), deadline: reader.duration("deadline"),
            jitter: reader.duration("jitter"))
    }
}
