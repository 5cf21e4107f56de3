package import EventLoop
import Glibc
package import HTTP

/// Limits of a pool.
package struct UpstreamOptions: Sendable {
    /// Of response heads. Default 64 KiB in all.
    package var headLimits = HeadLimits.response
    /// Fields whose name begins with it are `.reserved`. Default: none.
    package var reservedPrefix: StaticString = ""
    /// How answers are read. Default strict.
    package var tolerance = Tolerance.strict
    /// Connections of this pool, busy and idle. Default 256.
    package var maxConnections = 256
    /// What the pools of all loops share; nil (default): `maxConnections` alone counts.
    package var budget: ConnectionLimiter?
    /// Kept for as long as the pool: what says that the budget is in use.
    package var budgetOwner: (any AnyObject & Sendable)?
    /// Exchanges that turned out to be long: streams and tunnels. Default: no limit.
    package var longLived = SharedLimit(.max)
    /// Idle ones that are kept. Default 256.
    package var maxIdle = 256
    /// How long an idle one is kept: less than the upstream keeps it, or a request meets its close. Default 50 s.
    package var idleTimeout: Duration = .seconds(50)
    /// Requests on one connection. Default: no limit.
    package var requestsPerConnection = Int.max

    package init() {}
}

/// Connections of one loop to one upstream address. The one used last is used next, so that the fewest stay open and
/// the warmest serve.
///
/// What is spoken on a connection is decided once it has been made (`established`): today HTTP/1.1, always.
package final class UpstreamPool: UpstreamStreamSource {
    package let address: SocketAddress
    package let options: UpstreamOptions
    let loop: Loop
    let parser: ResponseHeadParser
    /// Of the connections that wait for their next request.
    private(set) var idleLimit: IdleLimit
    private(set) var bodiless = BodilessResponses()
    /// Coldest first.
    private var idle: [UpstreamConnection] = []
    /// Those whose last response may have something behind it, for a moment (`BodilessResponses`); oldest first.
    private var resting: [UpstreamConnection] = []
    /// Those that wait for the next request of the one client that they belong to; oldest first.
    private var bound: [UpstreamConnection] = []
    private var isClosed = false
    private let budget: ConnectionLimiter?
    private var member: ConnectionLimiter.Member?
    /// May be opened, and are counted by the budget already.
    private var grants = 0
    package var roomCame: (() -> Void)?
    package var isAskedToSpare: (() -> Void)?
    /// Idle ones that are closed when another loop wants one: it opens no more than it has use for.
    private static let sparedAtOnce = 8
    /// Others are opened beside so many that rest; then one of these makes room.
    private static let restingLimit = 2
    /// How long one rests: longer than a server's second write waits for our acknowledgement of its first.
    static let rest = Moment.Span.milliseconds(50)

    /// Connections, busy and idle; without those that carry streams and tunnels.
    package private(set) var openCount = 0
    /// Those that do.
    package private(set) var longCount = 0
    package var idleCount: Int { idle.count }
    package var busyCount: Int { openCount - idle.count - resting.count - bound.count }
    /// Whether a connection is at hand or may be opened.
    package var hasRoom: Bool {
        if !idle.isEmpty || grants > 0 || !resting.isEmpty || !bound.isEmpty { return true }
        return openCount < options.maxConnections && budget?.hasRoom ?? true
    }
    /// Connections begun since the start.
    package private(set) var connectCount: UInt64 = 0
    /// Idle ones that the upstream closed, or sent something unasked on.
    package private(set) var staleCount: UInt64 = 0

    package init(loop: Loop, address: SocketAddress, options: UpstreamOptions = UpstreamOptions()) {
        self.loop = loop
        self.address = address
        self.options = options
        budget = options.budget
        idleLimit = IdleLimit(Moment.Span(options.idleTimeout))
        parser = ResponseHeadParser(
            limits: options.headLimits, reservedPrefix: options.reservedPrefix, tolerance: options.tolerance)
        if let budget {
            let member = ConnectionLimiter.Member(self)
            budget.join(member)
            self.member = member
        }
    }

    /// A connection for one exchange, as `UpstreamStreamSource` says.
    ///
    /// Never are more open than were needed at once: a fresh one takes the place of the coldest idle one. Else the
    /// surplus would grow old, be closed by the server and so call for further fresh ones, for ever.
    package func stream(
        for delegate: any UpstreamStreamDelegate, fresh: Bool = false, verify: Bool = false,
        connectTimeout: Moment.Span
    ) -> (any UpstreamStream)? {
        if !fresh {
            while let connection = idle.last {
                if verify, !connection.isQuiet {
                    connection.discardIdle(stale: true)
                    continue
                }
                idle.removeLast()
                connection.reuse(for: delegate)
                return connection
            }
        }
        guard !isClosed else { return nil }
        if !idle.isEmpty {
            discardColdest()
        } else if resting.count > Self.restingLimit {
            // The youngest, so that the others come to the end of their rest.
            resting[resting.count - 1].discardIdle(stale: false)
        }
        while !mayOpen() {
            if discardColdest() { continue }
            guard wantOne(again: false) else { return nil }
            break
        }
        return open(delegate, connectTimeout)
    }

    /// Closes the one that is needed least of those that wait; a log-in is the last thing to be given up. False when
    /// there is none.
    @discardableResult private func discardColdest() -> Bool {
        guard let coldest = idle.first ?? resting.first ?? bound.first else { return false }
        coldest.discardIdle(stale: false)
        return true
    }

    /// The server closed a connection that waited, or that had waited until just now.
    func learnClose(_ connection: UpstreamConnection) {
        idleLimit.closed(age: loop.now.since(connection.idleSince), now: loop.now)
    }

    /// On this machine the connection is there at once; elsewhere a dial stands for it.
    private func open(_ delegate: any UpstreamStreamDelegate, _ connectTimeout: Moment.Span) -> any UpstreamStream {
        openCount += 1
        connectCount += 1
        let transport: ByteTransport
        do throws(SystemError) {
            transport = ByteTransport(loop: loop, fd: try SystemCall.streamSocket(address.family))
        } catch {
            return UpstreamDial(failing: error, ByteTransport(loop: loop, fd: -1), pool: self, delegate: delegate)
        }
        do throws(SystemError) {
            if try transport.connect(to: address) { return established(transport, for: delegate) }
            return UpstreamDial(over: transport, pool: self, delegate: delegate, timeout: connectTimeout)
        } catch {
            return UpstreamDial(failing: error, transport, pool: self, delegate: delegate)
        }
    }

    /// What is spoken over a connection that has just been made. Nothing in the making of a plain one says anything
    /// else than HTTP/1.1; a handshake that does is asked here.
    func established(_ transport: ByteTransport, for delegate: any UpstreamStreamDelegate) -> UpstreamConnection {
        UpstreamConnection(over: transport, pool: self, delegate: delegate)
    }

    /// One that was counted has not come about.
    func dialEnded() {
        openCount -= 1
        budget?.giveBack()
    }

    /// Counts one more, unless there may be no more.
    private func mayOpen() -> Bool {
        if grants > 0 {
            grants -= 1
            return true
        }
        guard openCount < options.maxConnections else { return false }
        return budget?.take() ?? true
    }

    // MARK: With other loops

    /// Stands in line for a connection that another loop closes. True when there is one at once.
    private func wantOne(again: Bool) -> Bool {
        guard let budget, let member, openCount < options.maxConnections else { return false }
        return budget.want(member, isHungry: openCount < budget.share, again: again)
    }

    package func wantMore() {
        // With one at hand that nobody took, more would not be taken either.
        guard !isClosed, idle.isEmpty, grants == 0, wantOne(again: true) else { return }
        granted()
    }

    /// Another loop has closed one for this one. Whoever waits here takes it now; nobody: it goes on.
    func granted() {
        grants += 1
        roomCame?()
        guard grants > 0 else { return }
        grants -= 1
        // Out of the line first, or it would be handed to this one again, and so on without end.
        if let member { budget?.withdraw(member) }
        budget?.giveBack()
    }

    /// Another loop wants a connection.
    func spare() {
        isAskedToSpare?()
        if idle.isEmpty { discardColdest() }
        for connection in idle.prefix(Self.sparedAtOnce) { connection.discardIdle(stale: false) }
    }

    /// `connection` carries a stream or a tunnel from now on. False when there may be no more of these.
    func becomesLong(_ connection: UpstreamConnection) -> Bool {
        guard options.longLived.take() else { return false }
        longCount += 1
        openCount -= 1
        budget?.giveBack()
        roomCame?()
        return true
    }

    /// Whether `connection` was taken in.
    func takeBack(_ connection: UpstreamConnection) -> Bool {
        guard !isClosed, idle.count < options.maxIdle, !connection.isLong, connection.saidIdle.nanoseconds > 0
        else { return false }
        if let budget, budget.isPressed, openCount > budget.share { return false }
        if let kind = connection.bodiless, bodiless.mustRest(kind) {
            resting.append(connection)
            connection.setDeadline(loop.now + Self.rest)
            return true
        }
        idle.append(connection)
        connection.setDeadline(loop.now + kept(connection))
        return true
    }

    /// How long it may be idle.
    private func kept(_ connection: UpstreamConnection) -> Moment.Span {
        // In words of the machine: generic comparisons are calls, and this is asked for every request.
        let (limit, said) = (idleLimit.span.nanoseconds, connection.saidIdle.nanoseconds)
        if limit == idleLimit.configured.nanoseconds, said >= limit { return idleLimit.span }
        idleLimit.aged(now: loop.now)
        return min(idleLimit.span, connection.saidIdle)
    }

    /// Whether it only rested, and waits on now.
    func endsRest(_ connection: UpstreamConnection) -> Bool {
        guard let index = resting.firstIndex(where: { $0 === connection }) else { return false }
        resting.remove(at: index)
        if let kind = connection.bodiless { bodiless.rested(kind) }
        // Not the warmest any more.
        idle.insert(connection, at: 0)
        connection.setDeadline(loop.now + kept(connection))
        return true
    }

    /// Whether `connection`, which belongs to one client, may wait for that.
    func keepsBound(_ connection: UpstreamConnection) -> Bool {
        guard !isClosed, !connection.isLong else { return false }
        bound.append(connection)
        return true
    }

    func leavesBound(_ connection: UpstreamConnection) { bound.removeAll { $0 === connection } }

    func closed(_ connection: UpstreamConnection) {
        if connection.isLong {
            longCount -= 1
            options.longLived.giveBack()
        } else {
            dialEnded()
        }
    }

    /// An idle connection is no good any more.
    func dropIdle(_ connection: UpstreamConnection, stale: Bool) {
        // From the end: what is dropped is mostly what was used lately, and the lists are short.
        if let index = idle.lastIndex(where: { $0 === connection }) {
            idle.remove(at: index)
        } else if let index = resting.lastIndex(where: { $0 === connection }) {
            resting.remove(at: index)
        } else {
            // That a client's own connection ended is that client's matter.
            leavesBound(connection)
            return
        }
        guard stale else { return }
        staleCount += 1
        if let kind = connection.bodiless, SystemCall.hasBytes(connection.transport.fd) {
            bodiless.bytesCame(kind)
        } else {
            learnClose(connection)
        }
    }

    /// What came as the response was none, and perhaps the body of the one before, which must not have had one.
    func learnTrailing(_ kind: BodilessResponses.Kind) { bodiless.bytesCame(kind) }

    /// Closes idle connections now and busy ones when they are done; gives out no more.
    package func close() {
        isClosed = true
        if let member { budget?.leave(member) }
        roomCame = nil
        isAskedToSpare = nil
        let all = idle + resting + bound
        // From the end, as they are looked for from there.
        for connection in all.reversed() { connection.discardIdle(stale: false) }
    }

    deinit {
        guard let member else { return }
        member.end()
        budget?.leave(member)
    }
}
