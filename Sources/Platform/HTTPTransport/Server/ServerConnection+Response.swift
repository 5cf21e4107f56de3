import EventLoop
package import HTTP

extension ServerConnection {
    /// Nothing of the request is still to come, even if its end has not been told yet.
    private var requestIsRead: Bool { exchange.request == .complete || exchange.request == .body && reader.isAtEnd }

    /// The client waits for `100 Continue` before it sends its body, and no byte of it has come.
    package var expectsContinue: Bool { awaitsContinue }

    /// What is written besides the lines: status line, framing, connection fields, empty line.
    private static let headOverhead = 192

    package func beginHead(_ status: HTTPStatus, reason: UnsafeRawBufferPointer, room: Int) -> HeadWriter {
        headStatus = status
        var head = beginHead(room + reason.count + Self.headOverhead)
        head.appendStatusLine(status, reason: reason)
        return head
    }

    package func sendInformational(_ head: HeadWriter) {
        guard version == .http11, exchange.response == .none, exchange.isOpen else { return }
        var head = head
        head.append("\r\n")
        guard !head.hasOverflowed else { return }
        write(head: head)
    }

    package func sendContinue() {
        guard awaitsContinue, exchange.response == .none, exchange.isOpen else { return }
        awaitsContinue = false
        write("HTTP/1.1 100 Continue\r\n\r\n")
    }

    package func sendHead(_ head: HeadWriter, body: BodyLength, forceClose: Bool) {
        guard !isClosed else { return }
        guard exchange.response == .none else {
            // A second response would be read as the one to the next request: rather none.
            assertionFailure("one answer per request")
            abort()
            return
        }
        let plan = ResponsePlan(
            status: headStatus, body: body, answering: method, version: version,
            mayKeepAlive: !forceClose && clientKeepsAlive && requestIsRead && !exchange.closes
                && requestCount < settings.options.requestsPerConnection && !isDraining)
        var head = head
        head.endHead(plan.framingField, plan.connectionLines)
        guard !head.hasOverflowed else {
            abort()
            return
        }
        exchange.response = .begun
        if plan.closes { exchange.closes = true }
        frame = BodyFrame(plan.body)
        write(head: head)
        if plan.isUpgrade { becomeTunnel() }
    }

    /// Chunk framing is added here where it is needed.
    package func sendBody(_ bytes: UnsafeRawBufferPointer) {
        guard !isClosed, bytes.count > 0, exchange.response == .begun else { return }
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
        guard !isClosed, exchange.response == .begun else { return }
        switch frame.finished() {
        case .breakOff:
            abort()
            return
        case .writeLastChunk: write(ChunkHeader.bodyEnd)
        case .done: break
        }
        let wasOpen = exchange.isOpen
        if requestIsRead { exchange.request = .complete }
        let action = exchange.responseFinished(hasSurplus: !carry.isEmpty)
        // The frame of a finished response must not look like a tunnel.
        frame = BodyFrame(.none)
        if wasOpen { endExchange(.completed) }
        guard !isClosed else { return }
        switch action {
        case .next: awaitNext()
        case .closeWhenSent:
            flush()
            if unsentCount == 0, !isClosed { dismiss(.completed, reset: false) } else { awaitSent() }
        case .linger:
            flush()
            if unsentCount == 0 { linger() } else { awaitSent() }
        }
    }

    private func awaitNext() {
        if isPausedByOwner { resumeReading() }
        rearmDeadline()
        guard !isProcessing else { return }
        if !carry.isEmpty { processCarryAfterTurn() }
        if isRegistered { updateInterest() }
    }

    /// The rest of the last response waits for the client.
    private func awaitSent() {
        guard !isClosed else { return }
        setDeadline(loop.now + settings.idleTimeout)
        updateInterest()
    }

    /// Ends our direction and reads on for a while, so that no reset overtakes the response (RFC 9112 9.6).
    func linger() {
        SystemCall.shutdownSending(fd)
        if isPausedByOwner { resumeReading() }
        setDeadline(loop.now + settings.lingerTimeout)
        updateInterest()
    }

    /// From now on raw bytes go both ways. Called by itself for a 101.
    private func becomeTunnel() {
        frame = BodyFrame(.untilClose)
        reader = BodyReader(.untilClose)
        exchange.request = .tunnel
        exchange.isTunnel = true
        exchange.closes = true
        clearDeadline()
        guard !isProcessing else { return }
        updateInterest()
        readingResumed()
    }

    package func sendProblem(status: HTTPStatus, detail: String, members: String, forceClose: Bool) {
        guard !isClosed, exchange.response == .none else { return }
        let title = status.reason.description
        var body =
            #"{"type":"about:blank","title":"\#(title)","status":\#(status.rawValue),"detail":"\#(escaped(detail))"\#(members)}"#
        var head = beginHead(status)
        head.append("content-type: application/problem+json\r\n")
        // RFC 9110 15.5.6: a 405 must say what is allowed. Those that we refuse ourselves are refused for every target.
        if status == .methodNotAllowed {
            head.append("allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n")
        }
        sendHead(head, body: .length(UInt64(body.utf8.count)), forceClose: forceClose)
        body.withUTF8 { sendBody(UnsafeRawBufferPointer($0)) }
        finish()
    }

    /// For JSON strings; our own texts, so plain escapes do.
    private func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C }) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20: result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
