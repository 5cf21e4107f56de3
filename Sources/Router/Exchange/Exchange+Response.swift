import EventLoop
import HTTP
import HTTPTransport
import Routing

extension Exchange {
    // MARK: The upstream's response, rewritten and streamed

    func upstreamInformational(_ upstream: any UpstreamStream, _ response: ResponseHeadView) {
        // The client's `Expect` was answered when its body could be taken; others are passed on (RFC 9110 15.2).
        guard let client, machine.passesInformational, response.head.status != .continue else { return }
        let status = response.head.status
        var head = beginHead(status, reason: status.reasonBytes, room: response.bytes.count, on: client)
        head.copyFields(of: response.fields, from: response.bytes, cutting: .cutFromResponse)
        sendInformational(head, on: client)
    }

    func upstreamHead(_ upstream: any UpstreamStream, _ response: ResponseHeadView) {
        guard let client else { return }
        let parsed = response.head
        let fields = response.fields
        if parsed.status.rawValue == 421, goesToOwner(response) { return }
        let length = BodyLength(parsed, answering: method)
        if case .unknown = length, response.isEventStream, let group = serving?.group, !becomesStream(upstream) {
            // Known for a stream by its response only: nothing of that has been passed on yet.
            group.refusals.count(.streams, now: nowMilliseconds)
            giveUp(.noStream)
            return
        }
        guard machine.respond(parsed.status.rawValue) else { return }
        if parsed.status.rawValue >= 502, let serving, serving.group.countsAsFailure(parsed.status.rawValue) {
            endpointFailed()
        } else if let endpoint, endpoint.health.requestSucceeded(now: nowMilliseconds), let serving {
            worker.healthChanged(endpoint, of: serving.group, reason: .requestAnswered)
        }
        tell(machine.reportSuccess())
        let present = fields.present
        if !present.isDisjoint(with: ConnectionLogin.responseFields) { noticeLogin(upstream, response) }
        // A tunnel has no idle end of its own; the whole exchange's deadline does not apply to it.
        if parsed.status == .switchingProtocols { clearDeadline() }
        var head = beginHead(
            parsed.status, reason: response[parsed.reason], room: response.bytes.count + Self.ownRoom, on: client)
        head.copyFields(of: fields, from: response.bytes, cutting: .cutFromResponse)
        if !present.contains(.date) { worker.appendDate(to: &head) }
        appendOwnFields(&head, withCookie: minted != nil && !SharedStorage.isAllowed(response))
        if writer.isWrite { tellWrite(&head, mayBeStored: SharedStorage.isAllowed(response)) }
        // The log-in ends with the upstream's connection: the client is to know.
        let endsLogin = machine.isTied && upstream.isBound && !parsed.keepAlive
        sendHead(head, body: length, forceClose: endsLogin, on: client)
    }

    /// A response that asks for a log-in of the connection, or says that there is one, makes the connection its
    /// client's own.
    private func noticeLogin(_ upstream: any UpstreamStream, _ response: ResponseHeadView) {
        guard let client, ConnectionLogin.isIn(response: response.fields, of: response.bytes) else { return }
        machine.tie(bringsLogin: false)
        upstream.bind(to: client.bindingStreams())
    }

    /// What we add to a response's lines, at most: pools refuse heads that leave less of a loop's memory
    /// (`UpstreamGroup`).
    private static let ownRoom = 3 << 10

    func upstreamBody(_ upstream: any UpstreamStream, _ bytes: UnsafeRawBufferPointer) {
        responseBytes &+= UInt64(bytes.count)
        if let client { sendBody(bytes, on: client) }
    }

    func upstreamEnd(_ upstream: any UpstreamStream) {
        guard machine.endResponse() else { return }
        self.upstream = nil
        leaveGroup()
        if let client { finishResponse(on: client) }
    }

    /// The cookie of a client that had no key, and with `expose` what was decided.
    func appendOwnFields(_ head: inout HeadWriter, withCookie: Bool) {
        if withCookie, let minted {
            head.append("set-cookie: strangler_id=")
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digits in
                guard let base = digits.baseAddress else { return }
                minted.write(to: base)
                head.append(UnsafeRawBufferPointer(digits))
            }
            head.append("; Path=/; Max-Age=31536000")
            appendCookieEnd(&head)
        }
        guard let route, route.exposes else { return }
        head.append("x-strangler-route: ")
        head.append(text: route.id)
        head.append("\r\nx-strangler-side: ")
        head.append(machine.side.name)
        head.append("\r\nx-strangler-revision: ")
        head.append(decimal: route.shared.revision)
        head.append("\r\n")
    }

    /// What all cookies of ours say last.
    func appendCookieEnd(_ head: inout HeadWriter) {
        head.append("; HttpOnly")
        if cameSecurely { head.append("; Secure") }
        switch route?.keys?.sameSite ?? .lax {
        case .strict: head.append("; SameSite=Strict\r\n")
        case .none where cameSecurely: head.append("; SameSite=None\r\n")
        // Without Secure, browsers throw a cookie with None away.
        case .lax, .none: head.append("; SameSite=Lax\r\n")
        }
    }
}

extension ResponseHeadView {
    /// `content-type: text/event-stream`, with or without parameters: it runs until somebody leaves.
    fileprivate var isEventStream: Bool {
        guard let value = fields.value(.contentType)?.slice(of: bytes) else { return false }
        let name: StaticString = "text/event-stream"
        guard value.hasWord(name) else { return false }
        guard value.count > name.utf8CodeUnitCount else { return true }
        let next = value[name.utf8CodeUnitCount]
        return next == UInt8(ascii: ";") || next == 0x20 || next == 0x09
    }
}
