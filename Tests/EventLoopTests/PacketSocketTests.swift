import EventLoop
import Glibc
import Testing

@Suite struct PacketSocketTests {
    /// Both ends of one, closed in the end.
    final class Pair {
        let here: Int32
        let there: Int32
        init() throws {
            var ends: [Int32] = [-1, -1]
            try #require(socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue | SOCK_NONBLOCK.rawValue), 0, &ends) == 0)
            (here, there) = (ends[0], ends[1])
        }
        deinit {
            close(here)
            close(there)
        }
    }

    @Test func `messages keep their borders and carry descriptors that mean the same file`() throws {
        let pair = try Pair()
        var pipe: [Int32] = [-1, -1]
        try #require(Glibc.pipe(&pipe) == 0)
        try PacketSocket.send(pair.here, Array("one".utf8), descriptors: [pipe[1]])
        try PacketSocket.send(pair.here, Array("two".utf8))
        close(pipe[1])
        guard case .message(let bytes, let descriptors) = try PacketSocket.receive(pair.there, limit: 100) else {
            Issue.record("no message")
            return
        }
        #expect(bytes == Array("one".utf8))
        let copy = try #require(descriptors.first)
        #expect(descriptors.count == 1)
        #expect(fcntl(copy, F_GETFD) == FD_CLOEXEC)
        var byte: UInt8 = 7
        #expect(write(copy, &byte, 1) == 1)
        byte = 0
        #expect(read(pipe[0], &byte, 1) == 1)
        #expect(byte == 7)
        close(copy)
        close(pipe[0])
        #expect(try PacketSocket.receive(pair.there, limit: 100) == .message(Array("two".utf8), descriptors: []))
        #expect(try PacketSocket.receive(pair.there, limit: 100) == .wouldBlock)
        _ = shutdown(pair.here, Int32(SHUT_WR))
        #expect(try PacketSocket.receive(pair.there, limit: 100) == .ended)
    }

    @Test(arguments: [(11, 1), (1, 65)])
    func `what is more than allowed is refused, and no descriptor of it stays open`(bytes: Int, descriptors: Int) throws
    {
        let pair = try Pair()
        var pipe: [Int32] = [-1, -1]
        try #require(Glibc.pipe(&pipe) == 0)
        try PacketSocket.send(
            pair.here, Array(repeating: 1, count: bytes), descriptors: Array(repeating: pipe[1], count: descriptors))
        close(pipe[1])
        #expect(throws: SystemError("recvmsg", EMSGSIZE)) { try PacketSocket.receive(pair.there, limit: 10) }
        // The end of the pipe, at once: nobody holds the other side.
        _ = fcntl(pipe[0], F_SETFL, O_NONBLOCK)
        var byte: UInt8 = 0
        #expect(read(pipe[0], &byte, 1) == 0)
        close(pipe[0])
    }

    @Test func `the kernel says who is at the other end`() throws {
        let pair = try Pair()
        let (user, process) = try PacketSocket.peer(pair.here)
        #expect(user == geteuid())
        #expect(process == getpid())
    }

    @Test func `only a socket that listens is said to`() throws {
        let pair = try Pair()
        #expect(!SystemCall.isListening(pair.here))
        #expect(!SystemCall.isListening(-1))
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        #expect(listen(listener, 1) == 0)
        #expect(SystemCall.isListening(listener))
    }
}
