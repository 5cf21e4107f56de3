import EventLoop
import HTTP
import HTTPTransport
import Testing

@testable import Router

/// Requests that nobody else could answer, before a circuit that is open. The clock is the test's.
@Suite struct CircuitWaitTests {
    private func bench(percent: String = "0", pending: Int = 1024) throws -> WorkerBench {
        try WorkerBench(
            percent: percent, route: #""retry": { "attempts": 0 },"#, upstream: #""pending": \#(pending), "#)
    }

    @Test func `whoever waits is the probe when its time has come, and its answer lets all pass`() throws {
        let bench = try bench()
        bench.open(bench.old)
        let waiting = (0..<5).map { _ in bench.ask() }
        #expect(bench.old.streams.count == 5)
        #expect(waiting.allSatisfy { $0.answer == nil })
        bench.pass(100)
        // One probe, and of those who asked again one in eight.
        let tried = bench.old.streams.count - 5
        #expect((1...3).contains(tried))
        bench.old.streams[5].answer(200)
        bench.old.streams[5].end()
        bench.pass(50)
        for stream in bench.old.streams[6...] {
            stream.answer(200)
            stream.end()
        }
        #expect(waiting.allSatisfy { $0.answer?.status == 200 })
        #expect(bench.old.streams.count == 10)
    }

    @Test func `nobody waits for longer than repeats may take`() throws {
        let bench = try bench()
        bench.open(bench.old)
        let waiting = (0..<6).map { _ in bench.ask("POST /a", body: "hi") }
        bench.pass(301)
        // Whoever was tried waits for its response; all others have theirs.
        let tried = bench.old.streams.count - 5
        #expect(waiting.count { $0.answer?.status == 503 } == 6 - tried)
        #expect(waiting.count { $0.answer == nil } == tried)
    }

    @Test func `no more wait than may, and each gives its place back`() throws {
        let bench = try bench(pending: 8)
        bench.open(bench.old)
        let clients = (0..<40).map { _ in bench.ask() }
        let places = bench.worker.groups[0].limits.waiting
        let tried = bench.old.streams.count - 5
        // What the queue's marks leave to routes that are not critical.
        #expect((4...8).contains(places.count))
        #expect(clients.count { $0.answer?.status == 503 } == 40 - tried - places.count)
        clients.first { $0.answer == nil }?.leave()
        bench.pass(400)
        #expect(places.count == 0)
    }

    @Test func `a read that legacy may answer waits for nothing`() throws {
        let bench = try bench(percent: "100")
        bench.open(bench.new, "POST /a", body: "hi")
        let read = bench.ask()
        bench.old.streams.last?.answer(200)
        #expect(read.answer?.status == 200)
        let write = bench.ask("POST /a", body: "hi")
        #expect(write.answer == nil)
        bench.pass(100)
        #expect(bench.new.streams.count == 6)
        #expect(bench.new.streams[5].isFresh)
        bench.new.streams[5].answer(201)
        #expect(write.answer?.status == 201)
    }
}

extension WorkerBench {
    /// Five failures: the circuit of `source`'s side is open.
    fileprivate func open(_ source: InMemorySource, _ head: String = "GET /a", body: String? = nil) {
        for _ in 0..<5 {
            let client = ask(head, body: body)
            source.streams.last?.fail(.responseTimedOut)
            #expect(client.answer?.status == 504)
        }
    }

    fileprivate func pass(_ milliseconds: UInt64) {
        for _ in 0..<milliseconds { loop.advance(by: .milliseconds(1)) }
    }
}
