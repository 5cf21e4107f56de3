import EventLoop
import HTTP
import HTTPTransport
import TestSupport
import Testing

@testable import Router

/// Exchanges between streams that are no connections and have no wire format: what another version of HTTP would put in
/// their place.
@Suite struct ExchangeStreamTests {
    @Test func `a GET passes as values, and what frames it is left to the streams`() throws {
        let bench = try WorkerBench(top: #""expose": true,"#)
        let client = bench.client()
        client.request("GET /a?b=1")
        let upstream = try #require(bench.old.streams.first)
        let request = try #require(upstream.request)
        #expect(request.method == "GET")
        #expect(request.target == "/a?b=1")
        #expect(request.authority == "shop.example")
        #expect(request.length == .none)
        #expect(!request.asksUpgrade)
        let names = request.lines.map { String($0.prefix { $0 != ":" }) }
        #expect(
            names == ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "via", "x-request-id", "traceparent"])
        #expect(request.lines.contains("x-forwarded-for: 192.0.2.7"))
        #expect(request.lines.contains("x-forwarded-proto: https"))
        // The trace is named like the request, and its parent by the id's second half.
        let identity = try #require(request.lines[4].split(separator: " ").last)
        #expect(identity.utf8.count == 32)
        #expect(request.lines[5] == "traceparent: 00-\(identity)-\(identity.suffix(16))-01")
        #expect(upstream.isFinished)
        #expect(client.source === upstream)

        upstream.answer(103, "link: </style.css>\r\n")
        upstream.answer(200, "content-type: text/plain\r\ndate: today\r\nconnection: keep-alive\r\n", body: "hello")
        upstream.end()
        #expect(client.interim == [103])
        let answer = try #require(client.answer)
        #expect(answer.status == 200)
        #expect(answer.length == .length(5))
        #expect(
            answer.lines == [
                "content-type: text/plain", "date: today", "x-strangler-route: all", "x-strangler-side: legacy",
                "x-strangler-revision: 7",
            ])
        #expect(client.body == Array("hello".utf8))
        #expect(client.end == .completed)
    }

    @Test func `a request that may be repeated is, with its body, on another stream`() throws {
        let bench = try WorkerBench()
        let client = bench.client()
        client.request("PUT /a", body: "hello")
        let first = try #require(bench.old.streams.first)
        #expect(first.request?.length == .length(5))
        #expect(first.source === client)
        first.fail(.reset, sent: 80)
        #expect(client.answer == nil)
        // After a random wait.
        for _ in 0..<100 where bench.old.streams.count == 1 { bench.loop.advance(by: .milliseconds(10)) }
        let second = try #require(bench.old.streams.last)
        #expect(second !== first)
        #expect(second.isFresh)
        #expect(second.request == first.request)
        #expect(second.body == Array("hello".utf8))
        second.answer(204)
        second.end()
        #expect(client.answer?.status == 204)
        #expect(client.end == .completed)
    }

    @Test func `a connection that has to be made hands over another stream, and that one is used`() throws {
        let bench = try WorkerBench()
        bench.old.isFar = true
        let client = bench.ask()
        let waiting = try #require(bench.old.streams.first)
        #expect(waiting.request == nil && !waiting.isFinished && client.source == nil)
        let upstream = try #require(waiting.connect())
        #expect(upstream.request?.method == "GET" && upstream.isFinished && waiting.request == nil)
        #expect(client.source === upstream)
        client.leave()
        #expect(upstream.isCancelled && !waiting.isCancelled)
    }

    @Test func `a client that leaves before its connection is there gives that up`() throws {
        let bench = try WorkerBench()
        bench.old.isFar = true
        let client = bench.ask()
        let waiting = try #require(bench.old.streams.first)
        client.leave()
        #expect(waiting.isCancelled && waiting.connect() == nil)
    }

    @Test func `where no connection can be made a read falls back, as nothing was sent`() throws {
        let bench = try WorkerBench(percent: "100")
        bench.new.isFar = true
        let client = bench.ask()
        let waiting = try #require(bench.new.streams.first)
        waiting.fail(.connectRefused)
        let upstream = try #require(bench.old.streams.first)
        #expect(waiting.request == nil && upstream.isFinished)
        upstream.answer(200)
        upstream.end()
        #expect(client.answer?.status == 200 && client.end == .completed)
    }

    @Test func `a copy takes the stream that is handed over, and gives up that one`() throws {
        let bench = try WorkerBench(route: #""mirror": { "percent": 100, "timeout": "1s" },"#)
        bench.newCopies.isFar = true
        let client = bench.ask()
        let upstream = try #require(bench.old.streams.first)
        upstream.answer(200)
        upstream.end()
        #expect(client.end == .completed)
        let waiting = try #require(bench.newCopies.streams.first)
        let copy = try #require(waiting.connect())
        #expect(copy.request?.target == "/a" && copy.isFinished)
        bench.loop.advance(by: .seconds(2))
        #expect(copy.isCancelled && !waiting.isCancelled)
    }

    @Test func `the time of the whole exchange goes on after a wait for a connection`() throws {
        let bench = try WorkerBench(percent: "100", route: #""timeouts": { "request": "5s", "connect": "1s" },"#)
        bench.new.hasRoom = false
        let client = bench.ask()
        #expect(bench.new.streams.isEmpty && bench.old.streams.isEmpty)
        // Nobody gives up a connection, so it falls back, to one that is at hand and never answers.
        for _ in 0..<120 { bench.loop.advance(by: .milliseconds(10)) }
        #expect(bench.old.streams.count == 1)
        #expect(client.answer == nil)
        for _ in 0..<400 { bench.loop.advance(by: .milliseconds(10)) }
        #expect(client.answer?.status == 504)
    }

    @Test func `a read falls back to an upstream that may speak something else, with the same head`() throws {
        let bench = try WorkerBench(percent: "100")
        let client = bench.client()
        client.request("GET /a")
        let service = try #require(bench.new.streams.first)
        service.fail(.connectRefused)
        let legacy = try #require(bench.old.streams.first)
        #expect(legacy.request == service.request)
        legacy.answer(200, body: "old")
        legacy.end()
        #expect(client.answer?.status == 200)
        #expect(client.end == .completed)
    }

    @Test func `a tunnel is asked for and opened without a word of how`() throws {
        let bench = try WorkerBench(route: #""websocket": true,"#)
        let client = bench.client()
        client.request(
            "GET /ws",
            fields: "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: a\r\n"
        )
        let upstream = try #require(bench.old.streams.first)
        let request = try #require(upstream.request)
        #expect(request.asksUpgrade)
        #expect(request.lines.prefix(2) == ["sec-websocket-version: 13", "sec-websocket-key: a"])
        #expect(!request.lines.contains { $0.hasPrefix("connection:") || $0.hasPrefix("upgrade:") })
        upstream.answer(101, "date: today\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: b\r\n")
        #expect(client.answer?.status == 101)
        #expect(client.answer?.lines == ["date: today", "sec-websocket-accept: b"])
        upstream.end()
        #expect(client.end == .completed)
    }

    @Test func `an answer that breaks off is broken off`() throws {
        let bench = try WorkerBench()
        let client = bench.client()
        client.request("GET /a")
        let upstream = try #require(bench.old.streams.first)
        upstream.answer(200, body: "half")
        upstream.fail(.reset, sent: 80, headDelivered: true)
        #expect(client.body == Array("half".utf8))
        #expect(client.end == .aborted)
    }

    @Test func `a client that leaves takes its request with it`() throws {
        let bench = try WorkerBench()
        let client = bench.client()
        client.request("GET /a")
        let upstream = try #require(bench.old.streams.first)
        client.leave()
        #expect(upstream.isCancelled)
        #expect(bench.worker.inFlight == 0)
    }

    @Test func `a path that could be read in two ways is answered without an upstream`() throws {
        let bench = try WorkerBench()
        let client = bench.client()
        client.request("GET /..;/a")
        #expect(client.answer?.status == 400)
        #expect(client.answer?.lines.first == "content-type: application/problem+json")
        #expect(client.end == .completed)
        #expect(bench.old.streams.isEmpty)
    }
}
