package import AdminAPI
import AdminClient

extension StatusFacts {
    /// What a router says of itself. What the CLI knows besides (data, what is unwritten, scenarios) is filled in by
    /// the caller.
    package init(_ status: AdminStatus) {
        self.init()
        isDraining = status.router.state != "serving"
        revision = status.revision
        revisions = status.revisions
        configuration = status.config.file
        routes = status.routes.map(Route.init)
        upstreams = status.upstreams.map(Upstream.init)
        refusals = status.refusals.compactMap(Refusal.init)
        limitHits = LimitHit.all(status).filter { $0.lastMinute > 0 && !$0.isOfCapacity }
        unwritten = status.config.persistence.unwritten.map { Unwritten($0.what, reason: $0.reason) }
        memoryOnly = status.config.persistence.notWritable
        refusedReload = status.config.standingRefusal.map { RefusedReload($0) }
        servesGoodCopy = status.config.source == "last-known-good" && status.config.sourceIsCurrent
    }
}

extension StatusFacts.Route {
    init(_ route: AdminStatus.Route) {
        let service = route.service.map(StatusFacts.Side.init)
        let movability: StatusFacts.Movability
        if let reason = route.immovable {
            movability = .never(reason)
        } else if service == nil {
            movability = .never("it has no service")
        } else {
            movability = route.mode == "authority" ? .whole : .free
        }
        self.init(
            route.id, match: route.match, percent: route.percent, legacy: .init(route.legacy), service: service,
            movability: movability)
        context = route.context
        mirror = route.mirror.map(StatusFacts.Mirror.init)
        takesReads = route.methods.isEmpty || route.methods.contains("GET") || route.methods.contains("HEAD")
    }
}

extension StatusFacts.Side {
    init(_ side: AdminStatus.Side) {
        self.init(side.upstream)
        circuit = StatusFacts.Circuit(rawValue: side.circuit) ?? .closed
        recentFallbacks = side.recentFallbacks
        faults = side.faults.isAlarm ? side.faults : nil
        underWay = side.inFlight
        if side.longLived.count > 0 { openForLong = side.longLived.words }
    }
}

extension StatusFacts.Mirror {
    init(_ mirror: AdminStatus.Mirror) {
        self.init()
        percent = mirror.percent
        sent = mirror.sent
        answered = mirror.answered
        failed = mirror.failed
        skipped = mirror.skipped.total
        classes = mirror.classes
    }
}

extension StatusFacts.Upstream {
    init(_ upstream: AdminStatus.Upstream) {
        let out = upstream.endpoints.filter { $0.health == "unhealthy" }
        let health: StatusFacts.Health
        switch upstream.health {
        case "healthy": health = .healthy
        case "unhealthy":
            let byRequests = !out.isEmpty && out.allSatisfy(\.wasEjected)
            health = byRequests ? .ejected : .ill(out.first.flatMap(\.words))
        case "degraded": health = .partly(out: out.count, of: upstream.endpoints.count)
        default: health = .unknown
        }
        self.init(upstream.name, health, refusals: upstream.refusals.compactMap(StatusFacts.Refusal.init))
    }
}

extension StatusFacts.Refusal {
    init?(_ refusal: AdminStatus.Refusal) {
        guard let lack = Lack(rawValue: refusal.lack) else { return nil }
        self.init(lack, count: refusal.lastMinute, limit: refusal.limit)
    }
}

extension AdminStatus.Endpoint {
    /// Requests found it out, not probes.
    var wasEjected: Bool { reason == "passive-failures" || reason == "broken-answers" }

    /// `127.0.0.1:9003 refuses connections`.
    var words: String? {
        switch reason {
        case "probe-refused": "\(address) refuses its probes"
        case "probe-status": "\(address) answers its probes with an error"
        case "probe-timeout": "\(address) does not answer its probes in time"
        case "passive-failures": "requests to \(address) failed"
        case "broken-answers": "answers of \(address) broke off"
        default: nil
        }
    }
}
