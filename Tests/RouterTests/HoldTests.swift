import EventLoop
import HTTPTransport
import Routing
import Testing

@testable import Router

/// Requests that are held on one loop, among streams and a clock of the test.
@Suite struct HoldTests {
    @Test func `a write waits for the release, and goes to the side of the table then served`() throws {
        let bench = try HoldBench()
        let (number, report) = bench.hold(0..<1_000_000, .writes)
        #expect(report.answer == .empty)
        let write = bench.ask("PATCH /a", user: "u1", body: "hi")
        #expect(write.isPaused && write.answer == nil)
        #expect(bench.bench.old.streams.isEmpty && bench.bench.new.streams.isEmpty)
        // Reads pass as before.
        let read = bench.ask("GET /a", user: "u1")
        bench.bench.old.answerLast()
        #expect(read.answer?.status == 200)
        bench.publish(.all)
        #expect(bench.release(number) == 1)
        let sent = try #require(bench.bench.new.last)
        #expect(sent.request?.method == "PATCH" && sent.body == Array("hi".utf8) && sent.isFinished)
        bench.bench.new.answerLast(204)
        #expect(write.answer?.status == 204)
        bench.expectNothingLeft()
        #expect(bench.owned.counts[.released] == 1)
    }

    @Test func `only the users of the range wait, and of kind writes only unsafe methods`() throws {
        let bench = try HoldBench()
        let user = "someone"
        let bucket = bench.bucket(user)
        for (range, kind, method, waits) in [
            (bucket..<bucket + 1, HoldCohort.Kind.writes, "POST", true), (bucket..<bucket + 1, .writes, "GET", false),
            (bucket..<bucket + 1, .writes, "OPTIONS", false), (bucket..<bucket + 1, .writes, "PROPFIND", true),
            (bucket..<bucket + 1, .all, "GET", true), (0..<bucket, .all, "POST", false),
            (bucket + 1..<1_000_000, .all, "POST", false), (bucket + 1..<1_000_000, .writes, "DELETE", false),
        ] {
            let before = bench.bench.old.streams.count
            let (number, _) = bench.hold(range, kind)
            let client = bench.ask("\(method) /a", user: user)
            #expect((bench.bench.old.streams.count == before) == waits, "\(method) in \(range), \(kind)")
            bench.release(number)
            bench.bench.old.answerLast()
            #expect(client.answer?.status == 200)
        }
        bench.expectNothingLeft()
    }

    @Test func `a request without a key is not held, and its writes are counted`() throws {
        let bench = try HoldBench(percent: "50")
        _ = bench.hold()
        for (method, counted) in [("POST", 1), ("GET", 1), ("DELETE", 2)] {
            let client = bench.ask("\(method) /a", user: nil)
            bench.bench.old.answerLast()
            #expect(client.answer?.status == 200)
            #expect(bench.owned.counts.unkeyedWrites == UInt64(counted))
        }
        #expect(bench.bench.new.streams.isEmpty)
        bench.expectNothingLeft()
    }

    @Test func `what began before is counted to the request, and said when the last has ended`() throws {
        let bench = try HoldBench(percent: "50")
        let users = (0..<40).map { "u\($0)" }
        let clients = users.map { ($0, bench.ask("POST /a", user: $0)) }
        _ = bench.ask("GET /a", user: users[0])
        _ = bench.ask("POST /a", user: nil)
        let range: Range<Int32> = 250_000..<750_000
        let cohort = clients.filter { range.contains(bench.bucket($0.0)) }
        let (number, report) = bench.hold(range, .writes)
        #expect(report.answer == .busy && report.inFlight == cohort.count && cohort.count > 5)
        // Those of others end, and nothing is said.
        for (user, client) in clients where !range.contains(bench.bucket(user)) { client.leave() }
        #expect(bench.worker.holdLoads()[number]?.inFlight == cohort.count)
        for (_, client) in cohort.dropLast() { client.leave() }
        #expect(bench.worker.holdLoads()[number]?.inFlight == 1)
        #expect(bench.bench.emptied.isEmpty)
        cohort.last?.1.leave()
        #expect(bench.bench.emptied == [number])
        // Widened, it counts the read as well.
        let (_, wider) = bench.hold(
            bench.bucket(users[0])..<bench.bucket(users[0]) + 1, .all, again: nil)
        #expect(wider.inFlight == 1 && wider.answer == .busy)
    }

    @Test func `nobody waits for longer than two seconds, whatever becomes of the hold`() throws {
        let bench = try HoldBench()
        _ = bench.hold(lease: 5000)
        let client = bench.ask("GET /a", user: "u1")
        bench.pass(1990)
        #expect(client.answer == nil)
        bench.pass(20)
        let answer = try #require(client.answer)
        #expect(answer.status == 503 && answer.lines.contains("retry-after: 1"))
        #expect(String(decoding: client.body, as: UTF8.self).contains(#""reason":"held_too_long""#))
        #expect(bench.owned.counts[.tooLong] == 1)
        bench.expectNothingLeft()
    }

    @Test func `a lease that runs out lets everybody go`() throws {
        let bench = try HoldBench(percent: "100")
        let (number, _) = bench.hold(lease: 100)
        let clients = (0..<5).map { bench.ask("POST /a", user: "u\($0)", body: "x") }
        bench.pass(90)
        #expect(bench.bench.new.streams.isEmpty)
        bench.pass(20)
        #expect(bench.bench.new.streams.count == 5)
        #expect(bench.owned.holds.isEmpty && bench.release(number) == 0)
        // It cannot be renewed: somebody may have passed.
        #expect(bench.hold(again: number).report.answer == .gone)
        for stream in bench.bench.new.streams {
            stream.answer(200)
            stream.end()
        }
        #expect(clients.allSatisfy { $0.answer?.status == 200 })
        bench.expectNothingLeft()
    }

    @Test func `a thousand wait, and the next is told to come again`() throws {
        let bench = try HoldBench()
        let (number, _) = bench.hold()
        let clients = (0..<LoopContext.mostHeld + 3).map { bench.ask("GET /a", user: "u\($0)") }
        let refused = clients.filter { $0.answer != nil }
        #expect(refused.count == 3)
        #expect(refused.allSatisfy { $0.answer?.status == 503 })
        #expect(String(decoding: refused[0].body, as: UTF8.self).contains(#""reason":"hold_full""#))
        #expect(bench.owned.counts[.full] == 3 && bench.owned.counts.waiting == LoopContext.mostHeld)
        clients[0].leave()
        let late = bench.ask("GET /a", user: "late")
        #expect(late.answer == nil)
        #expect(bench.release(number) == LoopContext.mostHeld)
        for stream in bench.bench.old.streams {
            stream.answer(200)
            stream.end()
        }
        #expect(late.answer?.status == 200)
        bench.expectNothingLeft()
    }

    @Test func `the places of a context are those of all loops`() {
        let limits = ProcessLimits(loops: 2)
        let (places, same, other) = (limits.parking(of: "c"), limits.parking(of: "c"), limits.parking(of: "d"))
        for _ in 0..<LoopContext.mostHeld { #expect(places.take()) }
        #expect(!same.take() && other.take())
        same.giveBack()
        #expect(places.take())
    }

    @Test func `who leaves while it waits is let go, and is counted at its side`() throws {
        let bench = try HoldBench(percent: "100")
        let (number, _) = bench.hold()
        let client = bench.ask("POST /a", user: "u1", body: "x")
        client.leave()
        #expect(bench.owned.counts[.clientGone] == 1)
        #expect(bench.release(number) == 0)
        #expect(bench.bench.new.streams.isEmpty)
        let counts = try #require(bench.worker.states["all"]).service.counters
        #expect(counts.responses.total == 1)
        bench.expectNothingLeft()
    }

    @Test func `who asked for a side keeps it, and the copy of a request waits with it`() throws {
        let bench = try HoldBench(route: #""mirror": { "percent": 100, "methods": ["GET"] },"#)
        let (number, _) = bench.hold()
        _ = bench.ask("GET /a", user: "u1", fields: "x-side: service\r\n")
        let plain = bench.ask("GET /a", user: "u2")
        #expect(bench.bench.new.streams.isEmpty && bench.bench.old.streams.isEmpty)
        #expect(bench.release(number) == 2)
        #expect(bench.bench.new.streams.count == 1 && bench.bench.old.streams.count == 1)
        bench.bench.old.answerLast()
        #expect(plain.answer?.status == 200)
        #expect(bench.worker.states["all"]?.mirror.sent == 2)
    }

    @Test func `tunnels and streams are counted, and not waited for`() throws {
        let bench = try HoldBench()
        _ = bench.ask("GET /a", user: "u1")
        _ = bench.ask(
            "GET /ws", user: "u1",
            fields: "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
                + "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
        bench.bench.old.last?.answer(101, "connection: upgrade\r\nupgrade: websocket\r\n")
        let report = bench.hold().report
        #expect(report.streams == 1 && report.inFlight == 1)
    }

    // MARK: Epochs

    @Test func `requests carry the epoch of the table by which they are sent, and copies carry none`() throws {
        let bench = try HoldBench(route: #""mirror": { "percent": 100, "methods": ["GET"] },"#, epoch: 7)
        func epochs(_ stream: InMemoryUpstream?) -> [String] {
            stream?.request?.lines.filter { $0.hasPrefix("x-strangler-epoch") } ?? ["none was sent"]
        }
        // What a client says of it is dropped.
        _ = bench.ask("GET /a", user: "u1", fields: "x-strangler-epoch: 99\r\n")
        #expect(epochs(bench.bench.old.last) == ["x-strangler-epoch: 7"])
        let copy = bench.copies.last
        #expect(epochs(copy) == [] && copy?.request != nil)
        let (number, _) = bench.hold()
        _ = bench.ask("POST /a", user: "u1", body: "x")
        bench.publish(.all, epoch: 8)
        bench.release(number)
        #expect(epochs(bench.bench.new.last) == ["x-strangler-epoch: 8"])
        bench.publish(.zero, epoch: nil)
        _ = bench.ask("GET /a", user: "u1")
        #expect(epochs(bench.bench.old.last) == [])
    }

    @Test func `a side that says that the user is the other's is believed once, for a POST too`() throws {
        let bench = try HoldBench(epoch: 7)
        let client = bench.ask("POST /a", user: "u1", body: "hello")
        let refusing = try #require(bench.bench.old.last)
        #expect(refusing.body == Array("hello".utf8))
        bench.publish(.zero, epoch: 8)
        refusing.answer(421, "x-strangler-owner: service\r\n")
        #expect(refusing.isCancelled && client.answer == nil)
        let second = try #require(bench.bench.new.last)
        #expect(second.body == Array("hello".utf8) && second.isFinished)
        #expect(second.request?.lines.contains("x-strangler-epoch: 8") == true)
        bench.bench.new.answerLast(201)
        #expect(client.answer?.status == 201)
        #expect(bench.owned.counts.redirected == 1)
        bench.expectNothingLeft()
    }

    @Test(arguments: [
        // To and fro; to where it was; a body that was not kept.
        ("service", "legacy", 5), ("legacy", "", 5), ("service", "", 70 << 10),
    ])
    func `what cannot be sent to the other side is refused for a moment`(first: String, second: String, size: Int)
        throws
    {
        let bench = try HoldBench()
        let client = bench.ask("POST /a", user: "u1", body: String(repeating: "x", count: size))
        bench.bench.old.last?.answer(421, "x-strangler-owner: \(first)\r\n")
        if !second.isEmpty { bench.bench.new.last?.answer(421, "x-strangler-owner: \(second)\r\n") }
        let answer = try #require(client.answer)
        #expect(answer.status == 503 && answer.lines.contains("retry-after: 1"))
        #expect(String(decoding: client.body, as: UTF8.self).contains(#""reason":"misdirected""#))
        #expect(bench.owned.counts.misdirected == 1)
        bench.expectNothingLeft()
    }

    @Test func `one that was refused waits when its user is held, and goes by the table then served`() throws {
        let bench = try HoldBench()
        let client = bench.ask("POST /a", user: "u1", body: "hello")
        let (number, report) = bench.hold()
        #expect(report.inFlight == 1)
        bench.bench.old.last?.answer(421, "x-strangler-owner: legacy\r\n")
        #expect(client.answer?.status == 503)
        let again = bench.ask("POST /a", user: "u1", body: "hello")
        #expect(again.answer == nil)
        bench.release(number)
        let (second, _) = bench.hold()
        bench.bench.old.last?.answer(421, "x-strangler-owner: service\r\n")
        // The side that it named has no say while the user is held.
        #expect(again.answer == nil && bench.bench.new.streams.isEmpty)
        #expect(bench.worker.holdLoads()[second]?.inFlight == 0)
        #expect(bench.bench.emptied.contains(second))
        bench.publish(.all)
        bench.release(second)
        bench.bench.new.answerLast(201)
        #expect(again.answer?.status == 201)
        bench.expectNothingLeft()
    }

    @Test func `421 of a side that names no owner, or in another mode, is the client's`() throws {
        let bench = try HoldBench()
        let client = bench.ask("POST /a", user: "u1", body: "hello")
        bench.bench.old.answerLast(421)
        #expect(client.answer?.status == 421)
        let other = try WorkerBench(
            percent: "50", route: #""context": "c","#,
            context: #""contexts": { "c": { "keys": ["header:x-user"], "mode": "stateless" } },"#,
            edit: { $0.contexts[0].epoch = 3 })
        let stateless = other.ask("GET /a")
        other.old.last?.answer(421, "x-strangler-owner: service\r\n")
        #expect(stateless.answer?.status == 421)
        #expect(other.old.last?.request?.lines.contains { $0.hasPrefix("x-strangler") } == false)
    }

    // MARK: Sides

    @Test
    func `the percentage is an owned set, to the bucket, and who has no key is legacy's until the service has all`()
        throws
    {
        let bench = try HoldBench()
        let user = "u1"
        let bucket = bench.bucket(user)
        func goes(_ ticks: Int32, _ user: String?) throws -> Side {
            bench.publish(Percent(ticks: ticks))
            let before = bench.bench.new.streams.count
            bench.ask("GET /a", user: user)
            return bench.bench.new.streams.count > before ? .service : .legacy
        }
        #expect(try goes(bucket, user) == .legacy && goes(bucket + 1, user) == .service)
        #expect(try goes(1_000_000, user) == .service && goes(0, user) == .legacy)
        #expect(try goes(999_999, nil) == .legacy && goes(1_000_000, nil) == .service)
        // Also where the percentage decides alone, the bucket is known, as a hold counts by it.
        #expect(bench.hold(bucket..<bucket + 1).report.inFlight == 4)
    }
}
