package import EventLoop
import HTTP

/// A connection to an upstream that speaks HTTP/1.1. In epoll for life; no call is made to register it per request.
/// Confined to its loop.
package final class UpstreamConnection: ConnectionProtocol, UpstreamStream {
    let pool: UpstreamPool
    var delegate: (any UpstreamStreamDelegate)?
    /// Decides what every event means.
    var state = ClientConnectionStateMachine()
    /// It carries a stream or a tunnel: it is counted among these, and never goes back to the pool.
    private(set) var isLong = false
    /// The one client's connection that it belongs to; nil: it serves whoever comes.
    private var owner: BoundStreams?
    /// The request under way is the last one on it.
    private(set) var isUsedOnce = false
    /// When it was put to wait last.
    private(set) var idleSince = Moment(nanoseconds: 0)
    /// How long the server says that it keeps it idle, less a margin.
    var saidIdle: Moment.Span = .forever
    /// Its last response was one that must not have a body.
    var bodiless: BodilessResponses.Kind?
    /// The rest of its response has been asked for by an early acknowledgement.
    var hasHurried = false
    /// Requests begun on it.
    package internal(set) var requestCount = 0

    var reader = BodyReader(.none)
    var progress = HeadProgress()
    var carry = ByteQueue()
    var isProcessing = false

    var method: HTTPMethod = .other
    var frame = BodyFrame(.none)
    var bytesWritten: UInt64 = 0
    var responseSpan: Moment.Span = .forever
    var idleSpan: Moment.Span = .forever

    /// - Parameter transport: Connected; spoken over by nothing else from now on.
    init(over transport: ByteTransport, pool: UpstreamPool, delegate: any UpstreamStreamDelegate) {
        self.pool = pool
        self.delegate = delegate
        super.init(transport)
        transport.attach(self)
    }

    package var isConnected: Bool { true }
    /// It has served a request before.
    package var wasReused: Bool { state.wasReused }
    /// Where it leads.
    package var address: SocketAddress { pool.address }

    // MARK: Pool

    package func countAsLong() -> Bool {
        guard !isLong, isCounted else { return isLong }
        guard pool.becomesLong(self) else { return false }
        isLong = true
        return true
    }

    package var isBound: Bool { owner != nil }

    package func bind(to owner: BoundStreams) {
        guard self.owner == nil, isCounted, !isClosed else { return }
        self.owner = owner
        owner.add(self)
    }

    package func useOnce() { isUsedOnce = true }

    func reuse(for delegate: any UpstreamStreamDelegate) {
        guard state.reused() else { preconditionFailure("only a connection that waits is given out") }
        self.delegate = delegate
        clearDeadline()
    }

    /// Nothing has come on it, not even its end.
    var isQuiet: Bool { (try? SystemCall.peekIsEmpty(transport.fd)) ?? false }

    /// - Parameter stale: The upstream ended it, or sent something unasked.
    func discardIdle(stale: Bool) {
        pool.dropIdle(self, stale: stale)
        close(reset: false)
    }

    func close(reset: Bool) {
        delegate = nil
        state.closed()
        transport.close(reset: reset)
        carry.removeAll()
        if !isCounted { return }
        isCounted = false
        pool.closed(self)
        owner.take()?.remove(self)
    }
    private var isCounted = true

    // MARK: Events

    override func inputReady(_ events: EventSet) {
        switch state.input {
        case .discard: discardIdle(stale: true)
        case .ignore: break
        case .serve:
            guard !events.isDisjoint(with: [.readable, .peerFinished, .failed, .hungUp]) else { return }
            if !isPaused {
                readInput()
            } else if events.isDisjoint(with: [.failed, .hungUp]) {
                updateInterest()
            } else {
                // Told whether wanted or not, and not to be read yet: found again when reading goes on.
                transport.unwatch()
            }
        }
    }

    override var wantsPeerFinished: Bool { !isPaused }

    override func readingResumed() {
        setDeadline(loop.now + idleSpan)
        // A pause that fell on the body's last byte leaves nothing to read, but an end to tell.
        let hasEndToTell = state.readsBody && reader.isAtEnd
        guard !carry.isEmpty || hasEndToTell, !isProcessing else { return }
        loop.afterTurn { [self] in
            if !isClosed, !isPaused { processCarry() }
        }
    }

    override func outputBlocked() { setDeadline(loop.now + idleSpan) }
    override func outputProgressed() { setDeadline(loop.now + idleSpan) }

    override func outputDrained() {
        switch state.outputDrained() {
        case .awaitResponse: setDeadline(loop.now + responseSpan)
        case .endSending:
            clearDeadline()
            SystemCall.shutdownSending(transport.fd)
        case .proceed, .ignore: clearDeadline()
        }
        delegate?.upstreamWritable(self)
    }

    override func outputFailed(_ error: SystemError) {
        guard delegate != nil else { return }
        // It may have answered before it closed: what it said counts more than that it did not listen to the end.
        if state.isBusy, !isPaused { readInput() }
        if delegate != nil, !isClosed, state.isBusy { fail(.reset) }
    }

    override func deadlineReached() {
        switch state.timedOut(isPaused: isPaused, isWriteBlocked: isWriteBlocked) {
        case .failIdle: fail(.idleTimedOut)
        case .failUnanswered: fail(.responseTimedOut)
        case .endWaiting: if !pool.endsRest(self) { discardIdle(stale: false) }
        case .ignore: break
        }
    }

    // MARK: End

    /// The response is complete.
    func endResponse(surplus: Bool) {
        let activeDelegate = delegate.take()
        transport.drawNoMore()
        let action = state.responseEnded(
            hasSurplus: surplus, isLast: requestCount >= pool.options.requestsPerConnection, isPaused: isPausedByOwner)
        idleSince = loop.now
        if case .offer = action, !mayHoldRequest, waits() {
            state.pooled()
        } else {
            close(reset: false)
        }
        activeDelegate?.upstreamEnd(self)
    }

    /// Whether it is kept for another request.
    private func waits() -> Bool {
        if isUsedOnce { return false }
        guard owner != nil else { return pool.takeBack(self) }
        clearDeadline()
        return pool.keepsBound(self)
    }

    /// Of a long request the end may still be here, and the response came before it: the server may go on to wait for
    /// it. One system call.
    private var mayHoldRequest: Bool { bytesWritten > Self.certainlyTaken && SystemCall.hasUnsent(transport.fd) }

    /// A peer has room for that much.
    private static let certainlyTaken: UInt64 = 32 << 10

    /// - Parameter line: Of the response's head that is malformed; 0: none.
    func fail(_ kind: UpstreamFailure.Kind, line: Int = 0) {
        guard let activeDelegate = delegate else { return }
        let unsent = UInt64(unsentCount)
        let failure = UpstreamFailure(
            kind: kind, requestBytesSent: bytesWritten - min(unsent, bytesWritten),
            anyResponseByte: state.hasResponseBytes, headDelivered: state.isHeadDelivered, wasReused: wasReused,
            line: line)
        if failure.isEndOfOldConnection, owner == nil { pool.learnClose(self) }
        if wasReused, !state.isHeadDelivered, case .malformed = kind, let before = bodiless {
            pool.learnTrailing(before)
        }
        close(reset: true)
        activeDelegate.upstreamFailed(self, failure)
    }

    deinit { carry.removeAll() }
}
