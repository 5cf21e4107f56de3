import HTTP

/// Writes a parsed head anew as a proxy would, and reads it back.
enum Reforwarding {
    /// The head that would be sent upstream for the head in `bytes`, which `parser` has just accepted; nil when its
    /// path is refused.
    static func request(_ parser: RequestHeadParser, _ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        let head = parser.head
        let target = head.pathAndQuery.slice(of: bytes)
        guard var normal = forms(of: target)?.forwarded else { return nil }
        if head.method == .options, head.targetForm == .absolute, head.pathAndQuery.isEmpty { normal = [0x2A] }
        return [UInt8](unsafeUninitializedCapacity: bytes.count + 200) { buffer, count in
            var writer = HeadWriter(UnsafeMutableRawBufferPointer(buffer))
            writer.append(head.methodRange, of: bytes)
            writer.append(" ")
            normal.withUnsafeBytes { writer.append($0) }
            writer.append(" HTTP/1.1\r\nhost: ")
            if head.host.isEmpty { writer.append("none") } else { writer.append(head.host, of: bytes) }
            writer.append("\r\n")
            writer.appendFraming(head.framing)
            writer.copyFields(of: parser.fields, from: bytes, cutting: .cutFromRequest)
            writer.append("\r\n")
            precondition(!writer.hasOverflowed, "the forwarded head outgrew its buffer")
            count = writer.count
        }
    }

    /// A target as it is forwarded, and its path as it is matched; nil when it is refused.
    static func forms(
        of target: UnsafeRawBufferPointer, _ normaliser: TargetNormaliser = TargetNormaliser()
    ) -> (forwarded: [UInt8], pathEnd: Int, matched: [UInt8])? {
        var buffer = [UInt8](repeating: 0xEE, count: TargetNormaliser.room(for: target.count))
        return buffer.withUnsafeMutableBytes { buffer in
            guard case .success(let read) = normaliser.read(target, into: buffer) else { return nil }
            return (Array(read.forwarded), read.forwardedPath.count, Array(read.path))
        }
    }

    /// Why the forwarded request is not the same message, or nil. `bytes` was accepted by `parser`.
    static func requestDifference(_ parser: RequestHeadParser, _ bytes: UnsafeRawBufferPointer) -> String? {
        guard let forwarded = request(parser, bytes) else { return nil }
        let first = parser.head
        let method = Array(first.methodRange.slice(of: bytes))
        let host = Array(first.host.slice(of: bytes))
        let kept = (0..<parser.fields.count).map { parser.fields[$0] }
            .filter { !FieldSet.cutFromRequest.contains($0.field) && !$0.isNominated }
            .map { (Array($0.name.slice(of: bytes)), Array($0.value.slice(of: bytes))) }
        let again = RequestHeadParser(limits: parser.limits, reservedPrefix: "x-strangler-")
        return forwarded.withUnsafeBytes { sent -> String? in
            guard again.parse(sent) == .complete(headLength: sent.count) else { return "does not parse again" }
            if Array(again.head.methodRange.slice(of: sent)) != method { return "method differs" }
            if !host.isEmpty, Array(again.head.host.slice(of: sent)) != host { return "host differs" }
            if again.head.framing != first.framing { return "framing differs" }
            let target = again.head.pathAndQuery.slice(of: sent)
            guard let before = forms(of: first.pathAndQuery.slice(of: bytes)), let after = forms(of: target) else {
                return "path is refused the second time"
            }
            if after.forwarded != Array(target) { return "path is not in normal form" }
            if target.elementsEqual([0x2A]) == false, after.matched != before.matched {
                return "another path is matched"
            }
            guard let plain = PlainReader.request(forwarded) else { return "second reader refuses the forwarded head" }
            let expected = plain.fields.dropFirst(first.framing == .none ? 1 : 2)
            guard expected.count == kept.count else { return "number of fields differs" }
            for (left, right) in zip(expected, kept) where left.name != right.0 || left.value != right.1 {
                return "field differs"
            }
            return nil
        }
    }

    /// What `parser` found, in the shape of the second reader.
    static func plain(_ parser: RequestHeadParser, _ bytes: UnsafeRawBufferPointer) -> PlainReader.Head {
        var head = PlainReader.Head()
        head.length = parser.head.length
        head.start = [
            Array(parser.head.methodRange.slice(of: bytes)), Array(parser.head.target.slice(of: bytes)),
            Array((parser.head.version == .http11 ? "HTTP/1.1" : "HTTP/1.0").utf8),
        ]
        head.body = body(parser.head.framing)
        head.fields = fields(parser.fields, bytes)
        return head
    }

    static func fields(_ table: FieldTable, _ bytes: UnsafeRawBufferPointer) -> [(name: [UInt8], value: [UInt8])] {
        (0..<table.count).map {
            (Array(table[$0].name.slice(of: bytes)), Array(table[$0].value.slice(of: bytes)))
        }
    }

    private static func body(_ framing: BodyFraming) -> PlainReader.Body {
        switch framing {
        case .none, .untilClose: .none
        case .chunked: .chunked
        case .length(let length): .length(length)
        }
    }
}
