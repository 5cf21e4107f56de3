import EventLoop
import HTTP

extension UpstreamConnection {
    func readInput() {
        let count: Int
        do throws(SystemError) {
            guard case .count(let received) = try transport.receive(atMost: Loop.readBufferSize) else { return }
            count = received
        } catch {
            fail(.reset)
            return
        }
        guard count > 0 else {
            inputEnded()
            return
        }
        state.bytesArrived()
        let bytes = UnsafeRawBufferPointer(rebasing: loop.readBuffer[..<count])
        if carry.isEmpty {
            let used = process(bytes)
            if used < count, isReading { carry.append(UnsafeRawBufferPointer(rebasing: bytes[used...])) }
        } else {
            carry.append(bytes)
            processCarry()
        }
        guard isReading, !state.isTunnel, !isPaused else { return }
        setDeadline(loop.now + idleSpan)
        hurry(count)
    }

    /// A server with Nagle's algorithm keeps the rest of its response back until the first piece is acknowledged. Once
    /// a response.
    private func hurry(_ count: Int) {
        guard !hasHurried, count < SystemCall.smallRead, !pool.address.isUnix else { return }
        hasHurried = true
        SystemCall.acknowledgeNow(transport.fd)
    }

    private var isReading: Bool { !isClosed && state.isBusy && delegate != nil }

    func processCarry() {
        var taken = carry
        carry = ByteQueue()
        let used = process(taken.bytes)
        if !isReading || used == taken.count {
            taken.removeAll()
        } else {
            taken.removeFirst(used)
            carry = taken
        }
    }

    private func inputEnded() {
        switch state.inputClosed(endsBody: reader.endsWithClose) {
        case .endResponse: endResponse(surplus: false)
        case .fail: fail(.closedEarly)
        case .ignore: break
        }
    }

    /// Returns how many of `bytes` need not be kept.
    private func process(_ bytes: UnsafeRawBufferPointer) -> Int {
        // Bound once for all that is told here: whoever takes another's place ends the reading first.
        guard let activeDelegate = delegate else { return bytes.count }
        isProcessing = true
        defer { isProcessing = false }
        var offset = 0
        while isReading {
            if isPausedByOwner { return offset }
            if state.awaitsHead {
                guard offset < bytes.count else { return offset }
                guard processHead(UnsafeRawBufferPointer(rebasing: bytes[offset...]), &offset, activeDelegate) else {
                    return offset
                }
                continue
            }
            switch reader.next(bytes, at: &offset) {
            case .data(let range):
                activeDelegate.upstreamBody(self, UnsafeRawBufferPointer(rebasing: bytes[range]))
            case .end:
                endResponse(surplus: offset < bytes.count)
                return bytes.count
            case .needMoreBytes:
                return offset
            case .invalid(let violation):
                fail(.malformed(violation))
            }
        }
        return bytes.count
    }

    /// False when more bytes are needed.
    private func processHead(
        _ bytes: UnsafeRawBufferPointer, _ offset: inout Int, _ activeDelegate: any UpstreamStreamDelegate
    ) -> Bool {
        switch pool.parser.parse(bytes, answering: method, resuming: &progress) {
        case .needMoreBytes:
            return false
        case .invalid(let violation):
            fail(.malformed(violation), line: pool.parser.brokenLine)
            return true
        case .complete(let length):
            offset += length
            accept(pool.parser, UnsafeRawBufferPointer(rebasing: bytes[..<length]), activeDelegate)
            return true
        }
    }

    private func accept(
        _ parser: ResponseHeadParser, _ bytes: UnsafeRawBufferPointer, _ activeDelegate: any UpstreamStreamDelegate
    ) {
        let head = parser.head
        let view = ResponseHeadView(bytes: parser.source(bytes), parser: parser)
        switch state.headParsed(head, hasUnsent: unsentCount != 0) {
        case .deliver:
            reader = BodyReader(head.framing, tolerance: parser.tolerance)
            bodiless = BodilessResponses.Kind(method, head.status)
            if view.fields.present.contains(.keepAlive) { notice(keepAlive: view) }
        case .switchProtocols: becomeTunnel()
        case .deliverInterim:
            activeDelegate.upstreamInformational(self, view)
            return
        case .refuseInterim:
            fail(.tooManyInformational)
            return
        case .refuseUpgrade:
            fail(.unexpectedUpgrade)
            return
        case .ignore: return
        }
        activeDelegate.upstreamHead(self, view)
    }

    private func notice(keepAlive response: ResponseHeadView) {
        guard let value = response.fields.value(.keepAlive) else { return }
        saidIdle = IdleLimit.said(by: value.slice(of: response.bytes)) ?? .forever
    }
}
