import HTTP
import HTTPTransport

extension Exchange {
    /// Fields that we always write ourselves, besides those that no request may carry on.
    private static let cut = FieldSet.cutFromRequest.union(.forwarding)
    private static let identityFields = FieldSet(.xRequestID)
    private static let traceFields = FieldSet(.traceparent, .tracestate)
    /// Constant bytes of the executable: valid for ever, from any thread.
    private nonisolated(unsafe) static let unknownHost: UnsafeRawBufferPointer = {
        let text: StaticString = "localhost"
        return UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }()

    /// Constant as well.
    nonisolated(unsafe) static let asterisk: UnsafeRawBufferPointer = {
        let text: StaticString = "*"
        return UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }()

    /// Phase 3: the head as the upstream gets it, without its final empty line, kept for a second sending.
    ///
    /// Written anew from what was parsed: our own request line, Host and framing; the client's field lines in runs, less what is for this hop
    /// only and what only we may say; then what we say.
    func rewriteHead(
        _ request: RequestHeadView, _ fields: FieldTable, target: UnsafeRawBufferPointer, client: ServerConnection
    ) {
        let parsed = request.head
        // Only HTTP/1.0 may come without Host; upstreams of 1.1 refuse an empty one.
        let host = parsed.host.isEmpty ? Self.unknownHost : request[parsed.host]
        let isTrusted = isTrustedPeer
        let keepsIdentity = keepsRequestIdentity(request, fields)
        let keepsTrace = keepsTraceContext(request, fields)
        var cut = Self.cut
        if !keepsIdentity { cut.formUnion(Self.identityFields) }
        if !keepsTrace { cut.formUnion(Self.traceFields) }
        // Everything that is added fits in 640 bytes but the host, which is written twice.
        let size = request.bytes.count * 2 + target.count + host.count * 2 + 640
        var writer = HeadWriter(head.room(for: size))
        writer.append(parsed.methodRange, of: request.bytes)
        writer.append(byte: 0x20)
        writer.append(target)
        writer.append(" HTTP/1.1\r\nhost: ")
        writer.append(host)
        writer.append("\r\n")
        writer.copyFields(of: fields, from: request.bytes, cutting: cut)
        appendForwarded(&writer, request, fields, host: host, client: client, isTrusted: isTrusted)
        appendIdentity(&writer, keepsIdentity: keepsIdentity, keepsTrace: keepsTrace)
        writer.appendFraming(framing)
        if isUpgrade { writer.append("connection: upgrade\r\nupgrade: websocket\r\n") }
        head.wrote(writer.count)
    }

    private func appendForwarded(
        _ writer: inout HeadWriter, _ request: RequestHeadView, _ fields: FieldTable, host: UnsafeRawBufferPointer,
        client: ServerConnection, isTrusted: Bool
    ) {
        writer.append("x-forwarded-for: ")
        if isTrusted {
            // All lines are one list, in their order (RFC 9110 5.3): a trusted peer may have put its own behind one that its client wrote.
            fields.forEach(.xForwardedFor) { line in
                guard !line.value.isEmpty else { return }
                writer.append(line.value, of: request.bytes)
                writer.append(", ")
            }
        }
        if !client.isUnix { writer.append(text: client.peerText) } else { writer.append("unknown") }
        if isTrusted, let proto = fields.lastValue(.xForwardedProto) {
            writer.append("\r\nx-forwarded-proto: ")
            writer.append(proto, of: request.bytes)
        } else {
            writer.append("\r\nx-forwarded-proto: http")
        }
        writer.append("\r\nx-forwarded-host: ")
        if isTrusted, let before = fields.lastValue(.xForwardedHost) {
            writer.append(before, of: request.bytes)
        } else {
            writer.append(host)
        }
        // RFC 9110 7.6.3; a line of its own is the same as one more element of the list.
        writer.append("\r\nvia: 1.1 strangler\r\n")
    }

    private func appendIdentity(_ writer: inout HeadWriter, keepsIdentity: Bool, keepsTrace: Bool) {
        if keepsIdentity, keepsTrace { return }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digits in
            guard let base = digits.baseAddress else { return }
            identity.write(to: base)
            let text = UnsafeRawBufferPointer(digits)
            if !keepsIdentity {
                writer.append("x-request-id: ")
                writer.append(text)
                writer.append("\r\n")
            }
            if !keepsTrace {
                // W3C Trace Context 3.2.2: version, trace id, parent id, flags (not sampled: we record no spans).
                writer.append("traceparent: 00-")
                writer.append(text)
                writer.append("-")
                writer.append(UnsafeRawBufferPointer(rebasing: text[16...]))
                writer.append("-00\r\n")
            }
        }
    }

    /// A client's own id is passed on when it is one token of sane length; anything else is replaced.
    private func keepsRequestIdentity(_ request: RequestHeadView, _ fields: FieldTable) -> Bool {
        guard fields.present.contains(.xRequestID), !fields.repeated.contains(.xRequestID),
            let range = fields.value(.xRequestID)
        else { return false }
        let value = request[range]
        return (1...128).contains(value.count)
            && value.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }
    }

    /// `00-<32 hex>-<16 hex>-<2 hex>`, once (W3C Trace Context 3.2).
    private func keepsTraceContext(_ request: RequestHeadView, _ fields: FieldTable) -> Bool {
        guard fields.present.contains(.traceparent), !fields.repeated.contains(.traceparent),
            let range = fields.value(.traceparent)
        else { return false }
        let value = request[range]
        guard value.count == 55 else { return false }
        for (index, byte) in value.enumerated() {
            if index == 2 || index == 35 || index == 52 {
                guard byte == UInt8(ascii: "-") else { return false }
            } else {
                guard hexValue(byte) != nil, byte < 0x41 || byte > 0x46 else { return false }
            }
        }
        return true
    }
}
