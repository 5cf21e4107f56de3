import EventLoop
package import HTTP

extension ServerConnection {
    /// How the answer to the request in service is to be framed.
    /// - Parameter forceClose: The connection shall end with it.
    package func plan(status: HTTPStatus, body: ResponseBody, forceClose: Bool = false) -> ResponsePlan {
        ResponsePlan(
            status: status, body: body, answering: method, version: version,
            mayKeepAlive: !forceClose && clientKeepsAlive && requestIsRead && !exchange.closes
                && requestCount < settings.options.requestsPerConnection && !isDraining)
    }

    /// Nothing of the request is still to come, even if its end has not been told yet.
    private var requestIsRead: Bool { exchange.request == .complete || exchange.request == .body && reader.isAtEnd }

    /// The client waits for `100 Continue` before it sends its body, and no byte of it has come.
    package var expectsContinue: Bool { awaitsContinue }

    /// A whole 1xx head, other than 101. Dropped for clients of HTTP/1.0 (RFC 9110 15.2) and once the answer has begun.
    package func sendInformational(_ head: UnsafeRawBufferPointer) {
        guard version == .http11, exchange.response == .none, exchange.isOpen else { return }
        write(head)
    }

    /// Asks the client for the body it announced; nothing when it does not wait.
    package func sendContinue() {
        guard awaitsContinue, exchange.response == .none, exchange.isOpen else { return }
        awaitsContinue = false
        write("HTTP/1.1 100 Continue\r\n\r\n")
    }

    /// The head of the answer, with its final empty line; `plan` must have written its fields into it. Sent or copied on return.
    package func sendHead(_ head: UnsafeRawBufferPointer, _ plan: ResponsePlan) {
        guard !isClosed else { return }
        guard exchange.response == .none else {
            // A second answer would be read as the one to the next request: rather none.
            assertionFailure("one answer per request")
            abort()
            return
        }
        exchange.response = .begun
        if plan.closes { exchange.closes = true }
        frame = BodyFrame(plan.body)
        write(head)
        if plan.isUpgrade { becomeTunnel() }
    }

    /// A piece of the body; chunk framing is added here where it is needed. Dropped when the answer has none (HEAD).
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

    /// The answer is complete. One that is shorter than announced is broken off.
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
        // The frame of a finished answer must not look like a tunnel.
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

    /// The rest of the last answer waits for the client.
    private func awaitSent() {
        guard !isClosed else { return }
        setDeadline(loop.now + settings.idleTimeout)
        updateInterest()
    }

    /// Ends our direction and reads on for a while, so that no reset overtakes the answer (RFC 9112 9.6).
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

    /// An answer of our own as `application/problem+json` (RFC 9457), which ends the exchange.
    /// - Parameters:
    ///   - members: More members of the object, each as `,"name":value`.
    ///   - fields: More field lines, each with CRLF.
    package func sendProblem(
        status: HTTPStatus, detail: String, members: String = "", fields: String = "", forceClose: Bool = false
    ) {
        guard !isClosed, exchange.response == .none else { return }
        let title = status.reason.description
        let body =
            #"{"type":"about:blank","title":"\#(title)","status":\#(status.rawValue),"detail":"\#(escaped(detail))"\#(members)}"#
        let plan = plan(status: status, body: .length(UInt64(body.utf8.count)), forceClose: forceClose)
        var writer = HeadWriter(loop.scratch)
        writer.appendStatusLine(status)
        writer.append("content-type: application/problem+json\r\n")
        writer.append(text: fields)
        // RFC 9110 15.5.6: a 405 must say what is allowed. Those that we refuse ourselves are refused for every target.
        if status == .methodNotAllowed, fields.isEmpty {
            writer.append("allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n")
        }
        plan.appendFields(to: &writer)
        writer.append("\r\n")
        let headLength = writer.count
        writer.append(text: body)
        guard !writer.hasOverflowed else {
            abort()
            return
        }
        let all = writer.written
        sendHead(UnsafeRawBufferPointer(rebasing: all[..<headLength]), plan)
        sendBody(UnsafeRawBufferPointer(rebasing: all[headLength...]))
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
