import EventLoop
import Glibc
import HTTP
import HTTPTransport
import Routing

/// Asks every endpoint with a `health` policy whether it is well, from the control loop, and tells the workers when
/// that changes.
final class HealthProber {
    private unowned let router: RouterProcess
    private var probes: [EndpointProbe] = []

    init(_ router: RouterProcess) { self.router = router }

    /// Probes what the table names. Endpoints that stay keep what is known of them.
    func follow(_ table: ServedTable) {
        var next: [EndpointProbe] = []
        for (upstream, endpoints) in zip(table.document.upstreams, table.endpoints) {
            guard let policy = upstream.health, policy.probes else { continue }
            for endpoint in endpoints {
                if let old = probes.first(where: {
                    $0.upstream == upstream.name && $0.address == endpoint.address && $0.policy == policy
                        && $0.tolerance == Tolerance(upstream.tolerance)
                }) {
                    next.append(old)
                    continue
                }
                let probe = EndpointProbe(
                    loop: router.loop, upstream: upstream.name, name: endpoint.text, host: endpoint.host,
                    address: endpoint.address,
                    policy: policy, tolerance: Tolerance(upstream.tolerance)
                ) { [unowned self] probe in changed(probe) }
                probe.start(after: .milliseconds(UInt64(next.count % 16) * 8))
                next.append(probe)
            }
        }
        for old in probes where !next.contains(where: { $0 === old }) { old.stop() }
        probes = next
        // Tables are new to the workers: tell what is known.
        for probe in probes where probe.health.state != .unknown { announce(probe) }
    }

    func counts(upstream: String, address: SocketAddress) -> (sent: UInt64, failed: UInt64) {
        guard let probe = probes.first(where: { $0.upstream == upstream && $0.address == address }) else {
            return (0, 0)
        }
        return (probe.sent, probe.failed)
    }

    private func changed(_ probe: EndpointProbe) {
        announce(probe)
        let isHealthy = !probe.health.isUnhealthy
        router.publishHealth(
            upstream: probe.upstream, endpoint: probe.name, isHealthy: isHealthy,
            reason: isHealthy ? .probeAnswered : probe.lastReason)
    }

    private func announce(_ probe: EndpointProbe) {
        let (upstream, address, isHealthy, reason) = (
            probe.upstream, probe.address, !probe.health.isUnhealthy, probe.lastReason
        )
        for worker in router.workers {
            worker.run { $0.adopt(upstream: upstream, address: address, isHealthy: isHealthy, reason: reason) }
        }
    }
}

/// The probes of one endpoint: a fresh connection each time, as a client that comes anew would find it.
final class EndpointProbe: Timed, UpstreamStreamDelegate {
    let upstream: String
    let name: String
    /// `Host` where the policy names none.
    private let host: String
    let address: SocketAddress
    let policy: HealthPolicy
    let tolerance: Tolerance
    private(set) var health = EndpointHealth()
    private(set) var lastReason: EndpointHealth.Reason = .probeRefused
    private(set) var sent: UInt64 = 0
    private(set) var failed: UInt64 = 0
    private let pool: UpstreamPool
    private let changed: (EndpointProbe) -> Void
    private var connection: (any UpstreamStream)?
    private var status: HTTPStatus?
    private var isStopped = false

    init(
        loop: Loop, upstream: String, name: String, host: String, address: SocketAddress, policy: HealthPolicy,
        tolerance: Tolerance, changed: @escaping (EndpointProbe) -> Void
    ) {
        self.upstream = upstream
        self.name = name
        self.host = host
        self.address = address
        self.policy = policy
        self.tolerance = tolerance
        self.changed = changed
        var options = UpstreamOptions()
        options.maxIdle = 0
        options.tolerance = tolerance
        pool = UpstreamPool(loop: loop, address: address, options: options)
        super.init(loop: loop)
    }

    private var settings: EndpointHealth.Settings {
        EndpointHealth.Settings(policy)
    }

    func start(after span: Moment.Span) { setDeadline(loop.now + span) }

    func stop() {
        isStopped = true
        connection?.cancel()
        connection = nil
        forgetDeadline()
        pool.close()
    }

    /// Time for the next probe, or the end of the patience with this one.
    override func deadlineReached() {
        guard !isStopped else { return }
        if let running = connection {
            connection = nil
            running.cancel()
            finish(.probeTimeout)
            return
        }
        sent &+= 1
        status = nil
        let patience = Moment.Span(policy.timeout)
        guard let made = pool.stream(for: self, fresh: true, connectTimeout: patience) else {
            finish(.probeRefused)
            return
        }
        connection = made
        setDeadline(loop.now + patience)
        if made.isConnected { send(made) }
    }

    private func send(_ connection: any UpstreamStream) {
        var request = HTTPRequest(target: policy.path, host: policy.host ?? host)
        if !policy.headers.contains(where: { $0.name == "user-agent" }) {
            request.fields.append("user-agent", "strangler-router")
        }
        for field in policy.headers { request.fields.append(field.name, field.value) }
        let patience = Moment.Span(policy.timeout)
        connection.useOnce()
        let isSent = request.withOutgoing(limit: Self.headLimit) {
            connection.sendHead($0, responseTimeout: patience, idleTimeout: patience)
        }
        // An endpoint that is asked something else, or nothing, tells nothing.
        guard isSent else { return giveUp(connection) }
        connection.finishRequest()
    }

    /// Of a probe. In bytes.
    private static let headLimit = 64 << 10

    private func giveUp(_ running: any UpstreamStream) {
        connection = nil
        running.cancel()
        finish(.probeStatus)
    }

    /// Whether the response's code is one of those that mean well.
    private var isWell: Bool { status.map { policy.expect.contains($0.rawValue) } ?? false }

    func upstreamConnected(_ upstream: any UpstreamStream) {
        connection = upstream
        send(upstream)
    }
    func upstreamHead(_ upstream: any UpstreamStream, _ response: ResponseHeadView) { status = response.head.status }
    func upstreamBody(_ upstream: any UpstreamStream, _ bytes: UnsafeRawBufferPointer) {}

    func upstreamEnd(_ upstream: any UpstreamStream) {
        connection = nil
        finish(isWell ? nil : .probeStatus)
    }

    func upstreamFailed(_ upstream: any UpstreamStream, _ failure: UpstreamFailure) {
        connection = nil
        // A response whose body broke off after a good status is a response.
        if isWell { return finish(nil) }
        switch failure.kind {
        case .connectTimedOut, .responseTimedOut, .idleTimedOut: finish(.probeTimeout)
        default: finish(.probeRefused)
        }
    }

    private func finish(_ reason: EndpointHealth.Reason?) {
        let hasChanged: Bool
        if let reason {
            failed &+= 1
            lastReason = reason
            hasChanged = health.probeFailed(reason, settings: settings)
        } else {
            hasChanged = health.probeSucceeded(settings: settings)
        }
        start(after: Moment.Span(policy.interval))
        if hasChanged { changed(self) }
    }
}
