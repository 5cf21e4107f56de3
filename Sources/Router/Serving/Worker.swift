import EventLoop
import Glibc
import HTTP
import HTTPTransport
import Routing

/// One loop's data plane: its listeners, table, pools and counters. Nothing in it is shared, and everything is called
/// on the loop.
final class Worker {
    let loop: Loop
    let index: Int
    let threads: Int
    /// Tells the control loop what happened. Called on this loop.
    let report: @Sendable (WorkerEvent) -> Void
    private let open: PoolOpener

    private(set) var table: LoopTable
    private(set) var listeners: [Listener] = []
    /// The states of the routes that had a request, by id.
    private(set) var states: [String: RouteState] = [:]
    private(set) var groups: [UpstreamGroup] = []
    /// The contexts of the mode `owned` that had a request or a hold, by name.
    private(set) var ownedContexts: [String: LoopContext] = [:]
    private let limits: ProcessLimits
    /// The recent writes to contexts, of all loops.
    let writes: WritesBook
    /// Refusals by upstream; they outlive reloads.
    private var refusals: [String: UpstreamRefusals] = [:]

    var random = LoopRandom()
    var normaliser: TargetNormaliser
    /// `headers.underscores` of the table.
    private(set) var refusesUnderscores: Bool
    private(set) var dropsUnderscores: Bool
    var droppedFields = DroppedFields()
    /// Where targets that need rewriting are written; valid until the next request.
    let targetBuffer: UnsafeMutableRawBufferPointer
    /// Where paths with escapes are written in the form in which they are compared; valid until the next request.
    private let comparedBuffer: UnsafeMutableRawBufferPointer
    /// Scratch memory for decoding keys.
    let keyBuffer: UnsafeMutableRawBufferPointer
    /// `/`.
    let rootPath: UnsafeRawBufferPointer
    private let rootByte: UnsafeMutableRawPointer
    private var dateLine = HTTPDateLine()
    /// Ends long-lived exchanges that outlive a flip.
    let longLived: LongLivedCloser
    /// Watches for sides whose responses are of no use.
    let faults: FaultWatcher

    /// Requests under way; those that turned out to be streams and tunnels are `streams`.
    var inFlight: Int64 = 0
    var streams: Int64 = 0
    var shedder: LoadShedder
    var shed = ShedCounters()
    /// Refusals by the router's own limits.
    var edgeRefusals = EdgeRefusals()
    /// Requests that matched no route, or were refused before matching.
    var unrouted = ResponseCounts()
    /// Requests that broke a rule.
    var refused = RefusedMessages()
    var accessLog: AccessLogBuffer? { didSet { isWatched = accessLog != nil || taps != nil } }
    /// nil when nobody taps.
    var taps: [LoopTap]? { didSet { isWatched = accessLog != nil || taps != nil } }
    /// Whether exchanges are logged or tapped. An exchange checks only this flag when it ends.
    private(set) var isWatched = false
    private(set) var isDraining = false

    /// All exchanges that were ever made, in use or free: as many as there were concurrent requests at the peak.
    private(set) var exchanges: [Exchange] = []
    private var freeExchanges: [Unmanaged<Exchange>] = []
    private var freeCopies: [MirrorCopy] = []
    private static let warmLimit = 512
    private static let freeLimit = 4096
    /// Longest request line, whatever `limits.requestLine` says: 414 beyond.
    static let targetLimit = 72 << 10

    init(
        loop: Loop, index: Int, threads: Int, serving shared: ServedTable,
        limits: ProcessLimits? = nil, writes: WritesBook = WritesBook(),
        opening open: @escaping PoolOpener = UpstreamGroup.openHTTP1,
        report: @escaping @Sendable (WorkerEvent) -> Void
    ) {
        self.loop = loop
        self.index = index
        self.threads = threads
        self.report = report
        self.open = open
        self.limits = limits ?? ProcessLimits(loops: threads)
        self.writes = writes
        longLived = LongLivedCloser(loop: loop)
        faults = FaultWatcher(loop: loop, report: report)
        targetBuffer = .allocate(byteCount: TargetNormaliser.room(for: Self.targetLimit), alignment: 16)
        keyBuffer = .allocate(byteCount: 16 << 10, alignment: 16)
        comparedBuffer = .allocate(byteCount: (Self.targetLimit + 1) * ComparedPath.growth, alignment: 16)
        rootByte = .allocate(byteCount: 1, alignment: 1)
        rootByte.storeBytes(of: UInt8(ascii: "/"), as: UInt8.self)
        rootPath = UnsafeRawBufferPointer(start: rootByte, count: 1)
        normaliser = TargetNormaliser(shared.document)
        refusesUnderscores = shared.document.underscores == .refuse
        dropsUnderscores = shared.document.underscores == .drop
        shedder = LoadShedder(shared.document.limits, threads: threads)
        table = LoopTable(shared, groups: [])
        groups = makeGroups(shared)
        table = LoopTable(shared, groups: groups)
        if shared.document.accessLog != nil {
            accessLog = AccessLogBuffer()
            // Observers do not run in an initialiser.
            isWatched = true
        }
    }

    deinit {
        targetBuffer.deallocate()
        keyBuffer.deallocate()
        comparedBuffer.deallocate()
        rootByte.deallocate()
    }

    // MARK: Tables

    /// Serves `shared` from the next request on. Exchanges that are under way end on the table they began with.
    /// - Parameter draining: routes whose keys with an exchange open on the service stay there until it has ended.
    func serve(_ shared: ServedTable, draining: Set<String> = []) {
        loop.preconditionOnLoop()
        // Groups that no route names any more are released with the last exchange that uses them, and their idle
        // connections time out by themselves. Closing them now would fail a request that is about to be retried.
        groups = makeGroups(shared)
        let before = table
        let next = LoopTable(shared, groups: groups)
        for (id, state) in states {
            guard let place = shared.places[id] else {
                states[id] = nil
                continue
            }
            let route = shared.document.routes[place]
            state.follow(route)
            if route.percent > .zero { state.lingering = nil }
        }
        for id in draining {
            guard let place = shared.places[id] else { continue }
            state(of: shared.document.routes[place]).lingering = openKeys(id)
        }
        longLived.flipped(from: before, to: next, of: self)
        if shared.document.limits != before.shared.document.limits {
            shedder = LoadShedder(shared.document.limits, threads: threads)
        }
        table = next
        normaliser = TargetNormaliser(shared.document)
        refusesUnderscores = shared.document.underscores == .refuse
        dropsUnderscores = shared.document.underscores == .drop
        if shared.document.accessLog == nil {
            accessLog = nil
        } else if accessLog == nil {
            accessLog = AccessLogBuffer()
        }
    }

    /// The groups that a revision needs: existing ones where they fit, new ones otherwise.
    private func makeGroups(_ shared: ServedTable) -> [UpstreamGroup] {
        zip(shared.document.upstreams, shared.endpoints).map { upstream, endpoints in
            if let kept = groups.first(where: { $0.configuration == upstream }) {
                kept.follow(endpoints)
                return kept
            }
            let counts = refusals[upstream.name] ?? UpstreamRefusals()
            refusals[upstream.name] = counts
            let made = UpstreamGroup(
                upstream, at: endpoints, loop: loop, limits: limits.of(upstream), refusals: counts,
                responseHeadLimit: shared.document.limits.responseHead, opening: open)
            made.sortsOutStreams = { [unowned self] group in sortOutStreams(of: group) }
            return made
        }
    }

    /// The state of a route that outlives reloads; made when its first request comes.
    func state(of route: Route) -> RouteState {
        if let known = states[route.id] { return known }
        let made = RouteState()
        made.follow(route)
        states[route.id] = made
        return made
    }

    /// The state of a context of the mode `owned`; made when it is first needed, and never forgotten.
    func owned(_ name: String) -> LoopContext {
        if let known = ownedContexts[name] { return known }
        let made = LoopContext(name, loop: loop, places: limits.parking(of: name), bounds: limits.holds) {
            [report] number, generation in
            report(.emptied(hold: number, generation: generation))
        }
        ownedContexts[name] = made
        return made
    }

    /// A route of the newest table, by its id.
    func route(_ id: String) -> LoopRoute? { table.shared.places[id].map { table.route($0, of: self) } }

    /// Buckets of the exchanges that run on the service of a route now.
    private func openKeys(_ id: String) -> LingeringKeys {
        var keys = LingeringKeys()
        for exchange in exchanges
        where exchange.isUnderWay && exchange.route?.id == id && exchange.machine.side == .service {
            if let bucket = exchange.openBucket { keys.add(bucket) }
        }
        return keys
    }

    // MARK: Listening

    /// Opens a listener; its real address is in the result.
    /// - Parameters:
    ///   - place: of the address in `listen`.
    ///   - adopted: A socket that listens there already.
    ///   - isHeld: Accepts nothing before `resumeListeners`.
    func listen(
        on address: SocketAddress, place: Int, options: ServerOptions, adopted: Int32? = nil, isHeld: Bool = false
    ) throws(SystemError) -> SocketAddress {
        let listener = try Listener(
            loop: loop, address: address, options: options, delegate: self, tag: place, adopted: adopted,
            isHeld: isHeld)
        listener.connectionRefused = { [unowned self] isOfAddress in
            let lack: EdgeLack = isOfAddress ? .connectionsPerAddress : .connections
            edgeRefusals.count(lack, now: loop.now.milliseconds)
        }
        listeners.append(listener)
        return listener.address
    }

    /// Accepts nothing for now; connections wait in the kernel's queues.
    func holdListeners() {
        listeners.hold()
    }

    func resumeListeners() {
        listeners.resumeAccepting()
    }

    /// Accepts nothing more; exchanges that run are finished.
    /// - Parameter handedOver: places in `listen` whose sockets another process has.
    func drain(within patience: Duration, handedOver: Set<Int> = [], done: @escaping @Sendable () -> Void) {
        guard !isDraining else { return }
        isDraining = true
        var open = listeners.count
        for listener in listeners {
            if handedOver.contains(listener.tag) { listener.handOver() }
            listener.drain(within: patience) {
                open -= 1
                if open == 0 { done() }
            }
        }
    }

    /// The port that a client connected to; nil for unix sockets.
    func port(of client: any ClientStream) -> UInt16? {
        guard let connection = client as? ServerConnection,
            let listener = listeners.first(where: { $0.tag == connection.tag }), !listener.address.isUnix
        else { return nil }
        return listener.address.port
    }

    var connectionCount: Int { listeners.reduce(0) { $0 + $1.connectionCount } }

    // MARK: Exchanges

    /// An exchange for a new request. It is unmanaged because `exchanges` keeps it alive, so no reference need be
    /// counted.
    func take() -> Unmanaged<Exchange> {
        if let free = freeExchanges.popLast() { return free }
        let made = Exchange(worker: self)
        exchanges.append(made)
        return .passUnretained(made)
    }

    func recycle(_ exchange: Exchange) {
        exchange.reset()
        // After a peak, most of them give their memory back; the objects themselves are small and stay.
        if freeExchanges.count >= Self.warmLimit { exchange.releaseMemory() }
        freeExchanges.append(.passUnretained(exchange))
    }

    func recycle(_ copy: MirrorCopy) {
        if freeCopies.count < Self.freeLimit { freeCopies.append(copy) }
    }

    func mirror(_ exchange: Exchange, route: LoopRoute, mirror: LoopRoute.CompiledMirror) {
        let group = route.on(exchange.machine.side.other).group
        let now = exchange.nowMilliseconds
        guard
            shedder.allowsCopy(inFlight: inFlight - 1, heldBytes: loop.heldBytes, usersWait: group.hasWaiting)
        else {
            route.state.mirror.skip(.overloaded)
            return
        }
        guard !group.isUnhealthy(now: now) else {
            route.state.mirror.skip(.unhealthy)
            return
        }
        let endpoint = group.pickForCopy(now: now)
        guard endpoint.mirrorHealth.isUsable(now: now) else {
            route.state.mirror.skip(.unhealthy)
            return
        }
        let copy = freeCopies.popLast() ?? MirrorCopy(worker: self)
        copy.start(exchange, endpoint: endpoint, state: route.state, timeout: mirror.timeout)
    }

    // MARK: For exchanges

    /// The given path, which may have escapes, in the form in which paths are compared.
    func compared(_ path: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard !ComparedPath.isPlain(path), let count = ComparedPath.write(path, into: comparedBuffer) else {
            return path
        }
        return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(comparedBuffer)[..<count])
    }

    /// `date:` line, built once a second.
    func appendDate(to writer: inout HeadWriter) {
        dateLine.append(Int64(time(nil)), to: &writer)
    }

    func healthChanged(_ endpoint: UpstreamEndpoint, of group: UpstreamGroup, reason: EndpointHealth.Reason) {
        endpoint.changedAt = Int64(time(nil))
        report(
            .health(
                upstream: group.name, endpoint: endpoint.text, isHealthy: !endpoint.health.isUnhealthy, reason: reason))
    }

    func circuitChanged(_ route: LoopRoute, _ side: Side, _ breaker: CircuitBreaker) {
        report(.circuit(route: route.id, side: side, isOpen: breaker.state != .closed))
    }

    /// Takes over what the control loop's prober has found out.
    func adopt(upstream: String, address: SocketAddress, isHealthy: Bool, reason: EndpointHealth.Reason) {
        guard let group = groups.first(where: { $0.name == upstream }),
            let endpoint = group.endpoints.first(where: { $0.address == address })
        else { return }
        let now = loop.now.milliseconds
        if endpoint.health.adopt(healthy: isHealthy, reason: reason, now: now) {
            endpoint.changedAt = Int64(time(nil))
        }
    }
}
