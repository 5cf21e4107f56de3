import HTTP

/// Takes the framing off an arriving body: one shape for all framings. Pure: bytes in, ranges out.
struct BodyReader {
    private enum Framing {
        /// So many bytes are still to come. Next: itself, `ended`.
        case length(UInt64)
        /// Next: itself, `ended`.
        case chunked(ChunkedDecoder)
        /// Until the sender closes, or raw bytes of a tunnel. Final.
        case unbounded
        /// Final.
        case ended
    }

    private var framing: Framing
    /// Body bytes seen.
    private(set) var received: UInt64 = 0

    /// - Parameter tolerance: Of the upstream whose response it is; nil: the body is a request's.
    init(_ framing: BodyFraming, tolerance: Tolerance? = nil) {
        switch framing {
        case .none, .length(0): self.framing = .ended
        case .length(let length): self.framing = .length(length)
        case .chunked: self.framing = .chunked(ChunkedDecoder(tolerance: tolerance))
        case .untilClose: self.framing = .unbounded
        }
    }

    /// Whether the sender's close is a proper end.
    var endsWithClose: Bool { if case .unbounded = framing { true } else { false } }
    var isAtEnd: Bool { if case .ended = framing { true } else { false } }

    /// The next thing in `bytes` from `offset` on, which is moved behind it.
    mutating func next(_ bytes: UnsafeRawBufferPointer, at offset: inout Int) -> ChunkedDecoder.Event {
        switch framing {
        case .ended: return .end
        case .length(let remaining):
            let available = bytes.count - offset
            guard available > 0 else { return .needMoreBytes }
            let taken = remaining > UInt64(available) ? available : Int(remaining)
            framing = remaining == UInt64(taken) ? .ended : .length(remaining - UInt64(taken))
            return take(taken, &offset)
        case .unbounded:
            let available = bytes.count - offset
            guard available > 0 else { return .needMoreBytes }
            return take(available, &offset)
        case .chunked(var decoder):
            framing = .ended  // so that the decoder is not copied while it is changed
            let event = decoder.next(bytes, at: &offset)
            framing = event == .end ? .ended : .chunked(decoder)
            if case .data(let range) = event { received &+= UInt64(range.count) }
            return event
        }
    }

    private mutating func take(_ count: Int, _ offset: inout Int) -> ChunkedDecoder.Event {
        let range = offset..<(offset + count)
        offset += count
        received &+= UInt64(count)
        return .data(range)
    }
}
