import EventLoop
import HTTP
import HTTPTransport
import Routing

extension Exchange {
    // MARK: Phase 5: the response, rewritten and streamed

    func upstreamInformational(_ upstream: any UpstreamStream, _ response: ResponseHeadView) {
        // The client's `Expect` was answered when its body could be taken; others are passed on (RFC 9110 15.2).
        guard let client, response.head.status != .continue else { return }
        let status = response.head.status
        var head = client.beginHead(status, reason: status.reasonBytes, room: response.bytes.count)
        head.copyFields(of: response.fields, from: response.bytes, cutting: .cutFromResponse)
        client.sendInformational(head)
    }

    func upstreamHead(_ upstream: any UpstreamStream, _ response: ResponseHeadView) {
        guard let client else { return }
        let answer = response.head
        let fields = response.fields
        let length = BodyLength(answer, answering: method)
        if case .unknown = length, response.isEventStream, let group = serving?.group, !becomesStream(upstream) {
            // Known for a stream by its response only: nothing of that has been passed on yet.
            group.refusals.count(.streams, now: nowMilliseconds)
            giveUp(.noStream)
            return
        }
        progress.responseBegun = true
        progress.status = answer.status.rawValue
        if answer.status.rawValue >= 502, let serving, serving.group.countsAsFailure(answer.status.rawValue) {
            endpointFailed()
        } else if let endpoint, endpoint.health.requestSucceeded(now: nowMilliseconds), let serving {
            worker.healthChanged(endpoint, of: serving.group, reason: .requestAnswered)
        }
        tell(.succeeded)
        let present = fields.present
        if !present.isDisjoint(with: ConnectionLogin.responseFields) { noticeLogin(upstream, response) }
        // A tunnel has no idle end of its own; the whole exchange's deadline does not apply to it.
        if answer.status == .switchingProtocols { clearDeadline() }
        var head = client.beginHead(
            answer.status, reason: response[answer.reason], room: response.bytes.count + Self.ownRoom)
        head.copyFields(of: fields, from: response.bytes, cutting: .cutFromResponse)
        if !present.contains(.date) { worker.appendDate(to: &head) }
        appendOwnFields(&head, withCookie: minted != nil && !SharedStorage.isAllowed(response))
        // The log-in ends with the upstream's connection: the client is to know.
        client.sendHead(head, body: length, forceClose: progress.isTied && upstream.isBound && !answer.keepAlive)
    }

    /// A response that asks for a log-in of the connection, or says that there is one, makes the connection its
    /// client's own.
    private func noticeLogin(_ upstream: any UpstreamStream, _ response: ResponseHeadView) {
        guard let client, ConnectionLogin.isIn(response: response.fields, of: response.bytes) else { return }
        progress.isTied = true
        upstream.bind(to: client.bindingStreams())
    }

    /// What we add to a response's lines, at most: pools refuse heads that leave less of a loop's memory
    /// (`UpstreamGroup`).
    private static let ownRoom = 3 << 10

    func upstreamBody(_ upstream: any UpstreamStream, _ bytes: UnsafeRawBufferPointer) {
        responseBytes &+= UInt64(bytes.count)
        client?.sendBody(bytes)
    }

    func upstreamEnd(_ upstream: any UpstreamStream) {
        self.upstream = nil
        leaveGroup()
        // Last: the exchange may be used for another request when this returns.
        client?.finish()
    }

    /// The cookie of a client that had no key, and with `expose` what was decided.
    private func appendOwnFields(_ head: inout HeadWriter, withCookie: Bool) {
        if withCookie, let minted {
            head.append("set-cookie: strangler_id=")
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digits in
                guard let base = digits.baseAddress else { return }
                minted.write(to: base)
                head.append(UnsafeRawBufferPointer(digits))
            }
            head.append("; Path=/; Max-Age=31536000; HttpOnly")
            if progress.cameSecurely { head.append("; Secure") }
            switch route?.keys?.sameSite ?? .lax {
            case .strict: head.append("; SameSite=Strict\r\n")
            case .none where progress.cameSecurely: head.append("; SameSite=None\r\n")
            // Without Secure, browsers throw a cookie with None away.
            case .lax, .none: head.append("; SameSite=Lax\r\n")
            }
        }
        guard let route, route.exposes else { return }
        head.append("x-strangler-route: ")
        head.append(text: route.id)
        head.append("\r\nx-strangler-side: ")
        head.append(progress.side.name)
        head.append("\r\nx-strangler-revision: ")
        head.append(decimal: route.shared.revision)
        head.append("\r\n")
    }

    // MARK: Responses of our own

    /// Ends the exchange with a problem of ours, or breaks off a response that has begun.
    /// - Parameter isCounted: It was counted as a failed attempt already.
    func giveUp(_ failure: Failure, isCounted: Bool = false) {
        // With the whole request at the upstream it is the upstream that the rest of the time went to.
        let waitedForAnswer = upstream != nil && progress.requestEnded
        dropUpstream()
        guard let client else { return }
        if let route, let limit = RouteLimit(failure) { route.state.count(limit, now: nowMilliseconds) }
        if !isCounted, failure.status >= 500 { serving?.group.refusals.count(failure, progress.violation) }
        progress.failure = failure
        if progress.responseBegun {
            client.abort()
            return
        }
        progress.responseBegun = true
        progress.status = failure.status
        progress.isOwnRefusal = !failure.blamesUpstream && !(failure == .exchangeTimeout && waitedForAnswer)
        deferred = nil
        sendProblem(failure, client)
    }

    private func sendProblem(_ failure: Failure, _ client: any ClientStream) {
        withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { memory in
            var body = HeadWriter(memory)
            writeProblem(failure, to: &body)
            var head = client.beginHead(HTTPStatus(failure.status))
            head.append("content-type: application/problem+json\r\ncache-control: no-store\r\n")
            worker.appendDate(to: &head)
            if failure.retryAfterSeconds > 0 {
                head.append("retry-after: ")
                head.append(decimal: UInt64(failure.retryAfterSeconds))
                head.append("\r\n")
            }
            appendOwnFields(&head, withCookie: true)
            client.sendHead(head, body: .length(UInt64(body.count)))
            if method != .head { client.sendBody(body.written) }
        }
        client.finish()
    }

    /// For who asked no further than us what may be asked (RFC 9110 9.3.7).
    func sendOptions() {
        guard let client else { return }
        progress.responseBegun = true
        progress.status = 200
        deferred = nil
        var head = client.beginHead(.ok)
        head.append("allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n")
        worker.appendDate(to: &head)
        appendOwnFields(&head, withCookie: false)
        client.sendHead(head, body: .length(0))
        client.finish()
    }

    /// RFC 9457; at most 1,024 bytes.
    private func writeProblem(_ failure: Failure, to body: inout HeadWriter) {
        body.append(#"{"type":"about:blank","title":""#)
        body.append(failure.title)
        body.append(#"","status":"#)
        body.append(decimal: UInt64(failure.status))
        body.append(#","detail":""#)
        body.append(failure.detail)
        let violation = failure == .malformedResponse ? progress.violation : nil
        if let violation { writeSentence(violation, to: &body) }
        body.append(#"","#)
        if let violation {
            writeMembers(violation, to: &body)
        } else {
            body.append(#""reason":""#)
            body.append(failure.reason)
            body.append(#"","#)
            if let setting = failure.setting {
                body.append(#""setting":""#)
                body.append(setting)
                body.append(#"","#)
            }
        }
        body.append(#""origin":"router","request_id":""#)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digits in
            guard let base = digits.baseAddress else { return }
            identity.write(to: base)
            body.append(UnsafeRawBufferPointer(digits))
        }
        body.append("\"}\n")
    }
}

/// Of a response that was refused: which line of it broke which rule, and the setting that would let it pass. None of
/// this quotes a message.
extension Exchange {
    private func writeSentence(_ violation: HTTPViolation, to body: inout HeadWriter) {
        body.append(" ")
        body.append(violation.clause)
        if progress.violationLine > 0 {
            body.append(", line ")
            body.append(decimal: UInt64(progress.violationLine))
        }
        body.append(": ")
        body.append(violation.reason)
        body.append(".")
        if isTolerable(violation) {
            body.append(" The upstream's setting tolerance: legacy accepts it.")
        } else if let setting = violation.responseKey {
            body.append(" The setting ")
            body.append(setting)
            body.append(" decides.")
        }
    }

    private func writeMembers(_ violation: HTTPViolation, to body: inout HeadWriter) {
        body.append(#""reason":""#)
        body.append(text: violation.label)
        body.append(#"","rule":""#)
        body.append(violation.clause)
        body.append(#"","#)
        if progress.violationLine > 0 {
            body.append(#""line":"#)
            body.append(decimal: UInt64(progress.violationLine))
            body.append(",")
        }
        if let setting = isTolerable(violation) ? "tolerance" : violation.responseKey {
            body.append(#""setting":""#)
            body.append(setting)
            body.append(#"","#)
        }
    }

    private func isTolerable(_ violation: HTTPViolation) -> Bool {
        violation.isToleratedInResponses && serving?.group.configuration.tolerance == .strict
    }
}

extension ResponseHeadView {
    /// `content-type: text/event-stream`, with or without parameters: it runs until somebody leaves.
    fileprivate var isEventStream: Bool {
        guard let value = fields.value(.contentType)?.slice(of: bytes) else { return false }
        let name: StaticString = "text/event-stream"
        guard value.count >= name.utf8CodeUnitCount else { return false }
        for index in 0..<name.utf8CodeUnitCount where value[index] | 0x20 != name.utf8Start[index] | 0x20 {
            return false
        }
        guard value.count > name.utf8CodeUnitCount else { return true }
        let next = value[name.utf8CodeUnitCount]
        return next == UInt8(ascii: ";") || next == 0x20 || next == 0x09
    }
}
