package import EventLoop
import Glibc

/// Accepts client connections on one address, for one loop. Several loops listen on the same address side by side
/// (SO_REUSEPORT).
package final class Listener: EventSource {
    /// Where it listens; with the real port when port 0 was asked for.
    package let address: SocketAddress
    package let tag: Int
    let delegate: any ClientStreamDelegate
    let settings: ServerSettings
    private let census: ConnectionCensus
    private var connections: [ServerConnection] = []
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
    ///   - delegate: Of all connections; retained.
    ///   - sharesAddress: SO_REUSEPORT, for several loops.
    ///   - adopted: A socket that listens there already, ours from now on, whatever comes of this call.
    ///   - isHeld: Binds, but gets no connection before `resumeAccepting`: the kernel gives a socket that does not
    ///     listen none.
    package init(
        loop: Loop, address: SocketAddress, options: ServerOptions = ServerOptions(),
        delegate: any ClientStreamDelegate, tag: Int = 0, sharesAddress: Bool = true, adopted: Int32? = nil,
        isHeld: Bool = false
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
        self.delegate = delegate
        self.isHeld = true
        needsListen = adopted == nil
        settings = ServerSettings(options)
        census = options.census ?? ConnectionCensus()
        super.init(loop: loop, fd: fd)
        guard !isHeld else { return }
        do throws(SystemError) {
            try resumeAccepting()
        } catch {
            closeSource()
            throw error
        }
    }

    private static func boundSocket(_ address: SocketAddress, sharesAddress: Bool) throws(SystemError) -> Int32 {
        if let path = address.unixPath { try removeDeadSocket(path, address) }
        let fd = try SystemCall.streamSocket(address.family)
        do throws(SystemError) {
            if !address.isUnix {
                try SystemCall.setOption(fd, level: SOL_SOCKET, SO_REUSEADDR, 1)
                if sharesAddress { try SystemCall.setOption(fd, level: SOL_SOCKET, SO_REUSEPORT, 1) }
                // Both are inherited by accepted sockets: saves a call for each.
                try SystemCall.setOption(fd, level: Int32(IPPROTO_TCP), TCP_NODELAY, 1)
                if address.isLoopback { SystemCall.relaxCongestionControl(fd) }
                // Told of a connection only when its request is there: saves a wake-up and a read. One second, after
                // which a silent client is accepted all the same and its ten seconds for a head begin.
                try SystemCall.setOption(fd, level: Int32(IPPROTO_TCP), TCP_DEFER_ACCEPT, 1)
                if address.family == AF_INET6 {
                    try SystemCall.setOption(fd, level: Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1)
                }
            }
            // Unix sockets are created with the rights of the umask; tightened to the owner before anyone can connect.
            try SystemCall.bind(fd, to: address)
            if let path = address.unixPath { _ = chmod(path, 0o600) }
        } catch {
            SystemCall.close(fd)
            throw error
        }
        return fd
    }

    /// A socket file that nobody listens on any more may go; one that answers, or any other file, may not.
    private static func removeDeadSocket(_ path: String, _ address: SocketAddress) throws(SystemError) {
        let probe = try SystemCall.streamSocket(address.family)
        defer { SystemCall.close(probe) }
        do throws(SystemError) {
            _ = try SystemCall.connect(probe, to: address)
            throw SystemError("bind", EADDRINUSE)
        } catch {
            guard error.code == ECONNREFUSED else {
                if error.code == ENOENT { return }
                throw error
            }
            // ECONNREFUSED also for a file that is no socket: bind then says that the address is in use.
            var status = stat()
            if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK { unlink(path) }
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
        let options = settings.options
        let isProxied = options.proxyPeers.map { !peer.isUnix && $0(peer) } ?? false
        let admission = census.admit(
            isProxied ? nil : peer, limit: options.connections, perAddress: options.connectionsPerAddress)
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
        let connection = ServerConnection(listener: self, fd: fd, peer: peer)
        connection.place = connections.count
        connections.append(connection)
        connection.start()
    }

    // MARK: Behind a load balancer

    /// The header has named the client.
    func arrived(_ arrival: ProxiedArrival, _ fd: Int32, _ client: SocketAddress) {
        arrivals[ObjectIdentifier(arrival)] = nil
        guard census.attribute(to: client, perAddress: settings.options.connectionsPerAddress) == .admitted else {
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

    /// Answers as well as one can without keeping anything.
    private func shed(_ fd: Int32, _ reason: ConnectionCensus.Admission) {
        shedCount += 1
        connectionRefused?(reason == .tooManyFromAddress)
        // Read what is there, so that the close does not reset the response away.
        _ = try? SystemCall.receive(fd, into: loop.readBuffer)
        let answer: StaticString = """
            HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n
            """
        _ = try? SystemCall.send(
            fd, UnsafeRawBufferPointer(start: answer.utf8Start, count: answer.utf8CodeUnitCount))
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
    func dismissed(_ connection: ServerConnection) {
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

    /// Accepts no more, answers what is in flight with `connection: close`, closes idle connections after half a
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
            if isOver { connection.dismiss(.aborted, reset: true) } else { connection.closeIfIdle() }
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
        for connection in connections { connection.dismiss(.aborted, reset: true) }
        drainTimer.cancel()
    }
}
