import EventLoop
import HTTP
import HTTPTransport
import Routing

/// One endpoint of an upstream, as one loop sees it.
final class UpstreamEndpoint {
    let address: SocketAddress
    /// As in the configuration.
    let text: String
    let pool: any UpstreamStreamSource
    /// Connections for mirrored copies: apart, so that copies never take one from a user.
    let mirrorPool: any UpstreamStreamSource
    var health = EndpointHealth()
    /// Of the mirrored copies alone: their failures spare the endpoint further copies, and never touch what users get.
    var mirrorHealth = EndpointHealth()
    /// Idle connections that died under us so far, and when that was last seen; milliseconds, monotonic.
    private var staleSeen: UInt64 = 0
    private var staleAt: Int64 = .min / 2

    /// A pooled connection ended under a request.
    func pooledConnectionEnded(now: Int64) { staleAt = now }

    /// The upstream has lately been closing connections that it said it would keep: what must not be repeated then gets
    /// a new one.
    func isClosingPooled(now: Int64) -> Bool {
        if pool.staleCount != staleSeen {
            staleSeen = pool.staleCount
            staleAt = now
        }
        return now - staleAt < 1000
    }

    /// Seconds since 1970 of the last change of health.
    var changedAt: Int64 = 0

    init(
        address: SocketAddress, text: String, pool: any UpstreamStreamSource,
        mirrorPool: any UpstreamStreamSource
    ) {
        self.address = address
        self.text = text
        self.pool = pool
        self.mirrorPool = mirrorPool
    }
}

/// Makes where the streams of one endpoint come from: here, and nowhere above, it is known which version of HTTP it
/// speaks.
typealias PoolOpener = (Loop, SocketAddress, UpstreamOptions) -> any UpstreamStreamSource

/// The endpoints of one upstream, as one loop sees them: picks one for a request, and queues requests when all
/// connections are taken. Lives across reloads as long as its configuration stays the same; its endpoints follow the
/// addresses of names.
final class UpstreamGroup {
    let configuration: Upstream
    private(set) var endpoints: [UpstreamEndpoint] = []
    private(set) var healthSettings: EndpointHealth.Settings
    let breakerSettings: CircuitBreaker.Settings
    private let loop: Loop
    private let open: PoolOpener
    /// The process's: shared with the other loops.
    let limits: UpstreamLimits
    let refusals: UpstreamRefusals
    private let responseHeadLimit: Int
    private let ejectionLimit: EjectionLimit
    /// For pools and timers, which may outlive the group. Set once, when everything else is.
    private var presence: Presence<UpstreamGroup>?
    private var rotation = WeightedRotation(count: 0)
    /// Of its own, so that copies do not take turns from users.
    private var mirrorRotation = WeightedRotation(count: 0)
    private var waiting = WaitingLine<Exchange>()
    private var queueGauge: LoadGauge
    /// When streams that had begun as requests were last looked for; milliseconds, monotonic.
    private var lookedForStreamsAt = Int64.min / 2
    private var looksAgain = false
    /// Set by the worker: counts the exchanges of this group that turned out to be streams among these.
    var sortsOutStreams: ((UpstreamGroup) -> Void)?
    /// Exchanges that use a connection now, for status.
    var active = 0

    init(
        _ configuration: Upstream, at resolved: [ResolvedEndpoint], loop: Loop, limits: UpstreamLimits,
        refusals: UpstreamRefusals = UpstreamRefusals(), responseHeadLimit: Int,
        opening open: @escaping PoolOpener = UpstreamGroup.openHTTP1
    ) {
        self.configuration = configuration
        self.loop = loop
        self.open = open
        self.limits = limits
        self.refusals = refusals
        self.responseHeadLimit = responseHeadLimit
        let health = configuration.health ?? .standard
        healthSettings = EndpointHealth.Settings(health)
        ejectionLimit = EjectionLimit(percent: health.maxEjectedPercent)
        queueGauge = LoadGauge(limit: configuration.pending, marks: .queue)
        breakerSettings = CircuitBreaker.Settings(configuration.breaker)
        presence = Presence(of: self)
        follow(resolved)
    }

    deinit { presence?.end() }

    /// Takes over where the endpoints are now. Those that stay keep their connections and what is known of them; of
    /// those that left, idle connections are closed and busy ones end with their requests; new ones begin with a small
    /// share.
    func follow(_ resolved: [ResolvedEndpoint]) {
        let old = endpoints
        limits.follow(configuration, endpoints: resolved.count)
        guard resolved.map(\.address) != old.map(\.address) else { return }
        let now = loop.now.milliseconds
        endpoints = resolved.map { place in
            if let kept = old.first(where: { $0.address == place.address }) { return kept }
            let health = old.isEmpty ? EndpointHealth() : EndpointHealth(joiningAt: now)
            let made = UpstreamEndpoint(
                address: place.address, text: place.text,
                pool: pool(place.address, limits.connections(at: place.address)),
                mirrorPool: pool(place.address, limits.copies(at: place.address)))
            made.health = health
            // Connections keep a pool for a while after a reload has let its group go, and other loops go on asking it.
            made.pool.roomCame = { [presence, address = place.address] in presence?.object?.roomCame(at: address) }
            made.pool.isAskedToSpare = { [presence] in presence?.object?.sortOutStreams() }
            return made
        }
        rotation = WeightedRotation(count: endpoints.count)
        mirrorRotation = rotation
        // Nobody can stand in for the only one: it is tried again as soon as may be.
        healthSettings.longestEjectionMilliseconds =
            endpoints.count == 1
            ? healthSettings.ejectionMilliseconds : EndpointHealth.Settings().longestEjectionMilliseconds
        for gone in old where !endpoints.contains(where: { $0 === gone }) {
            gone.pool.close()
            gone.mirrorPool.close()
        }
        // There may be room now; a request that finds none waits on behind the others.
        for _ in 0..<waiting.count { capacityFreed() }
    }

    /// What all upstreams speak today.
    static func openHTTP1(_ loop: Loop, _ address: SocketAddress, _ options: UpstreamOptions)
        -> any UpstreamStreamSource
    {
        UpstreamPool(loop: loop, address: address, options: options)
    }

    private func pool(_ address: SocketAddress, _ budget: UpstreamLimits.Owned) -> any UpstreamStreamSource {
        var options = UpstreamOptions()
        options.maxConnections = .max
        options.budget = budget.budget
        options.budgetOwner = budget
        options.longLived = limits.streams
        options.idleTimeout = configuration.idle
        options.tolerance = Tolerance(configuration.tolerance)
        // Rewritten in the loop's scratch memory, with what we add: a longer head is refused (502) before anything of
        // it is passed on.
        options.headLimits.head = min(responseHeadLimit, Loop.scratchSize - (4 << 10))
        // What a service says under our names is not passed on: they are ours to say.
        options.reservedPrefix = "x-strangler-"
        return open(loop, address, options)
    }

    var name: String { configuration.name }

    /// The next endpoint in turn that is not known to be unwell; when all are, the next one all the same: a wrong probe
    /// must not take a site down.
    /// - Parameters:
    ///   - failed: where this request has just failed; avoided when there is another.
    ///   - before: where it failed before that.
    func pick(now: Int64, after failed: UpstreamEndpoint? = nil, and before: ObjectIdentifier? = nil)
        -> UpstreamEndpoint
    {
        if endpoints.count == 1 { return endpoints[0] }
        return endpoints[Self.pick(&rotation, endpoints, healthSettings, now: now, after: failed, and: before)]
    }

    /// Whether a request that failed at `failed`, and before that at `before`, can go to another endpoint that is well.
    func hasOther(than failed: UpstreamEndpoint?, and before: ObjectIdentifier?, now: Int64) -> Bool {
        guard endpoints.count > 1 else { return false }
        for endpoint in endpoints
        where endpoint !== failed && ObjectIdentifier(endpoint) != before && endpoint.health.isUsable(now: now) {
            return true
        }
        return false
    }

    /// The same for a copy.
    func pickForCopy(now: Int64) -> UpstreamEndpoint {
        if endpoints.count == 1 { return endpoints[0] }
        return endpoints[Self.pick(&mirrorRotation, endpoints, healthSettings, now: now, after: nil, and: nil)]
    }

    private static func pick(
        _ rotation: inout WeightedRotation, _ endpoints: [UpstreamEndpoint], _ settings: EndpointHealth.Settings,
        now: Int64, after failed: UpstreamEndpoint?, and before: ObjectIdentifier?
    ) -> Int {
        // A full pool is passed over: one stuck endpoint must not make requests wait for it.
        let best = rotation.next { index in
            let endpoint = endpoints[index]
            guard endpoint !== failed, ObjectIdentifier(endpoint) != before, endpoint.health.isUsable(now: now),
                endpoint.pool.hasRoom
            else { return 0 }
            return endpoint.health.weight(now: now, settings: settings)
        }
        let usable = best ?? rotation.next { endpoints[$0].health.isUsable(now: now) ? EndpointHealth.wholeWeight : 0 }
        return usable ?? rotation.next { _ in EndpointHealth.wholeWeight } ?? 0
    }

    /// A real request failed at `endpoint`. Returns true when that took it out.
    func requestFailed(at endpoint: UpstreamEndpoint, now: Int64) -> Bool {
        endpoint.health.requestFailed(now: now, settings: healthSettings, mayEject: mayEject(now))
    }

    /// A response of `endpoint` broke off after its head. Returns true when that took it out.
    func responseBroke(at endpoint: UpstreamEndpoint, now: Int64) -> Bool {
        endpoint.health.responseBroke(now: now, settings: healthSettings, mayEject: mayEject(now))
    }

    private func mayEject(_ now: Int64) -> Bool {
        ejectionLimit.allows(ejected: endpoints.count { $0.health.isEjected(now: now) }, of: endpoints.count)
    }

    /// Whether another endpoint may do better where one answers 502, 503 or 504 itself: what stands before it, or it
    /// itself, has no one to answer. A single one is asked on: taking it out would turn some errors into nothing but
    /// errors.
    func countsAsFailure(_ status: UInt16) -> Bool { endpoints.count > 1 && (502...504).contains(status) }

    /// Every endpoint is known to be unwell.
    func isUnhealthy(now: Int64) -> Bool {
        for endpoint in endpoints where endpoint.health.isUsable(now: now) { return false }
        return true
    }

    // MARK: Waiting for a connection

    /// How long the queue is, of all loops together.
    var queueLoad: LoadLevel {
        if queueGauge.level == .calm { return .calm }
        // Others' requests may have been served meanwhile, and nobody told this loop.
        return queueGauge.read(limits.waiting.count)
    }

    /// False when as many wait as may.
    func enqueue(_ exchange: Exchange, _ priority: Route.Priority) -> Bool {
        guard beginsWait() else { return false }
        waiting.append(exchange, priority)
        lookAgain()
        return true
    }

    /// Somebody waits, but not for a connection. False when as many wait as may.
    func beginsWait() -> Bool {
        guard limits.waiting.take() else { return false }
        _ = queueGauge.read(limits.waiting.count)
        return true
    }

    func withdraw(_ exchange: Exchange, _ priority: Route.Priority) {
        guard waiting.withdraw(exchange, priority) else { return }
        endsWait()
    }

    /// A connection was given back or closed: the request whose turn it is tries again. What another loop got of it
    /// moves nobody from their place.
    func capacityFreed() {
        guard endpoints.contains(where: { $0.pool.hasRoom }), let next = waiting.next() else { return }
        endsWait()
        next.capacityFreed()
    }

    /// The request that waited does so no longer.
    func endsWait() {
        limits.waiting.giveBack()
        _ = queueGauge.read(limits.waiting.count)
    }

    /// Another loop gave up a connection to `endpoint`, or one turned out to be a stream's.
    private func roomCame(at address: SocketAddress) {
        guard let endpoint = endpoints.first(where: { $0.address == address }), isPicked(endpoint) else { return }
        // A request that finds no room waits on behind the others.
        for _ in 0..<waiting.count where endpoint.pool.hasRoom { capacityFreed() }
        if hasWaiting { endpoint.pool.wantMore() }
    }

    /// Whether requests are sent there now. Room at an endpoint that is unwell is of no use to the requests that wait
    /// for another one.
    private func isPicked(_ endpoint: UpstreamEndpoint) -> Bool {
        let now = loop.now.milliseconds
        return endpoint.health.isUsable(now: now) || isUnhealthy(now: now)
    }

    // MARK: Streams

    var mayBeginStream: Bool { limits.streams.hasRoom }

    /// While somebody waits, a response may become old enough to be a stream.
    private func lookAgain() {
        guard !looksAgain else { return }
        looksAgain = true
        let timer = Timer(loop: loop) { [presence] in
            presence?.object?.looked()
        }
        timer.fire(after: .milliseconds(250))
    }

    private func looked() {
        looksAgain = false
        guard hasWaiting else { return }
        sortOutStreams()
        for endpoint in endpoints where hasWaiting && isPicked(endpoint) { endpoint.pool.wantMore() }
        lookAgain()
    }

    /// Connections ran out: those that turned out to carry streams are counted among these, at most ten times a second.
    func sortOutStreams() {
        let now = loop.now.milliseconds
        guard now - lookedForStreamsAt >= 100 else { return }
        lookedForStreamsAt = now
        sortsOutStreams?(self)
    }

    var hasWaiting: Bool { waiting.count > 0 }
}

extension Duration {
    /// Whole milliseconds, saturating, never negative.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        return overflow ? .max : max(0, product &+ attoseconds / 1_000_000_000_000_000)
    }
}
