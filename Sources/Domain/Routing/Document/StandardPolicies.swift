internal import JSON

// Each policy is read by its shape, and `standard` is what an empty object makes of it: `RoutesShape` is the only place
// where a default of `routes.json` is written.

extension BreakerPolicy {
    /// Where routes.json says nothing.
    package static let standard = BreakerPolicy(ObjectReader(RoutesShape.breaker, []))

    init(_ reader: ObjectReader) {
        self.init(failures: reader.int("failures"), open: reader.duration("open"))
    }
}

extension HealthPolicy {
    /// Of an upstream whose `health` is there and empty; one without it is not probed.
    package static let standard = HealthPolicy(ObjectReader(RoutesShape.health, []))

    init(_ reader: ObjectReader) {
        self.init(
            path: reader.word("path"), host: reader.text("host"),
            headers: reader.value("headers")?.members.compactMap { member in
                member.value.string.map { Field(name: member.key.lowercased(), value: $0) }
            } ?? [],
            expect: reader.statuses("expect"), interval: reader.duration("interval"),
            timeout: reader.duration("timeout"), unhealthyAfter: reader.int("unhealthyAfter"),
            healthyAfter: reader.int("healthyAfter"), probes: reader.bool("probes"),
            maxEjectedPercent: reader.int("maxEjectedPercent"), slowStart: reader.optionalDuration("slowStart"))
    }
}

extension RetryPolicy {
    /// Where routes.json says nothing.
    package static let standard = RetryPolicy(ObjectReader(RoutesShape.retry, []))

    init(_ reader: ObjectReader) {
        var reasons: RetryPolicy.Reasons = []
        let names = reader.texts("on")
        if names.contains("connect-failure") { reasons.insert(.connectFailure) }
        if names.contains("reset-before-response") { reasons.insert(.resetBeforeResponse) }
        self.init(
            attempts: reader.int("attempts"), reasons: reasons, window: reader.duration("window"),
            budget: reader.percent("budget"))
    }
}

extension RouteTimeouts {
    init(_ reader: ObjectReader) {
        self.init(
            connect: reader.duration("connect"), response: reader.duration("response"), idle: reader.duration("idle"),
            request: reader.optionalDuration("request"))
    }
}

extension LongLivedPolicy {
    /// Where routes.json says nothing.
    package static let standard = LongLivedPolicy(ObjectReader(RoutesShape.longLived, []))

    init(_ reader: ObjectReader) {
        self.init(
            action: reader.choice("policy"), after: reader.duration("after"), deadline: reader.duration("deadline"),
            jitter: reader.duration("jitter"))
    }
}

extension MirrorPolicy {
    /// Those that are copied where routes.json does not say which: a copy of a write would be a second write.
    package static let standardMethods = ObjectReader(RoutesShape.mirror, []).texts("methods")
}
