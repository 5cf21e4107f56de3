/// What a stream to an upstream tells. All on the loop's thread; nothing after `upstreamEnd`, `upstreamFailed` or
/// `cancel`.
package protocol UpstreamStreamDelegate: AnyObject {
    /// `upstream` can be sent to, and takes the place of the stream that was handed out with `isConnected == false`:
    /// that one is over.
    func upstreamConnected(_ upstream: any UpstreamStream)
    /// 1xx other than 101; at most 16 of them.
    func upstreamInformational(_ upstream: any UpstreamStream, _ response: ResponseHeadView)
    /// The final head, or 101 when it was asked for; after that, body bytes are raw.
    func upstreamHead(_ upstream: any UpstreamStream, _ response: ResponseHeadView)
    /// Body bytes, without chunk framing, valid during the call.
    func upstreamBody(_ upstream: any UpstreamStream, _ bytes: UnsafeRawBufferPointer)
    /// The response is complete. The stream is back in its pool, or closed: let go of it.
    func upstreamEnd(_ upstream: any UpstreamStream)
    /// What waited for the upstream has been sent.
    func upstreamWritable(_ upstream: any UpstreamStream)
    /// It failed and is closed.
    func upstreamFailed(_ upstream: any UpstreamStream, _ failure: UpstreamFailure)
}

extension UpstreamStreamDelegate {
    package func upstreamInformational(_ upstream: any UpstreamStream, _ response: ResponseHeadView) {}
    package func upstreamWritable(_ upstream: any UpstreamStream) {}
}
