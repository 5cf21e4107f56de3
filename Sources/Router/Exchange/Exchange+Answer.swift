import EventLoop
import HTTP
import HTTPTransport
import Routing

extension Exchange {
    // MARK: Phase 5: the answer, rewritten and streamed

    func upstreamInformational(_ upstream: UpstreamConnection, _ response: ResponseHeadView) {
        // The client's `Expect` was answered when its body could be taken; others are passed on (RFC 9110 15.2).
        guard let client, response.head.status.rawValue != 100 else { return }
        var writer = HeadWriter(loop.scratch)
        writer.appendStatusLine(response.head.status)
        writer.copyFields(of: response.fields, from: response.bytes, cutting: .cutFromResponse)
        writer.append("\r\n")
        client.sendInformational(writer.written)
    }

    func upstreamHead(_ upstream: UpstreamConnection, _ response: ResponseHeadView) {
        guard let client else { return }
        let answer = response.head
        let fields = response.fields
        progress.answerBegun = true
        progress.status = answer.status.rawValue
        if let endpoint, endpoint.health.requestSucceeded(now: nowMilliseconds), let group {
            worker.healthChanged(endpoint, of: group, reason: .passiveFailures)
        }
        tellOutcome(failed: false)
        let plan = client.plan(status: answer.status, body: ResponseBody(answer, answering: method))
        var writer = HeadWriter(loop.scratch)
        writer.append("HTTP/1.1 ")
        writer.append(decimal: UInt64(answer.status.rawValue))
        writer.append(byte: 0x20)
        writer.append(answer.reason, of: response.bytes)
        writer.append("\r\n")
        writer.copyFields(of: fields, from: response.bytes, cutting: .cutFromResponse)
        if !fields.present.contains(.date) { worker.appendDate(to: &writer) }
        let isSwitching = answer.status.rawValue == 101
        if isSwitching { writer.append("connection: upgrade\r\nupgrade: websocket\r\n") }
        appendOwnFields(&writer)
        plan.appendFields(to: &writer)
        writer.append("\r\n")
        guard !writer.hasOverflowed else {
            client.abort()
            return
        }
        client.sendHead(writer.written, plan)
        // A tunnel has no idle end of its own; the whole exchange's deadline does not apply to it.
        if isSwitching { clearDeadline() }
    }

    func upstreamBody(_ upstream: UpstreamConnection, _ bytes: UnsafeRawBufferPointer) {
        answeredBytes &+= UInt64(bytes.count)
        client?.sendBody(bytes)
    }

    func upstreamEnd(_ upstream: UpstreamConnection) {
        self.upstream = nil
        leaveGroup()
        // Last: the exchange may be used for another request when this returns.
        client?.finish()
    }

    /// The cookie of a client that had no key, and with `expose` what was decided.
    private func appendOwnFields(_ writer: inout HeadWriter) {
        if let minted {
            writer.append("set-cookie: strangler_id=")
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digits in
                guard let base = digits.baseAddress else { return }
                minted.write(to: base)
                writer.append(UnsafeRawBufferPointer(digits))
            }
            writer.append("; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax\r\n")
        }
        guard let table, table.exposes, let route else { return }
        writer.append("x-strangler-route: ")
        writer.append(text: route.id)
        writer.append("\r\nx-strangler-side: ")
        writer.append(progress.side.name)
        writer.append("\r\nx-strangler-revision: ")
        writer.append(decimal: table.shared.revision)
        writer.append("\r\n")
    }

    // MARK: Answers of our own

    /// Ends the exchange with an error of ours, or breaks off an answer that has begun.
    func giveUp(_ error: RouterError) {
        dropUpstream()
        guard let client else { return }
        if progress.answerBegun {
            client.abort()
            return
        }
        progress.answerBegun = true
        progress.status = error.status
        refusal = nil
        sendProblem(error, client)
    }

    private func sendProblem(_ error: RouterError, _ client: ServerConnection) {
        let scratch = UnsafeMutableRawBufferPointer(rebasing: loop.scratch[(128 << 10)...])
        var body = HeadWriter(scratch)
        body.append(#"{"type":"about:blank","title":""#)
        body.append(error.title)
        body.append(#"","status":"#)
        body.append(decimal: UInt64(error.status))
        body.append(#","detail":""#)
        body.append(error.detail)
        body.append(#"","origin":"router","request_id":""#)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digits in
            guard let base = digits.baseAddress else { return }
            identity.write(to: base)
            body.append(UnsafeRawBufferPointer(digits))
        }
        body.append("\"}\n")
        // What could be read in two ways ends its connection, like any malformed request (RELIABILITY 5).
        let plan = client.plan(
            status: HTTPStatus(error.status), body: .length(UInt64(body.count)), forceClose: error == .badPath)
        var writer = HeadWriter(UnsafeMutableRawBufferPointer(rebasing: loop.scratch[..<(128 << 10)]))
        writer.appendStatusLine(HTTPStatus(error.status))
        writer.append("content-type: application/problem+json\r\ncache-control: no-store\r\n")
        worker.appendDate(to: &writer)
        if error.retryAfterSeconds > 0 {
            writer.append("retry-after: ")
            writer.append(decimal: UInt64(error.retryAfterSeconds))
            writer.append("\r\n")
        }
        appendOwnFields(&writer)
        plan.appendFields(to: &writer)
        writer.append("\r\n")
        client.sendHead(writer.written, plan)
        if method != .head { client.sendBody(body.written) }
        client.finish()
    }
}

extension ResponseBody {
    /// What the upstream's head says of its body. For HEAD and 304: what it declared.
    init(_ head: ResponseHead, answering method: HTTPMethod) {
        switch head.framing {
        case .none: self = head.declaredLength.map { .length($0) } ?? (method == .head ? .unknown : .none)
        case .length(let length): self = .length(length)
        case .chunked, .untilClose: self = .unknown
        }
    }
}
