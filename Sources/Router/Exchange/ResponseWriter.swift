import HTTP
import HTTPTransport

/// Sees a final response as its client gets it, piece by piece. All calls are on the loop's thread, and what is given
/// is valid during the call.
protocol ResponseObserver: AnyObject {
    /// Status line and field lines, each with CRLF; without what frames the body and concerns the connection.
    func responseBegan(_ head: UnsafeRawBufferPointer)
    /// A piece of the body, without framing. Responses to HEAD have none.
    func responseBody(_ bytes: UnsafeRawBufferPointer)
    /// Exactly once, and last.
    /// - Parameter isWhole: all of it was handed to the client's stream.
    func responseEnded(isWhole: Bool)
}

/// The one way out for the responses of exchanges: an upstream's, and the router's own.
///
/// No other file of the exchange writes a response to its client (`check-imports` sees to that), so an observer of the
/// exchange misses nothing. Where there is none, each piece costs one comparison.
extension Exchange {
    /// Begins the head of a response: append field lines, then give it to `sendHead` or `sendInformational`.
    /// - Parameters:
    ///   - reason: the phrase of HTTP/1.
    ///   - room: bytes that the lines may take.
    func beginHead(
        _ status: HTTPStatus, reason: UnsafeRawBufferPointer, room: Int, on client: any ClientStream
    ) -> HeadWriter {
        client.beginHead(status, reason: reason, room: room)
    }

    /// The same with the registered phrase, and room for a response of our own.
    func beginHead(_ status: HTTPStatus, on client: any ClientStream) -> HeadWriter { client.beginHead(status) }

    /// Sends an interim response (1xx other than 101), which observers do not see.
    func sendInformational(_ head: HeadWriter, on client: any ClientStream) { client.sendInformational(head) }

    /// - Parameter forceClose: the connection shall end with the response.
    func sendHead(_ head: HeadWriter, body: BodyLength, forceClose: Bool = false, on client: any ClientStream) {
        if observer != nil { observer?.responseBegan(head.written) }
        client.sendHead(head, body: body, forceClose: forceClose)
    }

    func sendBody(_ bytes: UnsafeRawBufferPointer, on client: any ClientStream) {
        if observer != nil { observer?.responseBody(bytes) }
        client.sendBody(bytes)
    }

    /// The response is complete. The exchange may carry another request when this returns, so it is the last thing to
    /// be done.
    func finishResponse(on client: any ClientStream) {
        if observer != nil { dismissObserver(isWhole: true) }
        client.finish()
    }

    /// Breaks the response off, so that no client takes it for whole. The last thing to be done, like `finishResponse`.
    func abortResponse(on client: any ClientStream) {
        if observer != nil { dismissObserver(isWhole: false) }
        client.abort()
    }

    /// Breaks off a stream so that what was sent of it is read first. The last thing to be done as well.
    func breakOffResponse(on client: any ClientStream) {
        if observer != nil { dismissObserver(isWhole: false) }
        client.breakOffUnbounded()
    }

    func dismissObserver(isWhole: Bool) {
        let dismissed = observer
        observer = nil
        dismissed?.responseEnded(isWhole: isWhole)
    }
}
