import HTTP
import Testing

@Suite struct ClientConnectionStateMachineTests {
    private func exchanging(_ framing: BodyFraming = .none, asksUpgrade: Bool = false) -> ClientConnectionStateMachine {
        var machine = ClientConnectionStateMachine()
        machine.connected()
        machine.requestStarted(framing, asksUpgrade: asksUpgrade)
        return machine
    }

    private func head(_ text: String, answering method: HTTPMethod = .get) throws -> ResponseHead {
        let parser = ResponseHeadParser()
        let result = latin1(text).withUnsafeBytes { parser.parse($0, answering: method) }
        try #require(result == .complete(headLength: text.utf8.count))
        return parser.head
    }

    @Test func `a whole exchange frees the connection`() throws {
        var machine = exchanging()
        #expect(!machine.hasResponseBytes)
        #expect(machine.bytesArrived() == .parseHead)
        #expect(machine.hasResponseBytes)
        #expect(machine.headParsed(try head("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")) == .deliverHead)
        #expect(machine.bytesArrived() == .readBody)
        #expect(machine.responseEnded(followed: false) == .release)
        #expect(machine.isIdle)
        #expect(machine.completed == 1)
    }

    @Test func `bytes behind an answer cost the connection its life`() throws {
        var machine = exchanging()
        _ = machine.bytesArrived()
        _ = machine.headParsed(try head("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"))
        #expect(machine.responseEnded(followed: true) == .close)
        var empty = exchanging()
        _ = empty.bytesArrived()
        let action = empty.headParsed(try head("HTTP/1.1 204 No Content\r\n\r\n"), followed: true)
        #expect(action == .deliverHeadAndEnd(.close))
        var idle = ClientConnectionStateMachine()
        idle.connected()
        #expect(idle.bytesArrived() == .close)
    }

    @Test func `an answer before the end of the request closes the connection`() throws {
        var machine = exchanging(.length(100))
        _ = machine.bytesArrived()
        let action = machine.headParsed(try head("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n"))
        #expect(action == .deliverHeadAndEnd(.close))
    }

    @Test func `interim answers pass, but not without end`() throws {
        var machine = exchanging()
        let interim = try head("HTTP/1.1 103 Early Hints\r\n\r\n")
        for _ in 0..<ClientConnectionStateMachine.maximumInterim {
            _ = machine.bytesArrived()
            #expect(machine.headParsed(interim) == .deliverInterim)
        }
        _ = machine.bytesArrived()
        #expect(machine.headParsed(interim) == .refuse)
        #expect(machine.isClosed)
    }

    @Test(arguments: [true, false]) func `protocols switch only when that was asked`(_ asked: Bool) throws {
        var machine = exchanging(asksUpgrade: asked)
        _ = machine.bytesArrived()
        let head = try head("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
        #expect(machine.headParsed(head) == (asked ? .switchProtocols : .refuse))
    }

    @Test func `only a close in good order ends a body that lasts until close`() throws {
        let endless = try head("HTTP/1.1 200 OK\r\n\r\n")
        var ended = exchanging()
        _ = ended.bytesArrived()
        #expect(ended.headParsed(endless) == .deliverHead)
        #expect(ended.inputClosed() == .deliverEnd)
        var reset = exchanging()
        _ = reset.bytesArrived()
        _ = reset.headParsed(endless)
        #expect(reset.connectionLost() == .failCut)
    }

    @Test func `a loss says whether the request may be repeated`() throws {
        var connecting = ClientConnectionStateMachine()
        #expect(connecting.connectionLost() == .failConnect)
        var idle = ClientConnectionStateMachine()
        idle.connected()
        #expect(idle.inputClosed() == .forget)
        var unanswered = exchanging()
        #expect(unanswered.inputClosed() == .failUnanswered)
        var begun = exchanging()
        _ = begun.bytesArrived()
        #expect(begun.inputClosed() == .failCut)
        #expect(begun.inputClosed() == .none)
    }

    @Test func `a malformed answer is a 502 before its head and a cut behind it`() throws {
        var before = exchanging()
        _ = before.bytesArrived()
        #expect(before.responseRefused() == false)
        var behind = exchanging()
        _ = behind.bytesArrived()
        _ = behind.headParsed(try head("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))
        #expect(behind.responseRefused() == true)
    }
}
