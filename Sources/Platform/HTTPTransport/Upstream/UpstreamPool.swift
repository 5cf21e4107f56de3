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
    package var budget: ConnectionBudget?
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

/// Connections of one loop to one upstream address that speaks HTTP/1.1. The one used last is used next, so that the fewest stay open and the warmest serve.
package final class UpstreamPool: UpstreamStreamSource {
    package let address: SocketAddress
    package let options: UpstreamOptions
    let loop: Loop
    let parser: ResponseHeadParser
    let idleSpan: Moment.Span
    private var idle: [UpstreamConnection] = []
    private var isClosed = false
    private let budget: ConnectionBudget?
    private var member: ConnectionBudget.Member?
    /// May be opened, and are counted by the budget already.
    private var grants = 0
    package var roomCame: (() -> Void)?
    package var isAskedToSpare: (() -> Void)?
    /// Idle ones that are closed when another loop wants one: it opens no more than it has use for.
    private static let sparedAtOnce = 8

    /// Connections, busy and idle; without those that carry streams and tunnels.
    package private(set) var openCount = 0
    /// Those that do.
    package private(set) var longCount = 0
    package var idleCount: Int { idle.count }
    package var busyCount: Int { openCount - idle.count }
    /// Whether a connection is at hand or may be opened.
    package var hasRoom: Bool {
        if !idle.isEmpty || grants > 0 { return true }
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
        idleSpan = Moment.Span(options.idleTimeout)
        parser = ResponseHeadParser(
            limits: options.headLimits, reservedPrefix: options.reservedPrefix, tolerance: options.tolerance)
        if let budget {
            let member = ConnectionBudget.Member(self)
            budget.join(member)
            self.member = member
        }
    }

    /// A connection for one exchange; nil when all are busy and no more may be opened.
    ///
    /// Look at `isConnected`: if false, wait for `upstreamConnected` (or `upstreamFailed`, which never comes from inside this call).
    /// - Parameters:
    ///   - fresh: Only a new connection: for a retry, since idle ones may all be stale together.
    ///   - verify: Look once more whether an idle one is alive: for requests that must not be repeated. One system call.
    package func acquire(
        for delegate: any UpstreamStreamDelegate, fresh: Bool = false, verify: Bool = false,
        connectTimeout: Moment.Span
    ) -> UpstreamConnection? {
        if !fresh {
            while let connection = idle.popLast() {
                if verify, !connection.isQuiet {
                    connection.discardIdle()
                    continue
                }
                connection.reuse(for: delegate)
                return connection
            }
        }
        guard !isClosed else { return nil }
        if !mayOpen() {
            // A fresh one may take the place of the coldest idle one.
            guard !idle.isEmpty else {
                guard wantOne(again: false) else { return nil }
                return open(delegate, connectTimeout)
            }
            idle.removeFirst().discardIdle(removed: true)
            guard mayOpen() else { return nil }
        }
        return open(delegate, connectTimeout)
    }

    private func open(_ delegate: any UpstreamStreamDelegate, _ connectTimeout: Moment.Span) -> UpstreamConnection {
        openCount += 1
        connectCount += 1
        return UpstreamConnection(pool: self, delegate: delegate, connectTimeout: connectTimeout)
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
        for connection in idle.prefix(Self.sparedAtOnce) { connection.discardIdle(removed: false, stale: false) }
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

    package func stream(
        for delegate: any UpstreamStreamDelegate, fresh: Bool, verify: Bool, connectTimeout: Moment.Span
    ) -> (any UpstreamStream)? {
        acquire(for: delegate, fresh: fresh, verify: verify, connectTimeout: connectTimeout)
    }

    /// Whether `connection` was taken in.
    func takeBack(_ connection: UpstreamConnection) -> Bool {
        guard !isClosed, idle.count < options.maxIdle, !connection.isLong else { return false }
        if let budget, budget.isPressed, openCount > budget.share { return false }
        idle.append(connection)
        return true
    }

    func closed(_ connection: UpstreamConnection) {
        if connection.isLong {
            longCount -= 1
            options.longLived.giveBack()
        } else {
            openCount -= 1
            budget?.giveBack()
        }
    }

    /// An idle connection is no good any more.
    func dropIdle(_ connection: UpstreamConnection, stale: Bool) {
        if stale { staleCount += 1 }
        // From the end: what is dropped is mostly what was used lately, and the list is short.
        if let index = idle.lastIndex(where: { $0 === connection }) { idle.remove(at: index) }
    }

    /// Closes idle connections now and busy ones when they are done; gives out no more.
    package func close() {
        isClosed = true
        if let member { budget?.leave(member) }
        roomCame = nil
        isAskedToSpare = nil
        let all = idle
        idle.removeAll()
        for connection in all { connection.discardIdle(removed: true) }
    }

    deinit {
        guard let member else { return }
        member.end()
        budget?.leave(member)
    }
}
