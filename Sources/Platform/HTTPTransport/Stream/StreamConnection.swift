package import EventLoop
import HTTP

/// A connected stream socket: what both sides of the transport share. Output is gathered, sent at once, and kept back
/// only as far as the peer does not take it; input is read by the subclass.
///
/// `receive` and `transmit` are the only two places that touch the socket's bytes: a TLS layer goes between them and
/// the rest.
package class StreamConnection: EventSource, CoupledStream {
    /// Not taken by the peer yet. Bounded by what one read brings: whoever fills it stops reading while it is not
    /// empty.
    private final var backlog = ByteQueue()
    /// Bytes of ours in the loop's cork.
    private final var corkedCount = 0
    /// A head has been begun in the cork, and nobody has taken that since.
    private final var hasOpenHead = false
    private final var outputHasFailed = false
    /// The owner asked for silence (`pauseReading`).
    private(set) final var isPausedByOwner = false
    /// Whom this one feeds cannot take more now.
    private(set) final var isPausedByConsumer = false

    /// Whose bytes this one sends on.
    private final var producer: (any CoupledStream)?

    package final var isWriteBlocked: Bool { !backlog.isEmpty }
    package final var unsentCount: Int { backlog.count + corkedCount }
    final var isPaused: Bool { isPausedByOwner || isPausedByConsumer }

    /// Small writes are copied to travel together; larger ones are sent from where they are.
    private static let copyLimit = 4096

    // MARK: For subclasses

    /// Everything that waited has been sent.
    func outputDrained() {}
    /// Sending failed. Never called from inside a write.
    func outputFailed(_ error: SystemError) {}
    /// Some of what waited was taken.
    func outputProgressed() {}
    /// Output began to wait for the peer.
    func outputBlocked() {}
    /// Reading may go on: watch for it if that was given up, and look at what is kept.
    func readingResumed() {}
    /// Whether `ready` wants to be told of bytes at all now, apart from pauses.
    var wantsInput: Bool { true }
    /// Whether the peer's FIN is news, rather than something to be found by reading.
    var wantsPeerFinished: Bool { true }

    // MARK: Output

    final func write(_ bytes: UnsafeRawBufferPointer) {
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

    final func write(_ text: StaticString) {
        write(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Begins a head of at most `size` bytes behind what is gathered, so that it needs no copying, or in the loop's
    /// scratch memory when there is no room. Nothing else may be written on the loop before `write(head:)`.
    final func beginHead(_ size: Int) -> HeadWriter {
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
    final func write(head: HeadWriter) {
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

    override package final func uncork() {
        let count = corkedCount
        corkedCount = 0
        hasOpenHead = false
        guard count > 0, !isClosed else { return }
        transmit(
            UnsafeRawBufferPointer(rebasing: loop.corkBuffer[..<count]), UnsafeRawBufferPointer(start: nil, count: 0))
    }

    private final func hold(_ bytes: UnsafeRawBufferPointer) {
        backlog.append(bytes)
        loop.heldBytes += bytes.count
    }

    /// Sends what is gathered now rather than at the end of the callback.
    final func flush() {
        guard loop.isHolding(self) else { return }
        loop.settleCork()
    }

    /// Sends both pieces, and keeps what is not taken.
    private final func transmit(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) {
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
        outputBlocked()
    }

    /// A failure is told outside of the call that met it: the caller is in the middle of something.
    private final func failOutput(_ error: SystemError) {
        guard !outputHasFailed else { return }
        outputHasFailed = true
        loop.afterTurn { [self] in
            if !isClosed { outputFailed(error) }
        }
    }

    /// To be called on a writable event.
    final func flushBacklog() {
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
            outputFailed(error)
            return
        }
        guard backlog.isEmpty else {
            outputProgressed()
            return
        }
        updateInterest()
        producer?.setPausedByConsumer(false)
        if !isClosed { outputDrained() }
    }

    // MARK: Input

    /// What one read may bring: large, as a bulk response then takes few calls, but not while much is held back
    /// already, because what is read may have to be held back too.
    private static let heldHighWater = 256 << 10
    private static let cautiousRead = 64 << 10

    final func receive(atMost limit: Int) throws(SystemError) -> IOOutcome {
        let size = loop.heldBytes >= Self.heldHighWater ? min(limit, Self.cautiousRead) : limit
        return try SystemCall.receive(fd, into: UnsafeMutableRawBufferPointer(rebasing: loop.readBuffer[..<size]))
    }

    package final func pauseReading() { isPausedByOwner = true }

    package final func resumeReading() {
        guard isPausedByOwner else { return }
        isPausedByOwner = false
        resumeIfPossible()
    }

    package final func setPausedByConsumer(_ paused: Bool) {
        guard isPausedByConsumer != paused else { return }
        isPausedByConsumer = paused
        if !paused { resumeIfPossible() }
    }

    private final func resumeIfPossible() {
        guard !isPaused, !isClosed else { return }
        updateInterest()
        readingResumed()
    }

    /// Asks epoll for what is wanted now. Not called when nothing is to change: a pause is found out by the first
    /// unwanted event.
    final func updateInterest() {
        guard !isClosed else { return }
        var interest: EventSet = []
        if !isPaused, wantsInput { interest.insert(.readable) }
        if wantsPeerFinished { interest.insert(.peerFinished) }
        if !backlog.isEmpty { interest.insert(.writable) }
        do throws(SystemError) {
            try watch(interest)
        } catch {
            failOutput(error)
        }
    }

    package final func draw(from producer: any CoupledStream) {
        if let old = self.producer, old !== producer { old.setPausedByConsumer(false) }
        self.producer = producer
        if isWriteBlocked { producer.setPausedByConsumer(true) }
    }

    /// The exchange has ended.
    final func drawNoMore() { producer.take()?.setPausedByConsumer(false) }

    // MARK: End

    /// Closes and lets all memory go. `reset`: with RST, so that the peer cannot take the end for a proper one.
    final func closeStream(reset: Bool) {
        guard !isClosed else { return }
        if reset { SystemCall.resetOnClose(fd) }
        releaseBuffers()
        drawNoMore()
        closeSource()
    }

    func releaseBuffers() {
        corkedCount = 0
        loop.heldBytes -= backlog.count
        backlog.removeAll()
    }

    deinit { backlog.removeAll() }
}
