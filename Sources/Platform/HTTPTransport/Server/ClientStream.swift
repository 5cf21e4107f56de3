package import HTTP

/// The client's end of one exchange: what an exchange asks of it, whatever version of HTTP the client speaks.
///
/// HTTP/1.1's is its whole connection, which serves one request at a time; a version that carries several at once has
/// one object for each. A head is field lines (`name: value` and CRLF) that the exchange writes; its start line, what
/// frames the body, what concerns the connection and the end of the head are written by the stream.
package protocol ClientStream: CoupledStream {
    /// Who is told of the exchange in service; nil: the listener's delegate. Set it in `requestHead` to hand the
    /// exchange over; nil again when that has ended.
    var delegate: (any ClientStreamDelegate)? { get set }

    // MARK: The peer

    /// The peer's address without port; "unix" for unix sockets.
    var peerText: String { get }
    /// The peer's port; 0 for unix sockets.
    var peerPort: UInt16 { get }
    /// The peer's address as 16 bytes, IPv4 mapped.
    var peerBytes: (high: UInt64, low: UInt64) { get }
    var isUnix: Bool { get }
    /// The client came through TLS.
    var isSecure: Bool { get }
    /// The upstream connections that belong to this client's connection; nil: none so far.
    var bound: BoundStreams? { get }
    /// The same, to bind one to.
    func bindingStreams() -> BoundStreams
    /// Appends `peerText`: one count of its reference less than to read it.
    func writePeer(to writer: inout HeadWriter)

    // MARK: The request

    /// Limits the body of the request that `requestHead` just delivered. False when its declared length is larger
    /// already: answer 413.
    func limitBody(to limit: UInt64) -> Bool
    /// Asks the client for the body it announced; nothing when it does not wait.
    func sendContinue()
    /// Body bytes so far, or bytes that came through a tunnel.
    var receivedBodyBytes: UInt64 { get }

    // MARK: The response

    /// Begins a head: append whole field lines to what is returned, then give it to `sendHead` or `sendInformational`
    /// before anything else is written to any stream of the loop: it may lie where those gather.
    /// - Parameters:
    ///   - reason: The phrase of HTTP/1; versions without one leave it out.
    ///   - room: Bytes that the lines may take; with more the head may overflow, and is broken off when it is sent.
    func beginHead(_ status: HTTPStatus, reason: UnsafeRawBufferPointer, room: Int) -> HeadWriter
    /// Ends an interim head (1xx other than 101) and sends it. Dropped for clients of HTTP/1.0 (RFC 9110 15.2) and once
    /// the response has begun.
    func sendInformational(_ head: HeadWriter)
    /// Ends the head of the response and sends it. After 101 bytes go both ways as they are.
    /// - Parameter forceClose: The connection shall end with it.
    func sendHead(_ head: HeadWriter, body: BodyLength, forceClose: Bool)
    /// A piece of the body. Dropped when the response has none (HEAD).
    func sendBody(_ bytes: UnsafeRawBufferPointer)
    /// The response is complete. One that is shorter than announced is broken off.
    func finish()
    /// Breaks the response off in a way that the client cannot take for a proper end.
    func abort()
    /// Breaks off a response of unknown length so that what was sent is read before the end is seen, where the version
    /// allows that without the answer looking whole. Any other answer, or one that the client does not take, ends as by
    /// `abort`.
    func breakOffUnbounded()
    /// The response in service has begun and nobody knows where it ends: a stream, or a tunnel.
    var sendsUnboundedBody: Bool { get }
    /// A response of our own as `application/problem+json` (RFC 9457), which ends the exchange.
    /// - Parameter detail: has nothing that JSON would escape.
    func sendProblem(status: HTTPStatus, detail: StaticString)
}

extension ClientStream {
    /// A head with the registered reason, with room for 4 KiB of lines.
    package func beginHead(_ status: HTTPStatus) -> HeadWriter {
        beginHead(status, reason: status.reasonBytes, room: 4 << 10)
    }

    package func sendHead(_ head: HeadWriter, body: BodyLength) { sendHead(head, body: body, forceClose: false) }
}
