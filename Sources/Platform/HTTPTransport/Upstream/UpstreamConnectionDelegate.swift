package import HTTP

/// A response head as it lies in memory; valid during the call that hands it out.
package struct ResponseHeadView {
    package let bytes: UnsafeRawBufferPointer
    @usableFromInline unowned(unsafe) let parser: ResponseHeadParser
    // unowned(unsafe): the parser belongs to the pool's settings, which outlive every call.

    init(bytes: UnsafeRawBufferPointer, parser: ResponseHeadParser) {
        self.bytes = bytes
        self.parser = parser
    }

    @inlinable package var head: ResponseHead { parser.head }
    @inlinable package var fields: FieldTable { parser.fields }
    @inlinable package subscript(range: ByteRange) -> UnsafeRawBufferPointer { range.slice(of: bytes) }
}

/// What a connection to an upstream tells. All on the loop's thread; nothing after `upstreamEnd`, `upstreamFailed` or `cancel`.
package protocol UpstreamConnectionDelegate: AnyObject {
    /// It can be sent to. Only when `acquire` returned it with `isConnected == false`.
    func upstreamConnected(_ upstream: UpstreamConnection)
    /// 1xx other than 101; at most 16 of them.
    func upstreamInformational(_ upstream: UpstreamConnection, _ response: ResponseHeadView)
    /// The final head, or 101 when it was asked for; after that, body bytes are raw.
    func upstreamHead(_ upstream: UpstreamConnection, _ response: ResponseHeadView)
    /// Body bytes, without chunk framing, valid during the call.
    func upstreamBody(_ upstream: UpstreamConnection, _ bytes: UnsafeRawBufferPointer)
    /// The answer is complete. The connection is back in its pool, or closed: let go of it.
    func upstreamEnd(_ upstream: UpstreamConnection)
    /// What waited for the upstream has been sent.
    func upstreamWritable(_ upstream: UpstreamConnection)
    /// It failed and is closed.
    func upstreamFailed(_ upstream: UpstreamConnection, _ failure: UpstreamFailure)
}

extension UpstreamConnectionDelegate {
    package func upstreamInformational(_ upstream: UpstreamConnection, _ response: ResponseHeadView) {}
    package func upstreamWritable(_ upstream: UpstreamConnection) {}
}
