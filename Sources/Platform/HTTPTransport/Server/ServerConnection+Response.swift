import EventLoop
package import HTTP

extension ServerConnection {
    /// What is written besides the lines: status line, framing, connection fields, empty line.
    private static let headOverhead = 192

    package func beginHead(_ status: HTTPStatus, reason: UnsafeRawBufferPointer, room: Int) -> HeadWriter {
        headStatus = status
        var head = beginHead(room + reason.count + Self.headOverhead)
        head.appendStatusLine(status, reason: reason)
        return head
    }

    package func sendInformational(_ head: HeadWriter) {
        guard version == .http11, state.mayInform else { return }
        var head = head
        head.append("\r\n")
        guard !head.hasOverflowed else { return }
        write(head: head)
    }

    package func sendContinue() {
        if state.continueWanted() { write("HTTP/1.1 100 Continue\r\n\r\n") }
    }

    package func sendHead(_ head: HeadWriter, body: BodyLength, forceClose: Bool) {
        guard !isClosed else { return }
        let plan = ResponsePlan(
            status: headStatus, body: body, answering: method, version: version,
            mayKeepAlive: !forceClose && state.mayKeepAlive(isBodyAtEnd: reader.isAtEnd)
                && requestCount < settings.options.requestsPerConnection && !isDraining)
        switch state.responseStarted(closes: plan.closes, switchesProtocols: plan.isUpgrade) {
        case .send, .sendAndTunnel: break
        case .breakOff:
            assertionFailure("one response per request")
            abort()
            return
        case .drop: return
        }
        var head = head
        head.endHead(plan.framingField, plan.connectionLines)
        guard !head.hasOverflowed else {
            abort()
            return
        }
        frame = BodyFrame(plan.body)
        write(head: head)
        if plan.isUpgrade { becomeTunnel() }
    }

    /// Chunk framing is added here where it is needed.
    package func sendBody(_ bytes: UnsafeRawBufferPointer) {
        guard !isClosed, bytes.count > 0, state.isResponding else { return }
        switch frame.bodyBytes(bytes.count) {
        case .drop: break
        case .write: write(bytes)
        case .writeChunk:
            withUnsafeTemporaryAllocation(byteCount: ChunkHeader.maximumLength, alignment: 1) { buffer in
                let count = ChunkHeader.write(bytes.count, into: buffer)
                write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
            write(bytes)
            write(ChunkHeader.chunkEnd)
        case .breakOff: abort()
        }
    }

    package func finish() {
        guard !isClosed, state.isResponding else { return }
        switch frame.finished() {
        case .breakOff:
            abort()
            return
        case .writeLastChunk: write(ChunkHeader.bodyEnd)
        case .done: break
        }
        let hadExchange = state.isOpen
        let action = state.responseFinished(isBodyAtEnd: reader.isAtEnd, hasSurplus: !carry.isEmpty)
        // The frame of a finished response must not look like a tunnel.
        frame = BodyFrame(.none)
        if hadExchange { endExchange(.completed) }
        guard !isClosed else { return }
        switch action {
        case .next: awaitNext()
        case .closeWhenSent:
            flush()
            if unsentCount == 0, !isClosed { dismiss(.completed, reset: false) } else { awaitSent() }
        case .linger:
            flush()
            if unsentCount == 0 { linger() } else { awaitSent() }
        case .ignore: break
        }
    }

    private func awaitNext() {
        if isPausedByOwner { resumeReading() }
        rearmDeadline()
        guard !isProcessing else { return }
        if !carry.isEmpty { processCarryAfterTurn() }
        if transport.isRegistered { updateInterest() }
    }

    /// The rest of the last response waits for the client.
    private func awaitSent() {
        guard !isClosed else { return }
        setDeadline(loop.now + settings.idleTimeout)
        updateInterest()
    }

    /// Ends our direction and reads on for a while, so that no reset overtakes the response (RFC 9112 9.6).
    func linger() {
        SystemCall.shutdownSending(transport.fd)
        if isPausedByOwner { resumeReading() }
        setDeadline(loop.now + settings.lingerTimeout)
        updateInterest()
    }

    /// From now on raw bytes go both ways. Called by itself for a 101.
    private func becomeTunnel() {
        frame = BodyFrame(.untilClose)
        reader = BodyReader(.untilClose)
        clearDeadline()
        guard !isProcessing else { return }
        updateInterest()
        readingResumed()
    }

    package func sendProblem(status: HTTPStatus, detail: StaticString) {
        guard !isClosed, state.isUnanswered else { return }
        withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { memory in
            var problem = ProblemWriter(memory, status: status)
            problem.member("detail", detail)
            let body = problem.finish()
            var head = beginHead(status)
            head.append(ProblemWriter.contentTypeLine)
            // Those that the transport refuses itself are refused for every target.
            if status == .methodNotAllowed { head.append(ProblemWriter.allowLine) }
            sendHead(head, body: .length(UInt64(body.count)))
            sendBody(body)
        }
        finish()
    }
}
