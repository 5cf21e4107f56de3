package import EventLoop

/// What both ends of an exchange have in common: bytes that wait for a peer, and reading that can be held. Confined to
/// its loop.
package protocol CoupledStream: AnyObject {
    var loop: Loop { get }

    /// Names the stream whose bytes this one sends on: it is not read while this one is blocked. Forgotten at the end
    /// of an exchange.
    func draw(from producer: any CoupledStream)
    /// Something waits for the peer to read. What is sent meanwhile waits behind it.
    var isWriteBlocked: Bool { get }
    /// Bytes that the peer has not taken yet, gathered ones included.
    var unsentCount: Int { get }

    /// Nothing is delivered any more until `resumeReading`; what the peer sends waits where it bounds the peer: in the
    /// kernel, or behind a window.
    func pauseReading()
    func resumeReading()
    /// Told by the stream that this one feeds: it cannot take more now, or can again.
    func setPausedByConsumer(_ paused: Bool)
}
