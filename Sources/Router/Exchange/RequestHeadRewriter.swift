import HTTP
import HTTPTransport

extension Exchange {
    /// Fields that we always write ourselves, besides those that no request may carry on, and those that we write when
    /// the client's will not do. One constant: each that is made at first use costs a call on every request.
    private static let cut = (
        always: FieldSet.cutFromRequest.union(FieldSet(.xForwardedFor, .xForwardedProto, .xForwardedHost)),
        unvouched: FieldSet(.via, .forwarded, .xForwardedPort, .xForwardedOther, .xRealIP),
        seldom: FieldSet(.underscored, .lookalike, .forwarded, .xForwardedPort, .xRealIP, .maxForwards),
        identity: FieldSet(.xRequestID), trace: FieldSet(.traceparent, .tracestate)
    )
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

    /// The head as the upstream gets it, kept for a second sending.
    ///
    /// Written anew from what was parsed: method, target and host; the client's field lines in runs, less what is for
    /// this hop only and what only we may say; then what we say. What frames the body and what concerns the connection
    /// is written by whoever sends it.
    func rewriteHead(
        _ route: LoopRoute, _ request: RequestHeadView, target: UnsafeRawBufferPointer, client: any ClientStream
    ) {
        let parsed = request.head
        // Only the oldest version may come without a host; upstreams refuse an empty one.
        let host = parsed.host.isEmpty ? Self.unknownHost : request[parsed.host]
        let isTrusted = isTrustedPeer(client, of: route)
        let keepsIdentity = keepsRequestIdentity(request)
        // Where none is made, what the client sent is not ours to judge.
        let keepsTrace = !route.makesTraces || keepsTraceContext(request)
        let sets = Self.cut
        var cut = sets.always
        if !keepsIdentity { cut.formUnion(sets.identity) }
        if !keepsTrace { cut.formUnion(sets.trace) }
        if !isTrusted { cut.formUnion(sets.unvouched) }
        let hasSeldom = !request.fields.present.isDisjoint(with: sets.seldom)
        if hasSeldom { cut.formUnion(seldomCut(request, isTrusted: isTrusted)) }
        // The client's lines, of which what a trusted peer said is only moved; the host; and what we add, 320 bytes at
        // most.
        var writer = head.begin(
            method: request[parsed.methodRange], target: target, authority: host,
            linesRoom: request.bytes.count + host.count + 320 + (hasSeldom ? host.count + 256 : 0))
        writer.copyFields(of: request.fields, from: request.bytes, cutting: cut)
        appendForwarded(&writer, request, host: host, client: client, isTrusted: isTrusted)
        if hasSeldom { appendSeldom(&writer, request, host: host, client: client, isTrusted: isTrusted) }
        appendIdentity(
            &writer, keepsIdentity: keepsIdentity, keepsTrace: keepsTrace, rejecting: route.traceThreshold)
        head.ended(writer)
    }

    private func appendForwarded(
        _ writer: inout HeadWriter, _ request: RequestHeadView, host: UnsafeRawBufferPointer,
        client: any ClientStream, isTrusted: Bool
    ) {
        writer.append("x-forwarded-for: ")
        if isTrusted {
            // All lines are one list, in their order (RFC 9110 5.3): a trusted peer may have put its own behind one
            // that its client wrote.
            request.fields.forEach(.xForwardedFor) { line in
                guard !line.value.isEmpty else { return }
                writer.append(line.value, of: request.bytes)
                writer.append(", ")
            }
        }
        if !client.isUnix { client.writePeer(to: &writer) } else { writer.append("unknown") }
        if isTrusted, let proto = request.fields.lastValue(.xForwardedProto) {
            writer.append("\r\nx-forwarded-proto: ")
            writer.append(proto, of: request.bytes)
        } else {
            writer.append(client.isSecure ? "\r\nx-forwarded-proto: https" : "\r\nx-forwarded-proto: http")
        }
        writer.append("\r\nx-forwarded-host: ")
        if isTrusted, let before = request.fields.lastValue(.xForwardedHost) {
            writer.append(before, of: request.bytes)
        } else {
            writer.append(host)
        }
        // RFC 9110 7.6.3: the version that we speak with the client; a line of its own is the same as one more element
        // of the list.
        switch request.head.version {
        case .http10, .http11: writer.append("\r\nvia: 1.1 strangler\r\n")
        }
    }

    /// - Parameter threshold: traces whose last 56 bits are below it are not sampled.
    private func appendIdentity(
        _ writer: inout HeadWriter, keepsIdentity: Bool, keepsTrace: Bool, rejecting threshold: UInt64
    ) {
        if keepsIdentity, keepsTrace { return }
        // W3C Trace Context 3.2.2: version, trace id, parent id, flags. Sampled, although we record no spans: whoever
        // is behind us would otherwise take it that the trace is not wanted, and record none. Both lines at once: eight
        // pieces for most requests were a fiftieth of their instructions.
        let form: StaticString = """
            x-request-id: 0123456789abcdef0123456789abcdef\r\ntraceparent: 00-0123456789abcdef0123456789abcdef-0123456789abcdef-01\r\n
            """
        let (firstCount, count) = (48, 118)
        withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { lines in
            guard let base = lines.baseAddress else { return }
            base.copyMemory(from: form.utf8Start, byteCount: count)
            identity.write(to: (base + 14).assumingMemoryBound(to: UInt8.self))
            (base + 64).copyMemory(from: base + 14, byteCount: 32)
            (base + 97).copyMemory(from: base + 30, byteCount: 16)
            if threshold > 0, identity.low & (1 << 56 - 1) < threshold {
                base.storeBytes(of: UInt8(ascii: "0"), toByteOffset: 115, as: UInt8.self)
            }
            let start = keepsIdentity ? firstCount : 0
            writer.append(
                UnsafeRawBufferPointer(start: base + start, count: (keepsTrace ? firstCount : count) - start))
        }
    }

    /// A client's own id is passed on when it is one token of sane length; anything else is replaced.
    private func keepsRequestIdentity(_ request: RequestHeadView) -> Bool {
        guard request.fields.present.contains(.xRequestID), !request.fields.repeated.contains(.xRequestID),
            let range = request.fields.value(.xRequestID)
        else { return false }
        let value = request[range]
        return (1...128).contains(value.count)
            && value.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }
    }

    /// `00-<32 hex>-<16 hex>-<2 hex>`, once (W3C Trace Context 3.2). Neither id is zero; a later version may say more
    /// behind (4.3).
    private func keepsTraceContext(_ request: RequestHeadView) -> Bool {
        guard request.fields.present.contains(.traceparent), !request.fields.repeated.contains(.traceparent),
            let range = request.fields.value(.traceparent)
        else { return false }
        return Self.isTraceParent(request[range])
    }

    static func isTraceParent(_ value: UnsafeRawBufferPointer) -> Bool {
        guard value.count >= 55 else { return false }
        var (traceBits, parentBits): (UInt8, UInt8) = (0, 0)
        for index in 0..<55 {
            let byte = value[index]
            if index == 2 || index == 35 || index == 52 {
                guard byte == UInt8(ascii: "-") else { return false }
                continue
            }
            guard let digit = HexDigit.value(byte), byte < 0x41 || byte > 0x46 else { return false }
            if index < 35 { if index > 2 { traceBits |= digit } } else if index < 52 { parentBits |= digit }
        }
        guard traceBits != 0, parentBits != 0 else { return false }
        let (high, low) = (value[0], value[1])
        if high == UInt8(ascii: "f"), low == UInt8(ascii: "f") { return false }
        if value.count == 55 { return true }
        let isFirst = high == UInt8(ascii: "0") && low == UInt8(ascii: "0")
        return !isFirst && value[55] == UInt8(ascii: "-")
    }
}
