package import EventLoop
package import HTTP

extension UpstreamConnection {
    package func sendHead(_ request: OutgoingRequest, responseTimeout: Moment.Span, idleTimeout: Moment.Span) {
        guard !isClosed else { return }
        begin(
            request.method, BodyFraming(ofRequest: request.body), request.asksUpgrade, responseTimeout, idleTimeout)
        let size = request.headBytes
        guard size <= Loop.scratchSize else {
            sendLong(request, size)
            return
        }
        var head = beginHead(size)
        request.writeHead(to: &head, isLast: isUsedOnce)
        bytesWritten = UInt64(head.count)
        write(head: head)
    }

    /// For heads that the loop has no memory for.
    private func sendLong(_ request: OutgoingRequest, _ size: Int) {
        withUnsafeTemporaryAllocation(byteCount: size, alignment: 16) { room in
            var head = HeadWriter(room)
            request.writeHead(to: &head, isLast: isUsedOnce)
            bytesWritten = UInt64(head.count)
            write(head.written)
        }
    }

    private func begin(
        _ method: HTTPMethod, _ body: BodyFraming, _ asksUpgrade: Bool, _ responseTimeout: Moment.Span,
        _ idleTimeout: Moment.Span
    ) {
        guard state.requestStarted(asksUpgrade: asksUpgrade) else {
            preconditionFailure("another request has it")
        }
        self.method = method
        requestCount += 1
        hasHurried = false
        responseSpan = responseTimeout
        idleSpan = idleTimeout
        frame = BodyFrame(body)
    }

    /// Chunk framing is added here.
    package func sendBody(_ bytes: UnsafeRawBufferPointer) {
        guard !isClosed, bytes.count > 0, state.isBusy else { return }
        bytesWritten += UInt64(bytes.count)
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
        case .breakOff: failLater(mismatch: ())
        }
    }

    package func finishRequest() {
        guard !isClosed else { return }
        let action = state.requestEnded()
        if case .ignore = action { return }
        switch frame.finished() {
        case .done: break
        case .writeLastChunk: write(ChunkHeader.bodyEnd)
        case .breakOff:
            failLater(mismatch: ())
            return
        }
        switch action {
        case .awaitResponse: setDeadline(loop.now + responseSpan)
        case .endSending:
            flush()
            if !isWriteBlocked { SystemCall.shutdownSending(transport.fd) }
        case .proceed, .ignore: break
        }
    }

    private func failLater(mismatch: Void) {
        loop.afterTurn { [self] in
            if delegate != nil { fail(.requestBodyMismatch) }
        }
    }

    package func cancel() {
        guard delegate != nil else { return }
        close(reset: true)
    }

    /// FIN when everything went out, RST when something is stuck.
    package func endTunnel() {
        guard delegate != nil, state.isTunnel else {
            cancel()
            return
        }
        flush()
        close(reset: unsentCount > 0)
    }

    func becomeTunnel() {
        reader = BodyReader(.untilClose)
        frame = BodyFrame(.untilClose)
        clearDeadline()
    }
}
