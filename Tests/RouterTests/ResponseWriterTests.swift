import HTTP
import HTTPTransport
import Testing

@testable import Router

/// Whatever a client gets, an observer of its exchange gets too.
struct ResponseWriterTests {
    private final class Recorder: ResponseObserver {
        var heads: [[String]] = []
        var body: [UInt8] = []
        var ends: [Bool] = []

        func responseBegan(_ head: UnsafeRawBufferPointer) {
            heads.append(String(decoding: head, as: UTF8.self).split(separator: "\r\n").map(String.init))
        }
        func responseBody(_ bytes: UnsafeRawBufferPointer) { body += bytes }
        func responseEnded(isWhole: Bool) { ends.append(isWhole) }
    }

    /// A bench whose next exchange is observed from its first event on.
    private func bench(top: String = "") throws -> (WorkerBench, Recorder) {
        let bench = try WorkerBench(top: top)
        return (bench, observeNext(bench))
    }

    private func observeNext(_ bench: WorkerBench) -> Recorder {
        let recorder = Recorder()
        bench.worker.take()._withUnsafeGuaranteedRef { exchange in
            exchange.observer = recorder
            bench.worker.recycle(exchange)
        }
        return recorder
    }

    private func expectSame(_ recorder: Recorder, _ client: InMemoryClient) throws {
        #expect(recorder.heads == [try #require(client.answer).lines])
        #expect(recorder.body == client.body)
    }

    @Test func `an upstream's response`() throws {
        let (bench, recorder) = try bench()
        let client = bench.ask()
        let upstream = try #require(bench.old.streams.first)
        upstream.answer(103, "link: </a.css>\r\n")
        #expect(recorder.heads.isEmpty)
        upstream.answer(200, "content-type: text/plain\r\n", body: "hello")
        try expectSame(recorder, client)
        #expect(recorder.body == Array("hello".utf8))
        #expect(recorder.ends.isEmpty)
        upstream.end()
        #expect(recorder.ends == [true])
        // The exchange is used again, and the observer is not told of that.
        _ = bench.ask()
        try #require(bench.old.streams.last).answer(204)
        #expect(recorder.heads.count == 1)
    }

    @Test func `a problem, put off to the end of its request`() throws {
        let bench = try WorkerBench(top: #""limits": { "inFlight": 1 },"#)
        let first = bench.ask()
        let recorder = observeNext(bench)
        let client = bench.ask()
        #expect(client.answer?.status == 503)
        try expectSame(recorder, client)
        #expect(!recorder.body.isEmpty)
        #expect(recorder.ends == [true])
        #expect(first.answer == nil)
    }

    @Test func `OPTIONS that may go no further`() throws {
        let (bench, recorder) = try bench()
        let client = bench.ask("OPTIONS /a", fields: "max-forwards: 0\r\n")
        #expect(client.answer?.status == 200)
        try expectSame(recorder, client)
        #expect(recorder.ends == [true])
    }

    @Test func `a request that breaks a rule`() throws {
        let (bench, recorder) = try bench(top: #""headers": { "underscores": "refuse" },"#)
        let client = bench.ask(fields: "a_b: 1\r\n")
        #expect(client.answer?.status == 400)
        try expectSame(recorder, client)
        let text = String(decoding: recorder.body, as: UTF8.self)
        #expect(text.contains(#""reason":"field_name_underscored""#), "\(text)")
        #expect(recorder.ends == [true])
    }

    @Test func `the body of a problem is not sent to HEAD`() throws {
        let (bench, recorder) = try bench(top: #""headers": { "underscores": "refuse" },"#)
        let client = bench.ask("HEAD /a", fields: "a_b: 1\r\n")
        #expect(client.answer?.status == 400)
        try expectSame(recorder, client)
        #expect(recorder.body.isEmpty)
        #expect(recorder.ends == [true])
    }

    @Test func `a response that breaks off is not whole`() throws {
        let (bench, recorder) = try bench()
        _ = bench.ask()
        let upstream = try #require(bench.old.streams.first)
        upstream.answer(200, "content-type: text/plain\r\n", body: "hel")
        upstream.fail(.reset, headDelivered: true)
        #expect(recorder.ends == [false])
    }

    @Test func `nor is one whose client leaves`() throws {
        let (bench, recorder) = try bench()
        let client = bench.ask()
        try #require(bench.old.streams.first).answer(200, "content-type: text/plain\r\n", body: "hel")
        client.leave()
        #expect(recorder.ends == [false])
    }

    @Test func `nor is one that is ended because its key moved`() throws {
        let (bench, recorder) = try bench()
        let client = bench.ask()
        try #require(bench.old.streams.first).answer(200, "content-type: text/plain\r\n", body: "hel")
        try #require(client.delegate as? Exchange).endAsMoved()
        #expect(recorder.ends == [false])
        #expect(client.end == .aborted)
    }
}
