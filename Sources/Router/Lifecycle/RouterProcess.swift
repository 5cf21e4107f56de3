import AdminAPI
package import EventLoop
import Glibc
import HTTP
import HTTPTransport
import Routing
import Synchronization

/// A running router: the control loop with its configuration, its workers, its admin API and its end.
///
/// Everything here is confined to the control loop, which may block on the disk; requests are served by the workers'
/// loops alone.
package final class RouterProcess: @unchecked Sendable {
    // @unchecked: confined to `loop`; other threads only ever call `loop.execute`.
    let loop: Loop
    let store: ConfigurationStore
    let source: ConfigurationStore.Source
    /// `loadedAt` of the table that the process started with, which tells whether `source` still serves.
    let startedLoadedAt: Int64
    var workers: [WorkerHandle] = []
    var barrier: FlipBarrier
    /// Changes that wait for every loop to serve a revision.
    var flips: [(revision: UInt64, done: () -> Void)] = []
    var drainMachine = DrainMachine()
    /// The number of workers, and of listeners of the admin API that have been handed over, that have not drained yet.
    var undrained = 0
    private var drainTimer: Timer?
    let events = EventHub()
    private(set) lazy var taps = TapHub(self)
    private(set) lazy var holds = HoldDesk(self)
    let holdBounds: HoldBounds
    var admin: AdminServer?
    var takeover: TakeoverServer?
    /// Every listening socket, for the process that takes over. Fixed once started.
    var socketGroups: [SocketGroup] = []
    /// Whether another process takes over or has done so: the configuration may not be changed here any more.
    var refusesChanges = false
    var prober: HealthProber?
    var names: NameRefresher?
    /// The newest table that was handed to the workers, whether or not all serve it yet.
    var handedOut: ServedTable { willSet { retired.retire(handedOut) } }
    private lazy var retired = RetiredTables(loop: loop)
    /// Served and written, and not among the good copies yet.
    var unkept: ServedTable?
    /// Tables that differ in addresses only, on their way to the workers, by number. They have a barrier of their own,
    /// so that a change by a person need not wait for a change of a name server.
    var refreshes: [(number: UInt64, table: ServedTable)] = []
    var refreshCount: UInt64 = 0
    var refreshBarrier: FlipBarrier
    var accessLog: (any AccessLogSink)?
    let accessLogLosses = AccessLogLosses()
    var lastReload: ReloadReport?
    /// The number of loops on which the alarm of a side is raised, by side and route.
    private var raisedFaults: [String: Int] = [:]
    var reloads: (accepted: UInt64, refused: UInt64) = (0, 0)
    var rollbacks: [RollbackCount: UInt64] = [:]
    /// Changes that wait for each other.
    var line = ChangeLine<QueuedChange>()
    /// The number of responses for which the control loop does not give way.
    var hurried = 0
    /// The next attempt to write a rollback that is served.
    var unwrittenTimer: Timer?
    let recentChanges = RecentChanges()
    private var notice: RouterNotice?
    /// The watches by name of the context; a context without a report has none.
    var dataWatches: [String: DataWatch] = [:]
    var dataTimer: Timer?
    /// The recent writes to contexts, which the loops note and the agent confirms.
    let writes = WritesBook()
    /// Reports whose response waits for the next write.
    let waitingReports: WaitingReports
    let startedAt = WallClock.milliseconds()
    let startedMoment = Moment.read()
    /// Where the data plane listens, with real ports.
    package internal(set) var addresses: [SocketAddress] = []
    /// Where the admin API listens.
    package internal(set) var adminAddresses: [SocketAddress] = []
    /// Called when the router has ended, with its exit status.
    private var ended: (Int32) -> Void

    struct ReloadReport {
        var accepted: Bool
        var at: Int64
        var message: String?
    }

    /// Why a router could not start.
    package struct StartFailure: Error {
        package let message: String
        /// The exit status: 78 for the configuration, 1 when the system refused something.
        package let status: Int32
    }

    /// Loads, binds everything and starts the workers; the caller then runs `loop`.
    ///
    /// With `takesOver` it returns when this process is the one that serves, and throws while the other one still does.
    package init(
        _ options: RouterOptions, loop: Loop, ended: @escaping (Int32) -> Void
    ) throws(StartFailure) {
        self.loop = loop
        waitingReports = WaitingReports(loop: loop)
        self.ended = ended
        holdBounds = options.holds
        store = ConfigurationStore(path: options.configuration, calls: options.files, resolver: options.resolver)
        let table: ServedTable
        switch store.start() {
        case .failure(let problem): throw StartFailure(message: problem.message, status: 78)
        case .success(let started):
            table = started.table
            source = started.source
            startedLoadedAt = table.loadedAt
            if let problem = started.problem {
                RouterLog.write(
                    .error,
                    started.source == .file
                        ? "configuration offends rules that came after it; it served before and serves on, but cannot be loaded again"
                        : "configuration refused, serving the last known good one",
                    ["file": store.path, "revision": "\(table.revision)", "problem": problem.message])
            }
        }
        barrier = FlipBarrier(loops: options.threads, revision: table.revision)
        refreshBarrier = FlipBarrier(loops: options.threads, revision: 0)
        handedOut = table
        let predecessor = options.takesOver ? try findPredecessor(table) : nil
        var inherited = predecessor?.sockets ?? InheritedSockets()
        // The admin socket is bound first: a process that cannot have it is the second router on this configuration,
        // and must not take a connection.
        try startAdmin(table, &inherited)
        do throws(SystemError) {
            try startWorkers(options, table, &inherited, isHeld: predecessor != nil)
        } catch {
            throw StartFailure(message: "cannot start: \(error)", status: 1)
        }
        startTakeoverServer(table, &inherited)
        prober = HealthProber(self)
        prober?.follow(table)
        names = NameRefresher(self, resolver: options.resolver)
        names?.follow(table)
        openAccessLog(table)
        if let predecessor { try succeed(predecessor, keeping: inherited) }
        scheduleKeepAlive()
        if let error = store.keepAsGood(table) {
            RouterLog.write(.warning, "cannot keep a copy of the configuration", ["problem": "\(error)"])
        }
        beginPersisting()
        notice = RouterNotice(
            configuration: store.file, admin: adminAddresses, startedAt: startedAt, calls: options.files)
        notice?.write()
    }

    /// Idle event streams get a comment now and then, so that proxies on the way do not cut them.
    private func scheduleKeepAlive() {
        let timer = Timer(loop: loop) { [weak self] in
            self?.events.keepAlive()
            self?.scheduleKeepAlive()
        }
        timer.fire(after: .seconds(15))
    }

    // MARK: The end

    package var isDraining: Bool { drainMachine.isDraining }

    /// Called on SIGTERM, SIGINT or by the API.
    package func stop() {
        takeover?.withdraw()
        drain(handedOver: [])
    }

    /// - Parameter handedOver: indices in `listen` whose sockets another process has.
    func drain(handedOver: Set<Int>) {
        let patience = store.current?.document.timeouts.drain ?? .seconds(10)
        switch drainMachine.stopRequested(now: nowMilliseconds, patienceMilliseconds: patience.milliseconds) {
        case .nothing: break
        case .exitNow: end(1)
        case .drain:
            RouterLog.write(.info, "draining", ["deadline_ms": "\(patience.milliseconds)"])
            events.publish(DrainEvent(at: WallClock.now(), state: "draining"))
            for worker in workers {
                worker.run { [self] worker in
                    worker.drain(within: patience, handedOver: handedOver) { [self] in
                        loop.execute { [self] in listenersDrained() }
                    }
                }
            }
            // The workers keep the deadline themselves; this timer is for a worker that does not respond.
            let timer = Timer(loop: loop) { [weak self] in self?.checkDrain() }
            drainTimer = timer
            timer.fire(after: .milliseconds(UInt64(patience.milliseconds) + 200))
        }
    }

    func listenersDrained() {
        undrained -= 1
        checkDrain()
    }

    private func checkDrain() {
        switch drainMachine.progressed(now: nowMilliseconds, open: undrained) {
        case .wait: break
        case .exitClean: end(0)
        case .exitCutting(let open):
            RouterLog.write(.warning, "drain deadline passed", ["left": "\(open)"])
            end(0)
        }
    }

    private func end(_ status: Int32) {
        flushAccessLog { [self] in
            notice?.remove()
            admin?.close()
            takeover?.close(isHandedOver: false)
            names?.stop()
            for worker in workers { worker.stop() }
            ended(status)
        }
    }

    var nowMilliseconds: Int64 { loop.now.milliseconds }

    // MARK: Messages

    /// Runs `read` on every worker and hands all results to `done`, here.
    func collect<Value: Sendable>(
        _ read: @escaping @Sendable (Worker) -> Value, done: @escaping ([Value]) -> Void
    ) {
        let gathering = Gathering<Value>(expected: workers.count, done: done)
        for worker in workers {
            worker.run { [loop] worker in
                let value = read(worker)
                loop.execute { gathering.add(value) }
            }
        }
    }

    func workerReported(_ event: WorkerEvent) {
        switch event {
        case .health(let upstream, let endpoint, let isHealthy, let reason):
            publishHealth(upstream: upstream, endpoint: endpoint, isHealthy: isHealthy, reason: reason)
        case .circuit(let route, let side, let isOpen):
            RouterLog.write(
                isOpen ? .warning : .info, isOpen ? "circuit opened" : "circuit closed",
                ["route": route, "side": side.name.description])
            events.publish(
                CircuitEvent(
                    at: WallClock.now(), route: route, side: side.name.description, to: isOpen ? "open" : "closed"))
        case .refused(let notice): notice.tell()
        case .emptied(let hold, let generation): holds.emptied(hold, generation: generation)
        case .faults(let route, let side, let figures, let isRaised): tell(route, side, figures, isRaised)
        case .written: waitingReports.written()
        }
    }

    /// Each loop has its own alarm. The first one that is raised and the last one that ends are reported.
    private func tell(_ route: String, _ side: Side, _ figures: FaultWindow.Figures, _ isRaised: Bool) {
        let key = "\(side.name) \(route)"
        let before = raisedFaults[key, default: 0]
        let after = max(0, before + (isRaised ? 1 : -1))
        raisedFaults[key] = after > 0 ? after : nil
        guard (before > 0) != (after > 0) else { return }
        RouterLog.write(
            isRaised ? .warning : .info,
            isRaised ? "answers are errors or break off" : "answers are well again",
            [
                "route": route, "side": side.name.description, "answers": "\(figures.responses)",
                "errors": "\(figures.errors)", "cut": "\(figures.cut)",
            ])
        events.publish(
            FaultsEvent(
                at: WallClock.now(), route: route, side: side.name.description, to: isRaised ? "failing" : "well",
                answers: Int(clamping: figures.responses), errors: Int(clamping: figures.errors),
                cut: Int(clamping: figures.cut)))
    }

    func publishHealth(upstream: String, endpoint: String, isHealthy: Bool, reason: EndpointHealth.Reason) {
        let state = isHealthy ? "healthy" : "unhealthy"
        RouterLog.write(
            isHealthy ? .info : .warning, "endpoint is \(state)",
            ["upstream": upstream, "endpoint": endpoint, "reason": reason.rawValue])
        events.publish(
            HealthEvent(
                at: WallClock.now(), upstream: upstream, endpoint: endpoint, to: state, reason: reason.rawValue))
    }
}

/// Waits for one value from each worker. Confined to the control loop.
private final class Gathering<Value: Sendable>: @unchecked Sendable {
    // @unchecked: made, filled and read on the control loop; workers only carry the reference.
    private var values: [Value] = []
    private let expected: Int
    private let done: ([Value]) -> Void

    init(expected: Int, done: @escaping ([Value]) -> Void) {
        self.expected = expected
        self.done = done
    }

    func add(_ value: Value) {
        values.append(value)
        if values.count == expected { done(values) }
    }
}

extension ServerOptions {
    init(_ document: RoutesDocument, census: ConnectionCensus) {
        self.init()
        let limits = document.limits
        headLimits = HeadLimits(
            requestLine: min(limits.requestLine, Worker.targetLimit), head: limits.head, fields: limits.fields,
            field: limits.field)
        reservedPrefix = "x-strangler-"
        bodyLimit = UInt64(clamping: limits.body)
        bodyRate = UInt64(clamping: limits.bodyRate)
        bodyRateGrace = .seconds(30)
        headerTimeout = document.timeouts.header
        keepAliveTimeout = document.timeouts.keepAlive
        idleTimeout = document.timeouts.clientIdle
        requestsPerConnection = limits.requestsPerConnection
        connections = limits.connections
        connectionsPerAddress = limits.connectionsPerAddress
        self.census = census
        let peers = document.proxyPeers
        if !peers.isEmpty {
            proxyPeers = { peer in
                let (high, low) = peer.hostBytes
                return withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { bytes in
                    peers.contains { $0.contains(bytes) }
                }
            }
        }
    }
}

extension SocketAddress {
    /// Reads an address of `listen` or `admin`. A unix path is relative to the configuration.
    init?(listening text: String, compiler: ConfigurationCompiler) {
        if text.hasPrefix("unix:") {
            self.init(unixPath: compiler.absolute(String(text.dropFirst(5))))
        } else {
            self.init(text)
        }
    }
}
