import DurableFiles
import EventLoop
import JSON
import Routing
import TestSupport
import Testing

@testable import Router

/// Holds of a whole router with two loops, over its admin API.
@Suite struct HoldLiveTests {
    /// Answers with its name; `POST /slow` when it is let.
    private final class Side: Sendable {
        let server: RawServer
        let (arrived, letsGo) = (Gate(), Gate())
        let heads = Guarded<[String]>([])

        init(_ name: String) throws {
            let (arrived, letsGo, heads) = (arrived, letsGo, heads)
            server = try RawServer { client in
                while true {
                    let (head, _) = try client.readMessage()
                    heads.withLock { $0.append(head) }
                    if head.hasPrefix("POST /slow") {
                        arrived.open()
                        letsGo.wait()
                    }
                    try client.send("HTTP/1.1 200 OK\r\ncontent-length: \(name.utf8.count)\r\n\r\n\(name)")
                }
            }
        }
    }

    private let (old, new): (Side, Side)

    init() throws {
        old = try Side("old")
        new = try Side("new")
    }

    /// - Parameter wait: milliseconds for which a request may be held: as long as a busy machine needs.
    private func router(percent: String = "50", threads: Int = 2, wait: UInt32 = 60_000) throws -> RouterFixture {
        var bounds = HoldBounds()
        (bounds.wait, bounds.lease) = (wait, 60_000)
        return try router(percent: percent, threads: threads, bounds: bounds)
    }

    private func router(percent: String = "50", threads: Int, bounds: HoldBounds) throws -> RouterFixture {
        try RouterFixture(
            configuration(
                legacy: old.server.port, service: new.server.port, percent: percent, route: #""context": "c","#,
                top: #""timeouts": { "drain": "60s" },"#,
                context: #"""
                    "contexts": { "c": { "keys": ["header:x-user"], "mode": "owned", "epoch": 4 },
                                  "r": { "keys": ["header:x-user"], "mode": "reads" } },
                    """#), threads: threads, hasServed: true, holds: bounds)
    }

    private func hold(
        _ router: RouterFixture, _ from: Int = 0, _ to: Int = 1_000_000, kind: String = "writes", lease: Int = 60_000,
        drain: Int = 60_000
    ) throws -> (status: Int, json: JSONDocument) {
        try router.admin(
            "POST", "/v1/holds",
            #"{"context": "c", "from": \#(from), "to": \#(to), "kind": "\#(kind)", "lease": \#(lease), "drain": \#(drain), "actor": "me"}"#
        )
    }

    /// Begins a request; `side` reads which side answered it.
    private func begin(_ router: RouterFixture, _ method: String, _ path: String, user: String) throws -> RawClient {
        let client = try router.client()
        let length = method == "GET" ? "" : "content-length: 2\r\n"
        try client.send("\(method) \(path) HTTP/1.1\r\nhost: a\r\nx-user: \(user)\r\n\(length)\r\n")
        if method != "GET" { try client.send("hi") }
        return client
    }

    private func side(_ client: RawClient) throws -> String {
        let (head, body) = try client.readMessage()
        return head.hasPrefix("HTTP/1.1 200") ? String(decoding: body, as: UTF8.self) : head
    }

    /// Waits until so many are held.
    private func waitUntilHeld(_ router: RouterFixture, _ count: Int) throws {
        try router.waitForMetric("strangler_held_requests{context=\"c\"} \(count)")
    }

    private func user(_ sideOfHalf: String) -> String {
        let assignment = Assignment(salt: "")
        return (0...).lazy.map { "u\($0)" }.first {
            (assignment.bucket(of: $0) < 500_000) == (sideOfHalf == "new")
        } ?? ""
    }

    @Test func `a hold waits for what began before on every loop, and is answered then`() throws {
        let router = try router()
        let slow = try begin(router, "POST", "/slow", user: user("new"))
        new.arrived.wait()
        let box = Guarded<(status: Int, json: JSONDocument)?>(nil)
        let (asked, answered) = (Gate(), Gate())
        let asking = try LoopThread(name: "asking") { [self] _ in
            asked.open()
            let answer = try? hold(router)
            box.withLock { $0 = answer }
            answered.open()
        }
        defer { asking.stopAndJoin() }
        asked.wait()
        // While it is under way, the writes of all users wait, on every loop.
        let state = try waitForHold(router) { $0["state"]?.string == "holding" }
        #expect(state["in_flight"]?.int == 1 && state["kind"]?.string == "writes" && state["actor"]?.string == "me")
        let writes = try (0..<8).map { try begin(router, "POST", "/w", user: "w\($0)") }
        try waitUntilHeld(router, 8)
        #expect(try side(try begin(router, "GET", "/r", user: user("old"))) == "old")
        #expect(box.withLock { $0 == nil })
        new.letsGo.open()
        #expect(try side(slow) == "new")
        #expect(answered.wait())
        let answer = try #require(box.withLock { $0 })
        #expect(answer.status == 200)
        let root = answer.json.root
        #expect(root["state"]?.string == "drained" && root["held"]?.int == 8 && root["in_flight"]?.int == 0)
        #expect(root["from"]?.int == 0 && root["to"]?.int == 1_000_000)
        // Everybody goes by the table then served.
        _ = try router.admin("POST", "/v1/routes/all/shift", #"{"percent": 0}"#)
        let id = try #require(root["id"]?.string)
        let released = try router.admin("DELETE", "/v1/holds/\(id)")
        #expect(released.status == 200 && released.json.root["released"]?.int == 8)
        for client in writes { #expect(try side(client) == "old") }
        #expect(try router.admin("DELETE", "/v1/holds/\(id)").status == 404)
        #expect(try router.admin("GET", "/v1/holds").json.root["holds"]?.count == 0)
        #expect(old.heads.withLock { $0.contains { $0.hasPrefix("POST /w") && $0.contains("x-strangler-epoch: 4") } })
        let lines = try router.metrics()
        #expect(lines.contains("strangler_holds_total{context=\"c\",result=\"released\"} 1"))
        #expect(lines.contains("strangler_held_requests_total{context=\"c\",result=\"released\"} 8"))
        #expect(lines.contains("strangler_hold_wait_seconds_count{context=\"c\"} 8"))
    }

    private func waitForHold(_ router: RouterFixture, _ isSo: (JSONValue) -> Bool) throws -> JSONValue {
        let end = Moment.read() + .seconds(10)
        while true {
            if let hold = try router.admin("GET", "/v1/holds").json.root["holds"]?[0], isSo(hold) { return hold }
            guard Moment.read() < end else { throw RawClient.Failure(description: "never so") }
        }
    }

    @Test func `the good copy of what is published while users wait is written when they do not`() throws {
        let router = try router()
        let id = try #require(try hold(router).json.root["id"]?.string)
        #expect(try router.admin("POST", "/v1/routes/all/shift", #"{"percent": 10}"#).status == 200)
        #expect(try router.onLoop { $0.store.generations.copies().map(\.revision) } == [7])
        #expect(try router.admin("DELETE", "/v1/holds/\(id)").status == 200)
        let end = Moment.read() + .seconds(10)
        while try router.onLoop({ $0.store.generations.copies().first?.revision }) != 8 {
            try #require(Moment.read() < end)
        }
    }

    @Test func `what does not end in time is not waited for, and nothing is held`() throws {
        let router = try router()
        let slow = try begin(router, "POST", "/slow", user: user("new"))
        new.arrived.wait()
        let refused = try hold(router, drain: 30)
        #expect(refused.status == 409 && refused.json.root["code"]?.string == "hold_not_drained")
        #expect(refused.json.root["detail"]?.string?.hasPrefix("1 request of c [0,1000000)") == true)
        #expect(try router.admin("GET", "/v1/holds").json.root["holds"]?.count == 0)
        #expect(try side(try begin(router, "POST", "/w", user: user("old"))) == "old")
        new.letsGo.open()
        #expect(try side(slow) == "new")
        try router.waitForMetric("strangler_holds_total{context=\"c\",result=\"undrained\"} 1")
    }

    @Test func `a lease that runs out lets everybody go, and it is told`() throws {
        let router = try router()
        let held = try hold(router, lease: 300)
        #expect(held.status == 200)
        let write = try begin(router, "POST", "/w", user: user("new"))
        #expect(try side(write) == "new")
        try router.waitForMetric("strangler_holds_total{context=\"c\",result=\"expired\"} 1")
        #expect(try router.admin("GET", "/v1/holds").json.root["holds"]?.count == 0)
    }

    /// One that ends properly behind a body that is not read is found out when it has waited for long enough.
    @Test(arguments: [
        ("GET", "", false, "client_gone"), ("POST", "h", true, "client_gone"), ("POST", "hi", false, "held_too_long"),
    ])
    func `a client that leaves while it waits gives its place back, and nothing is sent for it`(
        _ method: String, _ body: String, _ resets: Bool, _ result: String
    ) throws {
        let router = try router(threads: 1, wait: result == "client_gone" ? 60_000 : 2000)
        #expect(try hold(router, kind: "all").status == 200)
        var client: RawClient? = try router.client()
        if resets { client?.resetOnClose() }
        let length = body.isEmpty ? "" : "content-length: 2\r\n"
        try client?.send("\(method) /w HTTP/1.1\r\nhost: a\r\nx-user: u1\r\n\(length)\r\n\(body)")
        try waitUntilHeld(router, 1)
        client = nil
        try waitUntilHeld(router, 0)
        #expect(
            try router.metrics().contains(
                "strangler_held_requests_total{context=\"c\",result=\"\(result)\"} 1"))
        #expect(old.heads.withLock(\.isEmpty) && new.heads.withLock(\.isEmpty))
    }

    @Test func `the same buckets again renew and widen it, and no others overlap`() throws {
        let router = try router()
        let first = try hold(router, 0, 10_000).json.root
        let read = try begin(router, "GET", "/r", user: user("old"))
        #expect(try side(read) == "old")
        let wider = try hold(router, 0, 10_000, kind: "all").json.root
        #expect(wider["id"]?.string == first["id"]?.string && wider["kind"]?.string == "all")
        // It never becomes narrower.
        #expect(try hold(router, 0, 10_000).json.root["kind"]?.string == "all")
        let overlapping = try hold(router, 9_999, 20_000)
        #expect(overlapping.status == 409 && overlapping.json.root["code"]?.string == "hold_overlaps")
        #expect(
            overlapping.json.root["detail"]?.string?.hasPrefix("requests of c [0,10000) are held by me, ") == true)
        #expect(try hold(router, 10_000, 20_000).status == 200)
        #expect(try router.admin("GET", "/v1/holds").json.root["holds"]?.count == 2)
        let contexts = try router.admin("GET", "/v1/holds").json.root["contexts"]
        #expect(contexts?.count == 1 && contexts?[0]?["context"]?.string == "c" && contexts?[0]?["epoch"]?.int == 4)
        #expect(contexts?[0]?["most_held"]?.int == 1000 && contexts?[0]?["unkeyed_writes"]?.int == 0)
    }

    @Test(arguments: [
        (#"{"context": "x", "from": 0, "to": 1, "kind": "all", "lease": 1, "drain": 1}"#, 404),
        (#"{"context": "r", "from": 0, "to": 1, "kind": "all", "lease": 1, "drain": 1}"#, 422),
        (#"{"context": "c", "from": 1, "to": 1, "kind": "all", "lease": 1, "drain": 1}"#, 400),
        (#"{"context": "c", "from": 0, "to": 1000001, "kind": "all", "lease": 1, "drain": 1}"#, 400),
        (#"{"context": "c", "from": 0, "to": 9007199254740991, "kind": "all", "lease": 1, "drain": 1}"#, 400),
        (#"{"context": "c", "from": 0, "to": 1, "kind": "none", "lease": 1, "drain": 1}"#, 400),
        (#"{"context": "c", "from": 0, "to": 1, "kind": "all", "lease": 0, "drain": 1}"#, 400),
        (#"{"context": "c", "from": 0, "to": 1, "kind": "all", "lease": 5001, "drain": 1}"#, 400),
        (#"{"context": "c", "from": 0, "to": 1, "kind": "all", "lease": 1, "drain": 5001}"#, 400),
        (#"{"context": "c", "from": 0, "to": 1, "kind": "all", "lease": 1}"#, 400),
    ])
    func `what cannot be held is refused with what is wrong`(_ body: String, _ status: Int) throws {
        let router = try router(threads: 1, bounds: HoldBounds())
        let answer = try router.admin("POST", "/v1/holds", body)
        #expect(answer.status == status)
        #expect(answer.json.root["detail"]?.string?.isEmpty == false)
    }

    @Test func `as many holds stand as may`() throws {
        let router = try router(threads: 1)
        for number in 0..<HoldDesk.most { #expect(try hold(router, number, number + 1).status == 200) }
        let refused = try hold(router, 900, 901)
        #expect(refused.status == 503 && refused.json.root["code"]?.string == "busy")
    }

    @Test func `a rollback does not wait for a hold, and who waits goes to legacy when it ends`() throws {
        let router = try router(percent: "100")
        let id = try #require(try hold(router, kind: "all").json.root["id"]?.string)
        let waiting = try (0..<4).map { try begin(router, $0 < 2 ? "GET" : "POST", "/w", user: "w\($0)") }
        try waitUntilHeld(router, 4)
        // Nobody of them counts as under way on the service.
        let rollback = try router.admin("POST", "/v1/rollback", #"{"all": true, "wait": "10s"}"#)
        #expect(rollback.status == 200 && rollback.json.root["complete"]?.bool == true)
        #expect(rollback.json.root["in_flight"]?.int == 0)
        #expect(try router.admin("GET", "/v1/holds").json.root["holds"]?.count == 1)
        #expect(try router.admin("DELETE", "/v1/holds/\(id)").status == 200)
        for client in waiting { #expect(try side(client) == "old") }
        #expect(new.heads.withLock(\.isEmpty))
    }

    @Test func `a router that stops takes no new hold, and lets go who waits`() throws {
        let router = try router()
        let id = try #require(try hold(router).json.root["id"]?.string)
        let write = try begin(router, "POST", "/w", user: user("old"))
        try waitUntilHeld(router, 1)
        router.beginStop()
        #expect(try router.onLoop(\.isDraining))
        let refused = try hold(router, 0, 5)
        #expect(refused.status == 503, "\(refused.json.root["detail"]?.string ?? "")")
        #expect(try hold(router, kind: "all").status == 200)
        #expect(refused.json.root["code"]?.string == "draining")
        #expect(try router.admin("DELETE", "/v1/holds/\(id)").status == 200)
        #expect(try side(write) == "old")
        #expect(router.waitForEnd() == 0)
    }

    @Test func `a take-over waits until no hold stands, and meanwhile none is taken but those are finished`() throws {
        let router = try router()
        let id = try #require(try hold(router, 0, 10).json.root["id"]?.string)
        let stopped = Gate()
        _ = try router.onLoop { router in
            router.holdListeners { stopped.open() }
            return router.refusesChanges
        }
        let refused = try hold(router, 20, 30)
        #expect(refused.status == 503 && refused.json.root["code"]?.string == "taken_over")
        // The move that the hold was taken for goes on: wider, published, released.
        #expect(try hold(router, 0, 10, kind: "all").status == 200)
        #expect(try router.admin("POST", "/v1/routes/all/shift", #"{"percent": 40}"#).status == 200)
        #expect(try router.onLoop { !$0.refusesChanges })
        #expect(try router.admin("DELETE", "/v1/holds/\(id)").status == 200)
        #expect(stopped.wait())
        #expect(try router.onLoop { $0.refusesChanges })
        _ = try router.onLoop { router in
            router.resumeListeners()
            return true
        }
        #expect(try hold(router, 20, 30).status == 200)
    }

    @Test func `the event and the explanation name it`() throws {
        let router = try router(threads: 1)
        let explained = try router.admin("GET", "/v1/explain?path=/a").json.root
        #expect(explained["decision"]?.string == "default-side" && explained["side"]?.string == "legacy")
        let user = user("new")
        let keyed = try router.admin("GET", "/v1/explain?path=/a&header=x-user:%20\(user)").json.root
        #expect(keyed["decision"]?.string == "bucket" && keyed["side"]?.string == "service")
        let events = try RawClient(port: router.adminPort)
        try events.send("GET /v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n")
        _ = try events.read(until: "\r\n\r\n")
        let id = try #require(try hold(router, 0, 10).json.root["id"]?.string)
        let drained = try events.read(until: "\n\n")
        #expect(drained.contains("event: hold") && drained.contains(#""became":"drained""#))
        _ = try router.admin("DELETE", "/v1/holds/\(id)")
        #expect(try events.read(until: "\n\n").contains(#""became":"released""#))
        #expect(try side(try begin(router, "POST", "/w", user: "")) == "old")
        #expect(try router.admin("GET", "/v1/holds").json.root["contexts"]?[0]?["unkeyed_writes"]?.int == 1)
    }
}
