import EventLoop
import HTTP

extension ServerConnection {
    /// A head seldom has more; what is behind it would have to be copied.
    private static let headReadSize = 64 << 10

    func readInput() {
        let limit = state.readsHead ? Self.headReadSize : Loop.readBufferSize
        let count: Int
        do throws(SystemError) {
            guard case .count(let received) = try transport.receive(atMost: limit) else { return }
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
        if count < SystemCall.smallRead, awaitsMore { SystemCall.acknowledgeNow(transport.fd) }
    }

    /// The client has more of its request to send, and may wait for our acknowledgement with it.
    private var awaitsMore: Bool {
        if isUnix { return false }
        guard state.readsBody else { return state.awaitsHead }
        if reader.isAtEnd { return false }
        // Nobody takes it yet, but it is all here.
        return declaredLength == 0 || reader.received + UInt64(carry.count) < declaredLength
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
        switch state.inputClosed() {
        case .leave: dismiss(.clientGone, reset: false)
        case .lose: clientGone()
        case .tellEnd:
            updateInterest()
            activeDelegate.requestEnd(self)
        case .close: dismiss(.completed, reset: false)
        case .ignore: break
        }
    }

    /// Returns how many of `bytes` need not be kept.
    private func process(_ bytes: UnsafeRawBufferPointer) -> Int {
        isProcessing = true
        defer { isProcessing = false }
        var offset = 0
        while !isClosed {
            switch state.inputUse {
            case .head:
                guard offset < bytes.count, !isWriteBlocked else { return offset }
                guard processHead(UnsafeRawBufferPointer(rebasing: bytes[offset...]), &offset) else { return offset }
            case .body:
                if isPausedByOwner { return offset }
                guard processBody(bytes, &offset) else { return offset }
            case .hold: return offset
            case .discard: return bytes.count
            }
        }
        return bytes.count
    }

    /// False when more bytes are needed.
    private func processHead(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> Bool {
        switch settings.parser.parse(bytes, resuming: &progress) {
        case .needMoreBytes:
            if state.headIncomplete() { setDeadline(loop.now + settings.headerTimeout) }
            return false
        case .invalid(let violation):
            refuse(.malformed(violation, line: settings.parser.brokenLine))
            return true
        case .complete(let length):
            offset += length
            if begin(settings.parser.found.pointee) { tellHead(UnsafeRawBufferPointer(rebasing: bytes[..<length])) }
            return true
        }
    }

    /// False when more bytes are needed.
    private func processBody(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> Bool {
        switch reader.next(bytes, at: &offset) {
        case .data(let range):
            state.bodyArrived()
            guard reader.received <= bodyLimit || !state.readsBody else {
                refuse(.bodyTooLarge)
                return true
            }
            activeDelegate.requestBody(self, UnsafeRawBufferPointer(rebasing: bytes[range]))
            return true
        case .end:
            guard state.bodyEnded() else { return false }
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
        switch state.requestRefused() {
        case .ignore: break
        case .breakOff: abort()
        case .answer: tellRefusal(refusal)
        case .answerWithoutRequest:
            // There is no request to read these from.
            method = .other
            version = .http11
            tellRefusal(refusal)
        }
    }

    private func tellRefusal(_ refusal: RequestRefusal) {
        frame = BodyFrame(.none)
        activeDelegate.requestRefused(self, refusal)
        // A delegate that did not answer leaves the client without one.
        if !isClosed, state.isUnanswered { abort() }
    }

    /// Deadlines of what is being read now. One store in the usual case.
    private func watchInput() {
        guard state.readsBody, !isPaused, !isWriteBlocked else { return }
        if rateStart == .never { restartRate() }
        setDeadline(nextBodyDeadline)
    }

    /// Counts the body's rate from now on: a client is not slow while we do not read.
    func restartRate() {
        guard state.readsBody else { return }
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
        switch state.wait(isWriteBlocked: isWriteBlocked, isPaused: isPaused) {
        case .send: setDeadline(loop.now + settings.idleTimeout)
        case .request: setDeadline(loop.now + settings.keepAliveTimeout)
        case .head: setDeadline(loop.now + settings.headerTimeout)
        case .body: setDeadline(nextBodyDeadline)
        case .linger: setDeadline(loop.now + settings.lingerTimeout)
        case .none: clearDeadline()
        }
    }

    /// What to do when a deadline has come.
    func inputDeadlineReached() {
        switch state.timedOut(isWriteBlocked: isWriteBlocked) {
        case .lose: clientGone()
        case .leave: dismiss(.clientGone, reset: false)
        case .refuseHead: refuse(.headTooSlow)
        case .judgeBody: judgeBody()
        case .close: dismiss(.completed, reset: false)
        case .watch: updateInterest()  // registered late, see `start`
        }
    }

    private func judgeBody() {
        guard !isPaused else { return }
        let elapsed = loop.now.since(rateStart)
        let isIdle = loop.now.since(lastInput) >= settings.idleTimeout
        let owed = Double(settings.options.bodyRate) * elapsed.seconds
        let isSlow = elapsed >= settings.bodyRateGrace && Double(reader.received - rateBytes) < owed
        if isIdle || isSlow { refuse(isIdle ? .bodyStalled : .bodyTooSlow) } else { setDeadline(nextBodyDeadline) }
    }
}
