package import EventLoop
import Glibc
import HTTP

/// Bytes to and from one peer, over a stream socket; what the bytes mean is the matter of the `ConnectionProtocol`
/// above it. Output is gathered, sent at once, and kept back only as far as the peer does not take it; input is handed
/// over when the protocol reads it.
///
/// The protocol says what it wants to read and write; what is asked of the socket for that is decided here, in
/// `updateInterest` and `ready`. A transport that encrypts may have to write before it can read, and to read before it
/// can write. `receive` and `send` are the only places that touch the socket's bytes.
package final class ByteTransport: EventSource {
    /// What is spoken over it. Retained from `attach` to the end of the turn in which the transport is closed;
    /// unmanaged so that no call up costs a count.
    private var user: Unmanaged<ConnectionProtocol>?
    /// The peer has not accepted yet.
    private(set) var isConnecting = false
    /// Not taken by the peer yet. Bounded by what one read brings: whoever fills it stops reading while it is not
    /// empty.
    private var backlog = ByteQueue()
    /// Bytes of ours in the loop's cork.
    private var corkedCount = 0
    /// A head has been begun in the cork, and nobody has taken that since.
    private var hasOpenHead = false
    private var outputHasFailed = false
    /// The owner asked for silence (`pauseReading`).
    private(set) var isPausedByOwner = false
    /// Whom this one feeds cannot take more now.
    private(set) var isPausedByConsumer = false

    /// Whose bytes this one sends on.
    private var producer: (any CoupledStream)?

    var isWriteBlocked: Bool { !backlog.isEmpty }
    var unsentCount: Int { backlog.count + corkedCount }
    var isPaused: Bool { isPausedByOwner || isPausedByConsumer }

    /// Small writes are copied to travel together; larger ones are sent from where they are.
    private static let copyLimit = 4096

    // MARK: The protocol

    /// From now on `user` is what is spoken: what the socket has to tell is told to it, in place of the one before.
    func attach(_ user: ConnectionProtocol) {
        let old = self.user
        self.user = Unmanaged.passRetained(user)
        if let old { loop.keepUntilTurnEnds(old.takeRetainedValue()) }
    }

    /// Calls up.
    @inline(__always) private func tell(_ body: (ConnectionProtocol) -> Void) {
        user?._withUnsafeGuaranteedRef(body)
    }

    override package func ready(_ events: EventSet) {
        if isConnecting {
            finishConnecting()
            return
        }
        if events.contains(.writable) {
            flushBacklog()
            if isClosed { return }
        }
        tell { $0.inputReady(events) }
    }

    override package func deadlineReached() { tell { $0.deadlineReached() } }

    // MARK: Connecting

    /// Begins to connect. True: it is connected already. Else the protocol is told `connected` or `connectFailed`.
    func connect(to address: SocketAddress) throws(SystemError) -> Bool {
        if !address.isUnix {
            try SystemCall.setOption(fd, level: Int32(IPPROTO_TCP), TCP_NODELAY, 1)
            if address.isLoopback { SystemCall.relaxCongestionControl(fd) }
        }
        var isDone = try SystemCall.connect(fd, to: address)
        // On this machine the handshake is over by now, whatever connect says: saves a turn and two calls.
        if !isDone, address.isLoopback { isDone = SystemCall.isConnected(fd) }
        try watch(isDone ? [.readable, .peerFinished] : [.writable])
        isConnecting = !isDone
        return isDone
    }

    private func finishConnecting() {
        isConnecting = false
        let code = SystemCall.pendingError(fd)
        if code == 0 { tell { $0.connected() } } else { tell { $0.connectFailed(SystemError("connect", code)) } }
    }

    // MARK: Output

    func write(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, bytes.count > 0, !isClosed, !outputHasFailed else { return }
        if !backlog.isEmpty {
            hold(bytes)
            return
        }
        loop.takeCork(for: self)
        if bytes.count <= Self.copyLimit, corkedCount + bytes.count <= Loop.corkSize,
            let target = loop.corkBuffer.baseAddress
        {
            (target + corkedCount).copyMemory(from: source, byteCount: bytes.count)
            corkedCount += bytes.count
            return
        }
        let count = corkedCount
        corkedCount = 0
        if let whole = loop.prepend(count, to: bytes) {
            transmit(whole, UnsafeRawBufferPointer(start: nil, count: 0))
        } else {
            transmit(UnsafeRawBufferPointer(rebasing: loop.corkBuffer[..<count]), bytes)
        }
    }

    func write(_ text: StaticString) {
        write(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Begins a head of at most `size` bytes behind what is gathered, so that it needs no copying, or in the loop's
    /// scratch memory when there is no room. Nothing else may be written on the loop before `write(head:)`.
    func beginHead(_ size: Int) -> HeadWriter {
        let loop = self.loop
        if backlog.isEmpty, !isClosed {
            loop.takeCork(for: self)
            let cork = loop.corkBuffer
            let room = cork.count &- corkedCount
            if size <= room, let start = cork.baseAddress {
                hasOpenHead = true
                return HeadWriter(UnsafeMutableRawBufferPointer(start: start + corkedCount, count: room))
            }
        }
        return HeadWriter(loop.scratch)
    }

    /// Sends what `beginHead` began.
    func write(head: HeadWriter) {
        let bytes = head.written
        let cork = loop.corkBuffer
        guard let start = bytes.baseAddress, let first = cork.baseAddress, start >= first, start < first + cork.count
        else {
            write(bytes)
            return
        }
        guard !isClosed, !outputHasFailed else { return }
        // Else another connection's bytes would go out as ours.
        precondition(hasOpenHead && start == first + corkedCount, "something else was written before the head was sent")
        hasOpenHead = false
        corkedCount &+= bytes.count
    }

    override package func uncork() {
        let count = corkedCount
        corkedCount = 0
        hasOpenHead = false
        guard count > 0, !isClosed else { return }
        transmit(
            UnsafeRawBufferPointer(rebasing: loop.corkBuffer[..<count]), UnsafeRawBufferPointer(start: nil, count: 0))
    }

    private func hold(_ bytes: UnsafeRawBufferPointer) {
        backlog.append(bytes)
        loop.heldBytes += bytes.count
    }

    /// Sends what is gathered now rather than at the end of the callback.
    func flush() {
        guard loop.isHolding(self) else { return }
        loop.settleCork()
    }

    /// Sends both pieces, and keeps what is not taken.
    private func transmit(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) {
        var sent = 0
        do throws(SystemError) {
            let outcome: IOOutcome
            if second.isEmpty {
                outcome = try SystemCall.send(fd, first)
            } else if first.isEmpty {
                outcome = try SystemCall.send(fd, second)
            } else {
                outcome = try SystemCall.send(fd, first, second)
            }
            if case .count(let count) = outcome { sent = count }
        } catch {
            failOutput(error)
            return
        }
        if sent == first.count + second.count { return }
        if sent < first.count {
            hold(UnsafeRawBufferPointer(rebasing: first[sent...]))
            hold(second)
        } else {
            hold(UnsafeRawBufferPointer(rebasing: second[(sent - first.count)...]))
        }
        producer?.setPausedByConsumer(true)
        updateInterest()
        tell { $0.outputBlocked() }
    }

    /// A failure is told outside of the call that met it: the caller is in the middle of something.
    private func failOutput(_ error: SystemError) {
        guard !outputHasFailed else { return }
        outputHasFailed = true
        loop.afterTurn { [self] in
            if !isClosed { tell { $0.outputFailed(error) } }
        }
    }

    private func flushBacklog() {
        guard !backlog.isEmpty else {
            updateInterest()
            return
        }
        do throws(SystemError) {
            guard case .count(let count) = try SystemCall.send(fd, backlog.bytes) else { return }
            backlog.removeFirst(count)
            loop.heldBytes -= count
        } catch {
            outputHasFailed = true
            tell { $0.outputFailed(error) }
            return
        }
        guard backlog.isEmpty else {
            tell { $0.outputProgressed() }
            return
        }
        updateInterest()
        producer?.setPausedByConsumer(false)
        if !isClosed { tell { $0.outputDrained() } }
    }

    // MARK: Input

    /// What one read may bring: large, as a bulk response then takes few calls, but not while much is held back
    /// already, because what is read may have to be held back too.
    private static let heldHighWater = 256 << 10
    private static let cautiousRead = 64 << 10

    func receive(atMost limit: Int) throws(SystemError) -> IOOutcome {
        let size = loop.heldBytes >= Self.heldHighWater ? min(limit, Self.cautiousRead) : limit
        return try SystemCall.receive(fd, into: UnsafeMutableRawBufferPointer(rebasing: loop.readBuffer[..<size]))
    }

    func pauseReading() { isPausedByOwner = true }

    func resumeReading() {
        guard isPausedByOwner else { return }
        isPausedByOwner = false
        resumeIfPossible()
    }

    func setPausedByConsumer(_ paused: Bool) {
        guard isPausedByConsumer != paused else { return }
        isPausedByConsumer = paused
        if !paused { resumeIfPossible() }
    }

    private func resumeIfPossible() {
        guard !isPaused, !isClosed else { return }
        updateInterest()
        tell { $0.readingResumed() }
    }

    /// Asks epoll for what is wanted now. Not called when nothing is to change: a pause is found out by the first
    /// unwanted event.
    func updateInterest() {
        // While it connects only that is waited for.
        guard !isClosed, !isConnecting, let user else { return }
        var interest: EventSet = []
        user._withUnsafeGuaranteedRef { user in
            if !isPaused, user.wantsInput { interest.insert(.readable) }
            if user.wantsPeerFinished { interest.insert(.peerFinished) }
        }
        if !backlog.isEmpty { interest.insert(.writable) }
        do throws(SystemError) {
            try watch(interest)
        } catch {
            failOutput(error)
        }
    }

    func draw(from producer: any CoupledStream) {
        if let old = self.producer, old !== producer { old.setPausedByConsumer(false) }
        self.producer = producer
        if isWriteBlocked { producer.setPausedByConsumer(true) }
    }

    /// The exchange has ended.
    func drawNoMore() { producer.take()?.setPausedByConsumer(false) }

    // MARK: End

    /// Closes, lets all memory go, and tells the protocol nothing more. `reset`: with RST, so that the peer cannot take
    /// the end for a proper one.
    func close(reset: Bool) {
        if !isClosed {
            if reset { SystemCall.resetOnClose(fd) }
            corkedCount = 0
            loop.heldBytes -= backlog.count
            backlog.removeAll()
            drawNoMore()
            closeSource()
        }
        // Whoever closes may be the protocol itself, in the middle of something.
        if let user = user.take() { loop.keepUntilTurnEnds(user.takeRetainedValue()) }
    }

    deinit { backlog.removeAll() }
}

extension SystemCall {
    /// A read of fewer bytes may be the last of a small piece, which its sender's kernel wants acknowledged before it
    /// sends the next one; longer ones are acknowledged by themselves. In bytes.
    static var smallRead: Int { 4 << 10 }
}
