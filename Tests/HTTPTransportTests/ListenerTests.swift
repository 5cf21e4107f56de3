import EventLoop
import Glibc
import HTTP
import HTTPTransport
import TestSupport
import Testing

@Suite struct ListenerTests {
    typealias Answerer = DeadlineTests.Answerer

    static func connectUnix(_ address: SocketAddress) throws -> RawClient {
        let fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard address.withSockAddr({ connect(fd, $0, $1) }) == 0 else {
            close(fd)
            throw RawClient.Failure(description: "connect: errno \(errno)")
        }
        return RawClient(fd: fd)
    }

    @Test func `a unix socket serves its owner alone, and its file goes with it`() throws {
        let folder = try TemporaryFolder()
        let loop = try Loop(clock: .manual)
        loop.adoptCurrentThread()
        let address = try #require(SocketAddress("unix:\(folder.path)/x.sock"))
        let delegate = Answerer()
        let listener = try Listener(loop: loop, address: address, delegate: delegate)
        var status = stat()
        #expect(stat(folder.path + "/x.sock", &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        let client = try Self.connectUnix(address)
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        for _ in 0..<10 { loop.turn(wait: false) }
        #expect(try client.readMessage().head.hasPrefix("HTTP/1.1 200 "))
        #expect(delegate.last?.peerText == "unix")
        listener.closeNow()
        #expect(stat(folder.path + "/x.sock", &status) != 0)
    }

    @Test func `while it is held a connection waits, and is served afterwards`() throws {
        let loop = try Loop(clock: .manual)
        loop.adoptCurrentThread()
        let address = try #require(SocketAddress("127.0.0.1:0"))
        let listener = try Listener(loop: loop, address: address, delegate: Answerer())
        listener.hold()
        let client = try RawClient(port: try #require(listener.address.port))
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        for _ in 0..<10 { loop.turn(wait: false) }
        #expect(listener.connectionCount == 0)
        try listener.resumeAccepting()
        while listener.connectionCount == 0 { loop.turn(wait: false) }
        #expect(try client.readMessage().head.hasPrefix("HTTP/1.1 200 "))
        listener.closeNow()
    }

    @Test func `opened held, it has its port and no connection before it accepts`() throws {
        let loop = try Loop(clock: .manual)
        loop.adoptCurrentThread()
        let address = try #require(SocketAddress("127.0.0.1:0"))
        let listener = try Listener(loop: loop, address: address, delegate: Answerer(), isHeld: true)
        let port = try #require(listener.address.port)
        #expect(port != 0)
        #expect(throws: RawClient.Failure.self) { try RawClient(port: port) }
        try listener.resumeAccepting()
        let client = try RawClient(port: port)
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        while listener.connectionCount == 0 { loop.turn(wait: false) }
        #expect(try client.readMessage().head.hasPrefix("HTTP/1.1 200 "))
        listener.closeNow()
    }

    @Test func `handed over, the socket and its file live on with the one that has it`() throws {
        let folder = try TemporaryFolder()
        let (before, after) = (try Loop(clock: .manual), try Loop(clock: .manual))
        let address = try #require(SocketAddress("unix:\(folder.path)/x.sock"))
        before.adoptCurrentThread()
        let old = try Listener(loop: before, address: address, delegate: Answerer())
        let copy = dup(old.fd)
        old.hold()
        // Waits in the queue while the socket changes hands.
        let client = try Self.connectUnix(address)
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        old.handOver()
        var isDrained = false
        old.drain(within: .seconds(1)) { isDrained = true }
        #expect(isDrained)
        // Would be told of a socket that it has no object for any more, if the close alone had to take it out of epoll.
        for _ in 0..<10 { before.turn(wait: false) }
        after.adoptCurrentThread()
        let new = try Listener(loop: after, address: address, delegate: Answerer(), adopted: copy)
        #expect(new.address == address)
        while new.connectionCount == 0 { after.turn(wait: false) }
        #expect(try client.readMessage().head.hasPrefix("HTTP/1.1 200 "))
        var status = stat()
        #expect(stat(folder.path + "/x.sock", &status) == 0)
        new.closeNow()
        #expect(stat(folder.path + "/x.sock", &status) != 0)
    }

    @Test func `a socket file that a dead process left is replaced, a living one and a plain file are not`() throws {
        let folder = try TemporaryFolder()
        let loop = try Loop(clock: .manual)
        loop.adoptCurrentThread()
        let address = try #require(SocketAddress("unix:\(folder.path)/x.sock"))
        // Bound and closed without unlink: what a crash leaves.
        let dead = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        #expect(address.withSockAddr { bind(dead, $0, $1) } == 0)
        close(dead)
        let living = try Listener(loop: loop, address: address, delegate: Answerer())
        #expect(throws: SystemError.self) { try Listener(loop: loop, address: address, delegate: Answerer()) }
        living.closeNow()
        let file = open(folder.path + "/x.sock", O_CREAT | O_WRONLY, 0o600)
        close(file)
        #expect(throws: SystemError.self) { try Listener(loop: loop, address: address, delegate: Answerer()) }
        var status = stat()
        #expect(stat(folder.path + "/x.sock", &status) == 0)
    }

    @Test func `several loops listen on one address`() throws {
        let loop = try Loop(clock: .manual)
        loop.adoptCurrentThread()
        let first = try Listener(loop: loop, address: try #require(SocketAddress("127.0.0.1:0")), delegate: Answerer())
        let second = try Listener(loop: loop, address: first.address, delegate: Answerer())
        #expect(first.address == second.address)
        #expect(throws: SystemError.self) {
            try Listener(loop: loop, address: first.address, delegate: Answerer(), sharesAddress: false)
        }
        first.closeNow()
        second.closeNow()
    }
}
