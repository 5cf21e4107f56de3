package import EventLoop
import HTTP

/// What is spoken over a `ByteTransport`: HTTP/1.1 with a client, or with an upstream. It owns no socket; the transport
/// tells it what the socket has to say, and carries its bytes. Confined to the loop of its transport.
///
/// A class to derive from and no protocol of Swift: the transport calls it through an unmanaged reference, for which it
/// must be a class, and none of the calls costs a count then.
package class ConnectionProtocol: CoupledStream {
    package final let transport: ByteTransport

    init(_ transport: ByteTransport) { self.transport = transport }

    // MARK: What the transport tells

    /// Something came, or the end, or a loss; whether it is wanted or not.
    func inputReady(_ events: EventSet) {}
    /// The deadline has passed.
    func deadlineReached() {}
    /// The peer has accepted the connection, or has not. Only after `connect` said that it was not done.
    func connected() {}
    func connectFailed(_ error: SystemError) {}
    /// Everything that waited has been sent.
    func outputDrained() {}
    /// Sending failed. Never called from inside a write.
    func outputFailed(_ error: SystemError) {}
    /// Some of what waited was taken.
    func outputProgressed() {}
    /// Output began to wait for the peer.
    func outputBlocked() {}
    /// Reading may go on: look at what is kept.
    func readingResumed() {}
    /// Whether `inputReady` wants to be told of bytes at all now, apart from pauses.
    var wantsInput: Bool { true }
    /// Whether the peer's FIN is news, rather than something to be found by reading.
    var wantsPeerFinished: Bool { true }

    // MARK: What it asks of the transport

    package final var loop: Loop { transport.loop }
    final var isClosed: Bool { transport.isClosed }
    package final var isWriteBlocked: Bool { transport.isWriteBlocked }
    package final var unsentCount: Int { transport.unsentCount }
    final var isPaused: Bool { transport.isPaused }
    final var isPausedByOwner: Bool { transport.isPausedByOwner }

    package final func draw(from producer: any CoupledStream) { transport.draw(from: producer) }
    package final func pauseReading() { transport.pauseReading() }
    package final func resumeReading() { transport.resumeReading() }
    package final func setPausedByConsumer(_ paused: Bool) { transport.setPausedByConsumer(paused) }

    final func setDeadline(_ moment: Moment) { transport.setDeadline(moment) }
    final func clearDeadline() { transport.clearDeadline() }
    final func updateInterest() { transport.updateInterest() }
    final func write(_ bytes: UnsafeRawBufferPointer) { transport.write(bytes) }
    final func write(_ text: StaticString) { transport.write(text) }
    final func write(head: HeadWriter) { transport.write(head: head) }
    final func beginHead(_ size: Int) -> HeadWriter { transport.beginHead(size) }
    final func flush() { transport.flush() }
}
