package import HTTP

/// Reads the messages of one direction of a connection from memory: for tests. The router reads piece by piece.
package struct WholeMessages: Equatable, Sendable {
    /// Why reading stopped.
    package enum End: Equatable, Sendable {
        /// All bytes were used, and the last message is whole.
        case complete
        /// The last message goes on behind the bytes.
        case needMoreBytes
        /// The body of the last message lasts until the connection closes: here, to the end of the bytes.
        case closeDelimited
        /// The last message closes the connection: bytes behind it are no message.
        case closing
        /// The last message leaves HTTP/1.1: bytes behind it are another protocol's.
        case upgraded
        case invalid(HTTPViolation)
    }

    package struct Message: Equatable, Sendable {
        /// Method, target, version or version, code, reason; as they came.
        package var start: [String]
        package var fields: HTTPFields
        package var body: [UInt8]
    }

    /// Those that are whole, and with `.closeDelimited` the last one too.
    package var messages: [Message] = []
    package var end: End = .complete
    /// Bytes of whole messages.
    package var used = 0

    private var bodyTolerance: Tolerance?

    /// Reads requests.
    package init(requests bytes: [UInt8]) {
        let parser = RequestHeadParser()
        read(bytes) { rest in
            let result = parser.parse(rest)
            guard case .complete = result else { return (result, nil) }
            let head = parser.head
            let start = [head.methodRange, head.target].map { String(decoding: $0.slice(of: rest), as: UTF8.self) }
            let version = head.version == .http11 ? "HTTP/1.1" : "HTTP/1.0"
            let message = Message(start: start + [version], fields: HTTPFields(parser.fields, in: rest), body: [])
            let next: End = head.isWebSocketUpgrade ? .upgraded : head.keepAlive ? .complete : .closing
            return (result, (message, head.framing, next))
        }
    }

    /// Reads responses, all of them to requests with `method`. Interim ones count as messages.
    package init(responses bytes: [UInt8], answering method: HTTPMethod = .get, tolerance: Tolerance = .strict) {
        let parser = ResponseHeadParser(tolerance: tolerance)
        bodyTolerance = tolerance
        read(bytes) { rest in
            let result = parser.parse(rest, answering: method)
            guard case .complete = result else { return (result, nil) }
            let head = parser.head
            let source = parser.source(rest)
            let reason = String(decoding: head.reason.slice(of: source), as: UTF8.self)
            let version = head.version == .http11 ? "HTTP/1.1" : "HTTP/1.0"
            let message = Message(
                start: [version, "\(head.status.rawValue)", reason], fields: HTTPFields(parser.fields, in: source),
                body: [])
            let next: End = head.status == .switchingProtocols ? .upgraded : head.keepAlive ? .complete : .closing
            return (result, (message, head.framing, next))
        }
    }

    private mutating func read(
        _ bytes: [UInt8], parse: (UnsafeRawBufferPointer) -> (HeadParseResult, (Message, BodyFraming, End)?)
    ) {
        bytes.withUnsafeBytes { all in
            while used < all.count {
                let rest = UnsafeRawBufferPointer(rebasing: all[used...])
                let (result, parsed) = parse(rest)
                guard case .complete(let length) = result, let (head, framing, next) = parsed else {
                    if case .invalid(let violation) = result { end = .invalid(violation) } else { end = .needMoreBytes }
                    return
                }
                var message = head
                var offset = length
                let bodyEnd = body(framing, rest, &offset, into: &message.body)
                if bodyEnd == .complete || bodyEnd == .closeDelimited { messages.append(message) }
                end = bodyEnd == .complete ? next : bodyEnd
                guard bodyEnd == .complete else { return }
                used += offset
                guard next == .complete else { return }
            }
        }
    }

    private func body(
        _ framing: BodyFraming, _ bytes: UnsafeRawBufferPointer, _ offset: inout Int, into body: inout [UInt8]
    ) -> End {
        switch framing {
        case .none: return .complete
        case .length(let length):
            guard length <= UInt64(bytes.count - offset) else { return .needMoreBytes }
            body += bytes[offset..<(offset + Int(length))]
            offset += Int(length)
            return .complete
        case .untilClose:
            body += bytes[offset...]
            return .closeDelimited
        case .chunked:
            var decoder = ChunkedDecoder(tolerance: bodyTolerance)
            while true {
                switch decoder.next(bytes, at: &offset) {
                case .data(let range): body += bytes[range]
                case .end: return .complete
                case .needMoreBytes: return .needMoreBytes
                case .invalid(let violation): return .invalid(violation)
                }
            }
        }
    }
}
