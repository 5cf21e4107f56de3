import EventLoop
import HTTP

extension ServerConnection {
    /// A head seldom has more; what is behind it would have to be copied.
    private static let headReadSize = 64 << 10

    func readInput() {
        let limit = exchange.request == .idle || exchange.request == .head ? Self.headReadSize : Loop.readBufferSize
        let count: Int
        do throws(SystemError) {
            guard case .count(let received) = try receive(atMost: limit) else { return }
            count = received
        } catch {
            clientGone()
            return
        }
        guard count > 0 else {
            inputEnded()
            return
        }
        lastInput = loop.now
        let bytes = UnsafeRawBufferPointer(rebasing: loop.readBuffer[..<count])
        if carry.isEmpty {
            let used = process(bytes)
            if !isClosed, used < count { carry.append(UnsafeRawBufferPointer(rebasing: bytes[used...])) }
        } else {
            carry.append(bytes)
            processCarry()
        }
        guard !isClosed else { return }
        watchInput()
        if exchange.request != .complete, count < Self.smallRead, awaitsMore { SystemCall.acknowledgeNow(fd) }
    }

    /// Larger pieces are acknowledged by themselves.
    private static let smallRead = 4 << 10

    /// The client has more of its request to send, and may wait for our acknowledgement with it.
    private var awaitsMore: Bool {
        if isUnix { return false }
        switch exchange.request {
        case .head: return true
        case .body:
            if reader.isAtEnd { return false }
            // Nobody takes it yet, but it is all here.
            return declaredLength == 0 || reader.received + UInt64(carry.count) < declaredLength
        case .idle, .complete, .tunnel, .discarding: return false
        }
    }

    /// Works on what was kept.
    func processCarry() {
        // Taken out while it is worked on, so that nothing changes it underneath.
        var taken = carry
        carry = ByteQueue()
        let used = process(taken.bytes)
        if isClosed || used == taken.count {
            taken.removeAll()
        } else {
            taken.removeFirst(used)
            carry = taken
        }
        if !isClosed { watchInput() }
    }

    /// For callers in the middle of something.
    func processCarryAfterTurn() {
        loop.afterTurn { [self] in
            if !isClosed, !isPaused, wantsInput { processCarry() }
        }
    }

    /// The client will send no more.
    private func inputEnded() {
        switch exchange.request {
        case .idle, .head:
            // Between requests, or in the middle of a head that nobody can answer any more.
            dismiss(.clientGone, reset: false)
        case .body, .complete:
            clientGone()
        case .tunnel:
            exchange.request = .complete
            updateInterest()
            activeDelegate.requestEnd(self)
        case .discarding:
            dismiss(.completed, reset: false)
        }
    }

    /// Returns how many of `bytes` need not be kept.
    private func process(_ bytes: UnsafeRawBufferPointer) -> Int {
        isProcessing = true
        defer { isProcessing = false }
        var offset = 0
        while !isClosed {
            switch exchange.request {
            case .idle, .head:
                guard offset < bytes.count, !isWriteBlocked else { return offset }
                guard processHead(UnsafeRawBufferPointer(rebasing: bytes[offset...]), &offset) else { return offset }
            case .body, .tunnel:
                if isPausedByOwner { return offset }
                guard processBody(bytes, &offset) else { return offset }
            case .complete: return offset
            case .discarding: return bytes.count
            }
        }
        return bytes.count
    }

    /// False when more bytes are needed.
    private func processHead(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> Bool {
        switch settings.parser.parse(bytes, resuming: &progress) {
        case .needMoreBytes:
            if exchange.request == .idle {
                exchange.request = .head
                setDeadline(loop.now + settings.headerTimeout)
            }
            return false
        case .invalid(let violation):
            refuse(.malformed(violation, line: settings.parser.brokenLine))
            return true
        case .complete(let length):
            offset += length
            begin(settings.parser.found.pointee)
            tellHead(UnsafeRawBufferPointer(rebasing: bytes[..<length]))
            return true
        }
    }

    /// False when more bytes are needed.
    private func processBody(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> Bool {
        switch reader.next(bytes, at: &offset) {
        case .data(let range):
            awaitsContinue = false
            guard reader.received <= bodyLimit || exchange.request == .tunnel else {
                refuse(.bodyTooLarge)
                return true
            }
            activeDelegate.requestBody(self, UnsafeRawBufferPointer(rebasing: bytes[range]))
            return true
        case .end:
            exchange.request = .complete
            awaitsContinue = false
            clearDeadline()
            activeDelegate.requestEnd(self)
            return true
        case .needMoreBytes:
            return false
        case .invalid(let violation):
            refuse(.malformed(violation, line: 0))
            return true
        }
    }

    func refuse(_ refusal: RequestRefusal) {
        let hadExchange = exchange.isOpen
        switch exchange.requestFailed() {
        case .breakOff:
            abort()
        case .answer:
            frame = BodyFrame(.none)
            if !hadExchange {
                // There is no request to read these from.
                method = .other
                version = .http11
            }
            activeDelegate.requestRefused(self, refusal)
            // A delegate that did not answer leaves the client without one.
            if !isClosed, exchange.response == .none { abort() }
        }
    }

    /// Deadlines of what is being read now. One store in the usual case.
    private func watchInput() {
        guard exchange.request == .body, !isPaused, !isWriteBlocked else { return }
        if rateStart == .never { restartRate() }
        setDeadline(nextBodyDeadline)
    }

    /// Counts the body's rate from now on: a client is not slow while we do not read.
    func restartRate() {
        guard exchange.request == .body else { return }
        rateStart = loop.now
        rateBytes = reader.received
        lastInput = loop.now
    }

    private var nextBodyDeadline: Moment {
        let idle = lastInput + settings.idleTimeout
        let graceEnd = rateStart + settings.bodyRateGrace
        let rateCheck = loop.now < graceEnd ? graceEnd : loop.now + .seconds(1)
        return min(idle, rateCheck)
    }

    /// The deadline of the state it is in, counted from now.
    func rearmDeadline() {
        if isWriteBlocked {
            setDeadline(loop.now + settings.idleTimeout)
            return
        }
        switch exchange.request {
        case .idle: setDeadline(loop.now + settings.keepAliveTimeout)
        case .head: setDeadline(loop.now + settings.headerTimeout)
        case .body: if isPaused { clearDeadline() } else { setDeadline(nextBodyDeadline) }
        case .complete, .tunnel: clearDeadline()
        case .discarding: setDeadline(loop.now + settings.lingerTimeout)
        }
    }

    /// What to do when a deadline has come.
    func inputDeadlineReached() {
        switch exchange.request {
        case .idle:
            dismiss(.clientGone, reset: false)
        case .head:
            refuse(.headTooSlow)
        case .body:
            guard !isPaused else { return }
            let elapsed = loop.now.since(rateStart)
            let isIdle = loop.now.since(lastInput) >= settings.idleTimeout
            let owed = Double(settings.options.bodyRate) * elapsed.seconds
            let isSlow = elapsed >= settings.bodyRateGrace && Double(reader.received - rateBytes) < owed
            if isIdle || isSlow { refuse(isIdle ? .bodyStalled : .bodyTooSlow) } else { setDeadline(nextBodyDeadline) }
        case .complete, .tunnel: updateInterest()  // registered late, see `start`
        case .discarding: dismiss(.completed, reset: false)
        }
    }
}
