import EventLoop
import HTTP
import HTTPTransport
import Testing

@testable import Router

/// Requests that nobody else could answer, before a circuit that is open. The clock is the test's.
@Suite struct CircuitWaitTests {
    private final class Bench {
        let loop: Loop
        let worker: Worker
        let old: InMemorySource
        let new: InMemorySource

        init(percent: String = "0", pending: Int = 1024) throws {
            let loop = try Loop(clock: .manual)
            loop.adoptCurrentThread()
            let text = configuration(
                legacy: 9, service: 10, percent: percent, route: #""retry": { "attempts": 0 },"#
            ).replacing(#""old": { "#, with: #""old": { "pending": \#(pending), "#)
            let bytes = Array(text.utf8)
            let compiler = ConfigurationCompiler(path: "routes.json")
            let table = try compiler.parse(bytes).flatMap { compiler.compile($0, bytes: bytes, revision: 7) }.get()
            var sources: [UInt16: InMemorySource] = [:]
            worker = Worker(
                loop: loop, index: 0, threads: 1, serving: table,
                opening: { loop, address, _ in
                    let made = InMemorySource(loop: loop)
                    if let port = address.port, sources[port] == nil { sources[port] = made }
                    return made
                }, report: { _ in })
            self.loop = loop
            old = try #require(sources[9])
            new = try #require(sources[10])
        }

        func ask(_ head: String = "GET /a", body: String? = nil) -> InMemoryClient {
            let client = InMemoryClient(loop: loop, of: worker)
            client.request(head, body: body)
            return client
        }

        /// Five failures: the circuit of `source`'s side is open.
        func open(_ source: InMemorySource, _ head: String = "GET /a", body: String? = nil) {
            for _ in 0..<5 {
                let client = ask(head, body: body)
                source.streams.last?.fail(.responseTimedOut)
                #expect(client.answer?.status == 504)
            }
        }

        func pass(_ milliseconds: UInt64) {
            for _ in 0..<milliseconds { loop.advance(by: .milliseconds(1)) }
        }
    }

    @Test func `whoever waits is the probe when its time has come, and its answer lets all pass`() throws {
        let bench = try Bench()
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
        let bench = try Bench()
        bench.open(bench.old)
        let waiting = (0..<6).map { _ in bench.ask("POST /a", body: "hi") }
        bench.pass(301)
        // Whoever was tried waits for its answer; all others have theirs.
        let tried = bench.old.streams.count - 5
        #expect(waiting.count { $0.answer?.status == 503 } == 6 - tried)
        #expect(waiting.count { $0.answer == nil } == tried)
    }

    @Test func `no more wait than may, and who leaves makes room`() throws {
        let bench = try Bench(pending: 2)
        bench.open(bench.old)
        let (first, second) = (bench.ask(), bench.ask())
        #expect(first.answer == nil && second.answer == nil)
        #expect(bench.ask().answer?.status == 503)
        first.leave()
        #expect(bench.ask().answer == nil)
        #expect(bench.ask().answer?.status == 503)
    }

    @Test func `a read that legacy may answer waits for nothing`() throws {
        let bench = try Bench(percent: "100")
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
