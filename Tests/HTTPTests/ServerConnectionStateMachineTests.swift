import HTTP
import Testing

@Suite struct ServerConnectionStateMachineTests {
    /// A machine that has read a whole request head.
    private func exchanging(_ framing: BodyFraming = .none, keepAlive: Bool = true) -> ServerConnectionStateMachine {
        var machine = ServerConnectionStateMachine()
        _ = machine.bytesArrived()
        _ = machine.headParsed(framing, keepAlive: keepAlive)
        return machine
    }

    @Test func `a request without body is answered and the next one read`() {
        var machine = ServerConnectionStateMachine()
        #expect(machine.bytesArrived() == .parseHead)
        #expect(machine.headParsed(.none, keepAlive: true) == .deliverHeadAndEnd)
        #expect(machine.responseStarted() == .send)
        #expect(machine.responseEnded() == .readNextRequest)
        #expect(machine.isIdle)
    }

    @Test func `a pipelined request is held until the answer before it is sent`() {
        var machine = exchanging()
        #expect(machine.bytesArrived() == .hold)
        #expect(machine.responseStarted() == .send)
        #expect(machine.bytesArrived() == .hold)
        #expect(machine.responseEnded() == .readNextRequest)
        #expect(machine.bytesArrived() == .parseHead)
    }

    @Test func `what follows a request that closes is thrown away`() {
        var machine = exchanging(keepAlive: false)
        #expect(machine.bytesArrived() == .discard)
        #expect(machine.responseStarted() == .sendClosing)
        #expect(machine.responseEnded() == .linger)
        #expect(machine.bytesArrived() == .discard)
        #expect(machine.inputClosed() == .close)
        #expect(machine.isClosed)
    }

    @Test func `an answer before the end of the request closes the connection`() {
        var machine = exchanging(.length(10))
        #expect(machine.responseStarted() == .sendClosing)
        #expect(machine.bytesArrived() == .readBody)
        #expect(machine.responseEnded() == .linger)
    }

    @Test func `an early answer may instead drain the rest of the request`() {
        var machine = exchanging(.length(10))
        #expect(machine.responseStarted(drainsRequest: true) == .send)
        #expect(machine.responseEnded() == .proceed)
        #expect(machine.bytesArrived() == .readBody)
        #expect(machine.requestEnded() == .readNextRequest)
    }

    @Test func `a framing error is answered once and nothing is read after it`() {
        var machine = ServerConnectionStateMachine()
        #expect(machine.bytesArrived() == .parseHead)
        #expect(machine.requestRefused(.badRequest) == .answer(.badRequest))
        #expect(machine.responseEnded() == .linger)
        #expect(machine.bytesArrived() == .discard)
        #expect(machine.requestRefused(.badRequest) == .none)
    }

    @Test func `a framing error behind the begin of the answer breaks the answer`() {
        var machine = exchanging(.chunked)
        _ = machine.responseStarted(drainsRequest: true)
        #expect(machine.requestRefused(.badRequest) == .abort)
        #expect(machine.isClosed)
    }

    @Test func `stopping closes an idle connection at once and a busy one after its answer`() {
        var idle = ServerConnectionStateMachine()
        #expect(idle.stop() == .close)
        var busy = exchanging()
        #expect(busy.stop() == .proceed)
        #expect(busy.responseStarted() == .sendClosing)
        #expect(busy.responseEnded() == .linger)
        var begun = exchanging()
        _ = begun.responseStarted()
        #expect(begun.stop() == .proceed)
        #expect(begun.responseEnded() == .linger)
    }

    @Test func `a client that leaves cancels its exchange`() {
        var idle = ServerConnectionStateMachine()
        #expect(idle.inputClosed() == .close)
        var busy = exchanging()
        #expect(busy.inputClosed() == .cancelExchange)
        #expect(busy.inputClosed() == .none)
        #expect(busy.responseStarted() == .drop)
        var broken = exchanging(.length(1))
        #expect(broken.connectionLost() == .cancelExchange)
    }

    @Test func `deadlines are answered while they can be`() {
        var idle = ServerConnectionStateMachine()
        #expect(idle.timedOut() == .close)
        var reading = ServerConnectionStateMachine()
        _ = reading.bytesArrived()
        #expect(reading.timedOut() == .answerTimeout)
        #expect(reading.responseEnded() == .linger)
        var body = exchanging(.length(1))
        #expect(body.timedOut() == .answerTimeout)
        var sending = exchanging()
        _ = sending.responseStarted()
        #expect(sending.timedOut() == .abort)
    }

    @Test func `a tunnel passes bytes and one end`() {
        var machine = exchanging()
        machine.switchedProtocols()
        #expect(machine.bytesArrived() == .passThrough)
        #expect(machine.inputClosed() == .passEnd)
        #expect(machine.connectionLost() == .cancelExchange)
    }
}
