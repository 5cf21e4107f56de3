import Testing

@testable import HTTPTransport

/// The two halves of an exchange, as a table of states and events.
@Suite struct ServerExchangeTests {
    typealias Request = ServerExchange.Request
    typealias Response = ServerExchange.Response

    private static func exchange(
        _ request: Request, _ response: Response, closes: Bool = false, isOpen: Bool = true
    ) -> ServerExchange {
        var exchange = ServerExchange()
        exchange.request = request
        exchange.response = response
        exchange.closes = closes
        exchange.isOpen = isOpen
        return exchange
    }

    @Test(arguments: [
        // A whole request: the connection goes on, or ends as was announced.
        (Request.complete, false, false, ServerExchange.FinishAction.next, Request.idle),
        (.complete, true, false, .closeWhenSent, .discarding), (.complete, true, true, .linger, .discarding),
        (.complete, false, true, .next, .idle),
        // Bytes of the request may still come: a close would reset the response away.
        (.body, false, false, .linger, .discarding), (.body, true, false, .linger, .discarding),
        (.tunnel, true, false, .linger, .discarding), (.discarding, true, false, .linger, .discarding),
    ])
    func `a finished answer leads on by what is left of the request`(
        request: Request, closes: Bool, hasSurplus: Bool, action: ServerExchange.FinishAction, next: Request
    ) {
        var exchange = Self.exchange(request, .begun, closes: closes)
        #expect(exchange.responseFinished(hasSurplus: hasSurplus) == action)
        #expect(exchange.request == next)
        #expect(!exchange.isOpen)
        #expect(exchange.isIdle == (action == .next))
    }

    @Test(arguments: [Request.idle, .head, .body], [Response.none, .begun])
    func `a bad request is answered unless an answer is under way, and always ends the connection`(
        request: Request, response: Response
    ) {
        var exchange = Self.exchange(request, response)
        #expect(exchange.requestFailed() == (response == .none ? .answer : .breakOff))
        #expect(exchange.closes)
        #expect(exchange.request == .discarding)
    }
}
