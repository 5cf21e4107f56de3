import CLinux
import Glibc
import Testing

@testable import EventLoop

@Suite struct LoopTests {
    final class Recorder: EventSource {
        var onReady: (Recorder, EventSet) -> Void = { _, _ in }
        override func ready(_ events: EventSet) { onReady(self, events) }
    }

    static func socketPair() -> (Int32, Int32) {
        var pair: [Int32] = [0, 0]
        socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0, &pair)
        return (pair[0], pair[1])
    }

    static func send(_ fd: Int32, _ text: String) {
        var copy = text
        copy.withUTF8 { _ = try? SystemCall.send(fd, UnsafeRawBufferPointer($0)) }
    }

    @Test func `a loop that gives way does so while it works and at no other time`() throws {
        let loop = try WheelTests.manualLoop()
        func spin(until isEnough: () -> Bool) {
            let deadline = linux_monotonic_nanoseconds() + 10_000_000_000
            while !isEnough(), linux_monotonic_nanoseconds() < deadline {}
        }
        func spinForTenSpans() {
            let end = linux_monotonic_nanoseconds() + 5_000_000
            spin { linux_monotonic_nanoseconds() >= end }
        }
        let before = linux_ways_given()
        loop.afterTurn { spinForTenSpans() }
        loop.turn(wait: false)
        #expect(linux_ways_given() == before, "nobody asked for it")

        loop.givesWay = true
        loop.afterTurn { spin { linux_ways_given() >= before + 3 } }
        loop.turn(wait: false)
        let after = linux_ways_given()
        #expect(after >= before + 3)
        spinForTenSpans()
        #expect(linux_ways_given() == after, "the turn is over")

        loop.afterTurn {
            loop.hurries = true
            spinForTenSpans()
        }
        loop.turn(wait: false)
        loop.afterTurn { spinForTenSpans() }
        loop.turn(wait: false)
        #expect(linux_ways_given() == after, "it is in a hurry")
        loop.hurries = false
        loop.afterTurn { spin { linux_ways_given() > after } }
        loop.turn(wait: false)
        #expect(linux_ways_given() > after)
    }

    @Test func `what is left unread is told again`() throws {
        let loop = try WheelTests.manualLoop()
        let (near, far) = Self.socketPair()
        defer { close(far) }
        let source = Recorder(loop: loop, fd: near)
        var read: [Int] = []
        source.onReady = { source, _ in
            if case .count(let count)? = try? SystemCall.receive(
                source.fd, into: UnsafeMutableRawBufferPointer(rebasing: loop.readBuffer[..<3]))
            {
                read.append(count)
            }
        }
        try source.watch([.readable])
        Self.send(far, "seven b")
        for _ in 0..<4 { loop.turn(wait: false) }
        #expect(read == [3, 3, 1])
        source.closeSource()
    }

    @Test func `what is gathered goes right before bytes that are sent on from the read buffer`() throws {
        let loop = try WheelTests.manualLoop()
        loop.corkBuffer.copyBytes(from: Array("head".utf8))
        loop.readBuffer.copyBytes(from: Array("spent, body".utf8))
        let body = UnsafeRawBufferPointer(rebasing: loop.readBuffer[7..<11])
        let whole = try #require(loop.prepend(4, to: body))
        #expect(String(decoding: whole, as: UTF8.self) == "headbody")
        #expect(String(decoding: body, as: UTF8.self) == "body")
        // From the first byte on there is room before the buffer.
        let first = UnsafeRawBufferPointer(rebasing: loop.readBuffer[..<5])
        let before = try #require(loop.prepend(4, to: first))
        #expect(before.count == 9)
        #expect(String(decoding: before.prefix(4), as: UTF8.self) == "head")
        // Not more than there is, and not before anybody else's bytes.
        #expect(loop.prepend(4097, to: first) == nil)
        #expect(loop.prepend(4097, to: body) != nil)
        #expect(loop.prepend(4, to: UnsafeRawBufferPointer(loop.scratch)) == nil)
        #expect(loop.prepend(4, to: UnsafeRawBufferPointer(start: nil, count: 0)) == nil)
    }

    @Test func `a source closed by an earlier event of the batch is not called, and lives until the batch ends`() throws
    {
        let loop = try WheelTests.manualLoop()
        let (near1, far1) = Self.socketPair()
        let (near2, far2) = Self.socketPair()
        defer {
            close(far1)
            close(far2)
        }
        var calls = 0
        var sources: [Recorder] = [Recorder(loop: loop, fd: near1), Recorder(loop: loop, fd: near2)]
        for source in sources {
            source.onReady = { _, _ in
                calls += 1
                // Whoever comes first closes both and drops the last references.
                for other in sources { other.closeSource() }
                sources = []
            }
            try source.watch([.readable])
        }
        Self.send(far1, "x")
        Self.send(far2, "x")
        loop.turn(wait: false)
        #expect(calls == 1)
    }

    @Test func `a closed source is released after the turn`() throws {
        let loop = try WheelTests.manualLoop()
        let (near, far) = Self.socketPair()
        defer { close(far) }
        weak var released: Recorder?
        do {
            let source = Recorder(loop: loop, fd: near)
            released = source
            try source.watch(.readable)
            source.setDeadline(loop.now + .seconds(9))
        }
        #expect(released != nil)
        released?.closeSource()
        loop.turn(wait: false)
        #expect(released == nil)
    }

    @Test func `work from other threads runs on the loop, in order`() throws {
        let thread = try LoopThread(name: "test")
        let loop = thread.loop
        let seen = Guarded<[Int]>([])
        for number in 0..<1_000 {
            loop.execute {
                loop.preconditionOnLoop()
                seen.withLock { $0.append(number) }
            }
        }
        thread.stopAndJoin()
        #expect(seen.withLock { $0 } == Array(0..<1_000))
    }

    @Test func `a waiting loop wakes for its timers`() throws {
        let fired = Guarded(false)
        let thread = try LoopThread(name: "test") { loop in
            let timer = Timer(loop: loop) {
                fired.withLock { $0 = true }
                loop.stop()
            }
            timer.fire(after: .milliseconds(20))
        }
        thread.join()
        #expect(fired.withLock { $0 })
    }

    @Test func `the cork is settled after the callback that took it and when another takes it`() throws {
        final class Corker: EventSource {
            var uncorked = 0
            override func uncork() { uncorked += 1 }
        }
        let loop = try WheelTests.manualLoop()
        let first = Corker(loop: loop, fd: -1)
        let second = Corker(loop: loop, fd: -1)
        loop.afterTurn {
            loop.takeCork(for: first)
            loop.takeCork(for: first)
            #expect(first.uncorked == 0)
            loop.takeCork(for: second)
            #expect(first.uncorked == 1)
        }
        loop.turn(wait: false)
        #expect(second.uncorked == 1)
        #expect(!loop.isCorked)
    }
}
