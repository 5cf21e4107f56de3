package import EventLoop
import Glibc

/// Accepts connections on one address, for one loop, and knows nothing of what is spoken on them: its acceptor makes of
/// each transport what it likes. Several loops listen on the same address side by side (SO_REUSEPORT).
package final class Listener: EventSource {
    /// Where it listens; with the real port when port 0 was asked for.
    package let address: SocketAddress
    package let tag: Int
    private let acceptor: any ConnectionAcceptor
    let limits: ListenerLimits
    private let census: ConnectionCensus
    private var connections: [any AcceptedConnection] = []
    /// Accepted, and not known yet whose they are. Few: a header comes with the first packet.
    private var arrivals: [ObjectIdentifier: ProxiedArrival] = [:]
    private(set) package var isDraining = false
    /// Accepts nothing for now; what comes waits in the kernel.
    private(set) package var isHeld: Bool
    /// Someone else accepts from the same socket now, so that neither the queue nor the socket file is ours to end.
    private var isHandedOver = false
    private var needsListen = false
    private var drainDone: (() -> Void)?
    private lazy var retry = Timer(loop: loop) { [unowned self] in endPause() }
    private lazy var drainTimer = Timer(loop: loop) { [unowned self] in drainStep() }
    private var drainEnd: Moment = .never

    /// Connections refused because of a limit, and times that descriptors ran out.
    package private(set) var shedCount = 0
    /// Called for each of them; true: because of the limit for each address.
    package var connectionRefused: ((_ isOfAddress: Bool) -> Void)?
    package private(set) var exhaustionCount = 0
    /// Connections closed because the PROXY header that was due did not come, or was none.
    package private(set) var refusedHeaderCount = 0

    /// How many are accepted before other events have their turn.
    private static let acceptsPerTurn = 32
    /// How long to wait when descriptors have run out: each try costs, and only a close helps.
    private static let exhaustionPause = Moment.Span.milliseconds(50)
    /// How long idle connections are kept when draining, so that a request that is on its way is answered.
    private static let drainGrace = Moment.Span.milliseconds(500)

    /// Listens at once; call on the loop's thread, or before the loop runs. A unix path that a dead process left is
    /// replaced.
    /// - Parameters:
    ///   - acceptor: Of all connections; retained.
    ///   - sharesAddress: SO_REUSEPORT, for several loops.
    ///   - adopted: A socket that listens there already, ours from now on, whatever comes of this call.
    ///   - isHeld: Binds, but gets no connection before `resumeAccepting`: the kernel gives a socket that does not
    ///     listen none.
    package init(
        loop: Loop, address: SocketAddress, limits: ListenerLimits, acceptor: any ConnectionAcceptor, tag: Int = 0,
        sharesAddress: Bool = true, adopted: Int32? = nil, isHeld: Bool = false
    ) throws(SystemError) {
        let fd: Int32
        if let adopted { fd = adopted } else { fd = try Self.boundSocket(address, sharesAddress: sharesAddress) }
        do throws(SystemError) {
            self.address = try SystemCall.localAddress(fd)
        } catch {
            SystemCall.close(fd)
            throw error
        }
        self.tag = tag
        self.acceptor = acceptor
        self.limits = limits
        self.isHeld = true
        needsListen = adopted == nil
        census = limits.census ?? ConnectionCensus()
        super.init(loop: loop, fd: fd)
        guard !isHeld else { return }
        do throws(SystemError) {
            try resumeAccepting()
        } catch {
            closeSource()
            throw error
        }
    }

    package var connectionCount: Int { connections.count + arrivals.count }

    // MARK: Accepting

    override package func ready(_ events: EventSet) {
        for _ in 0..<Self.acceptsPerTurn {
            do throws(SystemError) {
                guard let (fd, peer) = try SystemCall.accept(self.fd) else { return }
                admit(fd, peer)
            } catch {
                guard error.isExhaustion else { return }
                exhaustionCount += 1
                pauseAccepting()
                return
            }
            if isClosed { return }
        }
    }

    private func admit(_ fd: Int32, _ peer: SocketAddress) {
        let isProxied = limits.proxyPeers.map { !peer.isUnix && $0(peer) } ?? false
        let admission = census.admit(
            isProxied ? nil : peer, limit: limits.connections, perAddress: limits.connectionsPerAddress)
        guard admission == .admitted else {
            shed(fd, admission)
            return
        }
        if isProxied {
            let arrival = ProxiedArrival(listener: self, fd: fd, sender: peer)
            arrivals[ObjectIdentifier(arrival)] = arrival
            arrival.start()
        } else {
            begin(fd, peer)
        }
        if loop.isCorked { loop.settleCork() }
    }

    private func begin(_ fd: Int32, _ peer: SocketAddress) {
        let connection = acceptor.accept(ByteTransport(loop: loop, fd: fd), from: peer, at: self)
        connection.place = connections.count
        connections.append(connection)
        connection.start()
    }

    // MARK: Behind a load balancer

    /// The header has named the client.
    func arrived(_ arrival: ProxiedArrival, _ fd: Int32, _ client: SocketAddress) {
        arrivals[ObjectIdentifier(arrival)] = nil
        guard census.attribute(to: client, perAddress: limits.connectionsPerAddress) == .admitted else {
            census.dismissUnknown()
            shed(fd, .tooManyFromAddress)
            finishIfDrained()
            return
        }
        begin(fd, client)
    }

    func refusedArrival() { refusedHeaderCount += 1 }

    func dismissed(_ arrival: ProxiedArrival) {
        arrivals[ObjectIdentifier(arrival)] = nil
        census.dismissUnknown()
        finishIfDrained()
    }

    /// Says as much as one can without keeping anything.
    private func shed(_ fd: Int32, _ reason: ConnectionCensus.Admission) {
        shedCount += 1
        connectionRefused?(reason == .tooManyFromAddress)
        // Read what is there, so that the close does not reset away what is said.
        _ = try? SystemCall.receive(fd, into: loop.readBuffer)
        let refusal = acceptor.refusal
        _ = try? SystemCall.send(
            fd, UnsafeRawBufferPointer(start: refusal.utf8Start, count: refusal.utf8CodeUnitCount))
        SystemCall.close(fd)
    }

    private func pauseAccepting() {
        unwatch()
        retry.fire(after: Self.exhaustionPause)
    }

    private func endPause() {
        guard !isClosed, !isHeld else { return }
        if (try? watch(.readable)) == nil { retry.fire(after: Self.exhaustionPause) }
    }

    /// Accepts nothing until `resumeAccepting`. Connections are not refused: they wait in the kernel's queue.
    package func hold() {
        guard !isClosed else { return }
        isHeld = true
        unwatch()
    }

    package func resumeAccepting() throws(SystemError) {
        guard !isClosed, isHeld else { return }
        if needsListen {
            try SystemCall.listen(fd, backlog: 4096)
            needsListen = false
        }
        try watch(.readable)
        isHeld = false
    }

    /// Another process has the socket and accepts from it: ours is closed without ending it. Connections that are open
    /// go on here.
    package func handOver() {
        isHandedOver = true
        stopAccepting()
    }

    /// A connection has closed.
    func dismissed(_ connection: any AcceptedConnection) {
        census.dismiss(
            isUnix: connection.isUnix, high: connection.peerBytes.high, low: connection.peerBytes.low)
        let place = connection.place
        if place < connections.count, connections[place] === connection {
            connections.swapAt(place, connections.count - 1)
            connections[place].place = place
            connections.removeLast()
        }
        finishIfDrained()
    }

    private func finishIfDrained() {
        if isDraining, connectionCount == 0 { finishDraining() }
    }

    // MARK: Ending

    /// New connections are refused by the kernel from now on; those that are open go on. The socket file of a unix
    /// address is removed.
    package func stopAccepting() {
        guard !isClosed else { return }
        retry.cancel()
        // Another process may hold the same socket, and then the close alone would leave it in epoll, naming an object
        // that is gone.
        unwatch()
        closeSource()
        if !isHandedOver, let path = address.unixPath { unlink(path) }
    }

    /// Accepts no more, lets what is in flight end as the last on its connection, closes idle connections after half a
    /// second, everything when the time is over; then calls `done`, once.
    ///
    /// After `handOver` idle connections are kept for half of the time: nobody waits for this process to end, and each
    /// of them that sends one more request learns properly that it is the last.
    package func drain(within span: Duration, done: @escaping () -> Void) {
        guard !isDraining else { return }
        isDraining = true
        drainDone = done
        // What already waits in the queue would be reset by the close: take it in first.
        if !isClosed { ready(.readable) }
        stopAccepting()
        guard connectionCount > 0 else {
            finishDraining()
            return
        }
        drainEnd = loop.now + Moment.Span(span)
        let half = Moment.Span(nanoseconds: Moment.Span(span).nanoseconds / 2)
        drainTimer.fire(after: isHandedOver ? half : min(Self.drainGrace, Moment.Span(span)))
    }

    private func drainStep() {
        let isOver = loop.now >= drainEnd
        for arrival in arrivals.values { arrival.end() }
        for connection in connections {
            if isOver { connection.cutOff() } else { connection.closeIfIdle() }
        }
        if connectionCount > 0 { drainTimer.fire(after: .milliseconds(20)) }
    }

    private func finishDraining() {
        drainTimer.cancel()
        let done = drainDone
        drainDone = nil
        done?()
    }

    /// Ends everything at once.
    package func closeNow() {
        isDraining = true
        stopAccepting()
        for arrival in arrivals.values { arrival.end() }
        for connection in connections { connection.cutOff() }
        drainTimer.cancel()
    }
}
