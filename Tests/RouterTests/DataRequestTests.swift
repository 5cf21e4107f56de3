import DurableFiles
import EventLoop
import JSON
import TestSupport
import Testing

@testable import Router

/// What reports do to a living router.
struct DataRequestTests {
    private static func text(
        _ old: UInt16, _ new: UInt16, percent: String = "50", more: String = "", revision: Int = 7
    ) -> String {
        """
        { "version": 1, "revision": \(revision), "listen": ["127.0.0.1:0"], "admin": { "unix": "admin.sock", "listen": "127.0.0.1:0" },
          "upstreams": { "old": { "endpoints": ["127.0.0.1:\(old)"] }, "new": { "endpoints": ["127.0.0.1:\(new)"] } },
          "contexts": { "c": { "keys": ["header:x-user"], "mode": "reads"\(more) },
                        "free": { "keys": [], "mode": "stateless" } },
          "routes": [
            { "id": "a", "match": { "prefix": "/a", "methods": ["GET"] }, "legacy": "old", "service": "new", "context": "c", "percent": \(percent) },
            { "id": "b", "match": { "prefix": "/b", "methods": ["GET"] }, "legacy": "old", "service": "new", "context": "c", "percent": 0 },
            { "id": "f", "match": { "prefix": "/f" }, "legacy": "old", "service": "new", "context": "free", "percent": 50 },
            { "id": "all", "match": { "prefix": "/" }, "legacy": "old" } ] }
        """
    }

    private func fixture(percent: String = "50", more: String = "") throws -> RouterFixture {
        try RouterFixture(Self.text(try refusedPort(), try refusedPort(), percent: percent, more: more))
    }

    private func report(_ router: RouterFixture, _ group: String, lease: String = "999s") throws -> JSONValue {
        let (status, json) = try router.admin("POST", "/v1/data", #"{"groups": [\#(group)], "lease": "\#(lease)"}"#)
        #expect(status == 200)
        return json.root
    }

    private func percents(_ router: RouterFixture) throws -> [Double?] {
        try router.admin("GET", "/v1/routes").json.root["routes"]?.elements.map { $0["percent"]?.double } ?? []
    }

    private func waitUntil(_ what: String, _ condition: () throws -> Bool) throws {
        let patience = ContinuousClock.now + .seconds(20)
        while try !condition() {
            guard ContinuousClock.now < patience else { throw RouterFixture.Failure(description: "not seen: \(what)") }
        }
    }

    private static let well = #"{"group": "c", "state": "running", "lag_rows": 0, "lag_ms": 0}"#
    private static let stopped = #"{"group": "c", "state": "stopped", "reason": "a trigger is gone"}"#

    @Test func `a process whose place another takes hears nothing of the agent, and does nothing about it`() throws {
        let router = try fixture()
        _ = try report(router, Self.well, lease: "100ms")
        try router.onLoop { $0.refusesChanges = true }
        try waitUntil("the end of the lease") {
            try router.onLoop { router in
                router.dataDeadlinePassed()
                return router.nowMilliseconds > router.dataWatches["c"]?.deadline ?? 0
            }
        }
        try router.onLoop { $0.dataDeadlinePassed() }
        #expect(try router.onLoop { $0.dataWatches["c"]?.word } == "following")
        #expect(try percents(router) == [50, 0, 50, nil])
        // The other one gave up.
        try router.onLoop { $0.refusesChanges = false }
        try waitUntil("the rollback") { try percents(router) == [0, 0, 50, nil] }
    }

    @Test func `a stream that stops brings the readers of its context back, and nobody else`() throws {
        let router = try fixture()
        #expect(try report(router, Self.well)["data"]?[0]?["state"]?.string == "following")
        #expect(try percents(router) == [50, 0, 50, nil])
        let answer = try report(router, Self.stopped)
        #expect(answer["data"]?[0]?["state"]?.string == "stalled")
        #expect(answer["data"]?[0]?["reason"]?.string == "the stream has stopped: a trigger is gone")
        try waitUntil("the rollback") { try percents(router) == [0, 0, 50, nil] }
        try router.waitForMetric(#"strangler_rollbacks_total{route="a",reason="data-stall"} 1"#)
        #expect(try router.metrics().contains(#"strangler_data_stalled{context="c"} 1"#))
        // On disk, and once: further reports change nothing.
        _ = try report(router, Self.stopped)
        let file = String(decoding: try DurableFile(path: "\(router.folder)/routes.json").read(), as: UTF8.self)
        #expect(file.contains(#""context": "c", "percent": 0 }"#))
        #expect(try router.admin("GET", "/v1/status").json.root["revision"]?.int == 8)
    }

    @Test func `onStall hold tells and moves nobody`() throws {
        let router = try fixture(more: #", "onStall": "hold""#)
        _ = try report(router, Self.stopped)
        let row = try router.admin("GET", "/v1/data").json.root["data"]?[0]
        #expect(row?["state"]?.string == "stalled" && row?["on_stall"]?.string == "hold")
        #expect(row?["readers"]?.elements.compactMap(\.string) == ["a"])
        #expect(try percents(router) == [50, 0, 50, nil])
    }

    @Test func `a lease that runs out is a stall, without another report`() throws {
        let router = try fixture()
        _ = try report(router, Self.well, lease: "100ms")
        try waitUntil("the rollback") { try percents(router) == [0, 0, 50, nil] }
        let row = try router.admin("GET", "/v1/status").json.root["data"]?[0]
        #expect(row?["reason"]?.string?.contains("has not reported for") == true)
    }

    @Test func `lag above the context's own limit is a stall, and below it none`() throws {
        let router = try fixture(more: #", "data": { "group": "rows", "maxLag": "2s" }"#)
        func lag(_ milliseconds: Int) throws -> String? {
            let group = #"{"group": "rows", "state": "running", "lag_rows": 7, "lag_ms": \#(milliseconds)}"#
            return try report(router, group)["data"]?[0]?["state"]?.string
        }
        #expect(try lag(2_000) == "following")
        #expect(try lag(2_001) == "stalled")
        try waitUntil("the rollback") { try percents(router)[0] == 0 }
        #expect(try lag(0) == "following")
        // What recovers is not raised again.
        #expect(try percents(router)[0] == 0)
    }

    @Test func `without a report nothing is known, and nothing is done or refused`() throws {
        let router = try fixture(percent: "10")
        let row = try router.admin("GET", "/v1/data").json.root["data"]?[0]
        #expect(row?["state"]?.string == "unknown" && row?["report_age_ms"]?.isNull == true)
        #expect(try router.admin("POST", "/v1/routes/a/shift", #"{"percent": 20}"#).status == 200)
        #expect(try router.metrics().contains(#"strangler_data_reported{context="c"} 0"#))
        let unknown = try report(router, #"{"group": "x", "state": "stopped"}"#)["unknown"]
        #expect(unknown?.elements.compactMap(\.string) == ["x"])
        #expect(try percents(router) == [20, 0, 50, nil])
    }

    @Test func `while its rows do not follow no way raises a route, and every way lowers it`() throws {
        let router = try fixture(percent: "30", more: #", "onStall": "hold""#)
        _ = try report(router, Self.stopped)
        func shift(_ route: String, _ percent: Int, _ query: String = "") throws -> (Int, String?) {
            let (status, json) = try router.admin(
                "POST", "/v1/routes/\(route)/shift\(query)", #"{"percent": \#(percent)}"#)
            return (status, json.root["code"]?.string)
        }
        #expect(try shift("a", 40) == (409, "data_stalled"))
        #expect(try shift("a", 40, "?dry_run=true") == (409, "data_stalled"))
        #expect(try shift("b", 1) == (409, "data_stalled"))
        #expect(try shift("f", 60) == (200, nil))
        #expect(try shift("a", 20) == (200, nil))
        // The whole document: raised, redrawn by another salt, lowered.
        let served = String(
            decoding: try DurableFile(path: "\(router.folder)/routes.json").read(), as: UTF8.self)
        func put(_ text: String, _ query: String = "") throws -> (Int, String?) {
            let (status, json) = try router.admin("PUT", "/v1/routes\(query)", text, fields: "if-match: *\r\n")
            return (status, json.root["code"]?.string)
        }
        let redrawn = served.replacing(#""onStall""#, with: #""salt": "b", "onStall""#)
        #expect(try put(redrawn) == (409, "data_stalled"))
        #expect(try put(served.replacing(#""percent": 20"#, with: #""percent": 21"#)) == (409, "data_stalled"))
        #expect(try put(served.replacing(#""percent": 20"#, with: #""percent": 19"#)) == (200, nil))
        // The file, read again.
        try router.write(served.replacing(#""percent": 20"#, with: #""percent": 22"#))
        let reload = try router.admin("POST", "/v1/reload")
        #expect(reload.status == 409 && reload.json.root["code"]?.string == "data_stalled")
        #expect(try router.admin("POST", "/v1/reload?dry_run=1").status == 409)
        #expect(try percents(router)[0] == 19)
        #expect(try router.admin("POST", "/v1/reload?despite_data=true").status == 200)
        #expect(try percents(router)[0] == 22)
        #expect(try shift("a", 40, "?despite_data=true") == (200, nil))
        #expect(try shift("a", 41, "?despite_data=perhaps") == (400, "bad_request"))
        // Somebody decided so: the same stall does not bring them back.
        _ = try report(router, Self.stopped)
        #expect(try percents(router)[0] == 40)
    }

    @Test func `a rehearsal of a report changes nothing`() throws {
        let router = try fixture()
        let (status, json) = try router.admin("POST", "/v1/data?dry_run=true", #"{"groups": [\#(Self.stopped)]}"#)
        #expect(status == 200 && json.root["data"]?[0]?["state"]?.string == "unknown")
        #expect(try percents(router)[0] == 50)
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"groups": []}"#, #"{"groups": {}}"#, #"{"groups": [1]}"#, #"{"groups": [{}]}"#,
        #"{"groups": [{"group": "c"}]}"#, #"{"groups": [{"group": "", "state": "running"}]}"#,
        #"{"groups": [{"group": "c", "state": "fine"}]}"#,
        #"{"groups": [{"group": "c", "state": "running", "lag": 1}]}"#,
        #"{"groups": [{"group": "c", "state": "running", "lag_ms": -1}]}"#,
        #"{"groups": [{"group": "c", "state": "running", "lag_ms": 0.5}]}"#,
        #"{"groups": [{"group": "c", "state": "running", "lag_rows": "1"}]}"#,
        #"{"groups": [{"group": "c", "state": "running", "lag_rows": 1e300}]}"#,
        #"{"groups": [{"group": "c", "state": "running", "reason": 1}]}"#,
        #"{"groups": [{"group": "c", "state": "running"}], "lease": "1h"}"#,
        #"{"groups": [{"group": "c", "state": "running"}], "lease": 5}"#,
        #"{"groups": [{"group": "c", "state": "running"}], "more": 1}"#,
    ])
    func `a report that is none is refused`(body: String) throws {
        let router = try fixture()
        let (status, json) = try router.admin("POST", "/v1/data", body)
        #expect(status == 400 && json.root["code"]?.string == "bad_request")
    }

    @Test func `a report of many groups, whole numbers of any form and long reasons is taken`() throws {
        let router = try fixture()
        let long = String(repeating: "é", count: 2_000)
        let groups = (0..<255).map { #"{"group": "g\#($0)", "state": "running"}"# }.joined(separator: ",")
        let last = #"{"group": "c", "state": "stopped", "lag_rows": 1.0, "lag_ms": 1e3, "reason": "\#(long)"}"#
        let answer = try report(router, groups + "," + last)
        #expect(answer["unknown"]?.count == 255)
        #expect((answer["data"]?[0]?["reason"]?.string?.count ?? 0) < 600)
        #expect(answer["data"]?[0]?["lag_ms"]?.int == 1_000)
    }

    // MARK: Read your writes

    private func asked(_ router: RouterFixture, asOf mark: String?, wait: String? = nil) throws -> JSONValue {
        let mark = mark.map { #", "as_of": "\#($0)""# } ?? ""
        let wait = wait.map { #", "wait": "\#($0)""# } ?? ""
        let group = #"{"group": "c", "state": "running"\#(mark)}"#
        let (status, json) = try router.admin("POST", "/v1/data", #"{"groups": [\#(group)], "lease": "999s"\#(wait)}"#)
        #expect(status == 200)
        return json.root
    }

    /// Whether a user's reads wait, as the loops see it.
    private func isAwaited(_ router: RouterFixture) throws -> Bool {
        try router.onLoop { router in
            let now = router.loop.readClock().nanoseconds
            return !router.writes.follower("c").wait(maxLag: 5_000_000_000, now: now)
                .isOver(for: router.writes.recent.newest)
        }
    }

    private func write(_ router: RouterFixture) throws {
        try router.onLoop { router in
            _ = router.writes.recent.note(WrittenKeys(isWrite: true), now: router.loop.readClock().nanoseconds)
        }
    }

    @Test func `a mark that comes back ends the waiting for what was written before it`() throws {
        let router = try fixture()
        let first = try asked(router, asOf: nil)
        #expect(first["awaited"]?.count == 0)
        try write(router)
        let second = try asked(router, asOf: first["mark"]?.string)
        #expect(second["awaited"]?.elements.compactMap(\.string) == ["c"])
        #expect(try isAwaited(router))
        let third = try asked(router, asOf: second["mark"]?.string)
        #expect(third["awaited"]?.count == 0)
        #expect(try !isAwaited(router))
    }

    @Test func `marks that are none of this process, and rows that are not all there, end nothing`() throws {
        let router = try fixture(more: #", "onStall": "hold""#)
        try write(router)
        let mark = try #require(try asked(router, asOf: nil)["mark"]?.string)
        let other = RouterMoment(process: 1, nanoseconds: .max).text
        let future = String(mark.prefix(19)) + "ffffffffffffffff"
        for wrong in [other, future, "", "nonsense", String(repeating: "x", count: 4_000)] {
            _ = try asked(router, asOf: wrong)
            #expect(try isAwaited(router), "\(wrong.prefix(40))")
        }
        _ = try report(router, #"{"group": "c", "state": "copying", "as_of": "\#(mark)"}"#)
        #expect(try isAwaited(router))
        // Nor does a rehearsal.
        let body = #"{"groups": [{"group": "c", "state": "running", "as_of": "\#(mark)"}], "wait": "10s"}"#
        #expect(try router.admin("POST", "/v1/data?dry_run=true", body).status == 200)
        #expect(try isAwaited(router))
        _ = try asked(router, asOf: mark)
        #expect(try !isAwaited(router))
    }

    @Test func `a report that may wait does, until somebody writes`() throws {
        let router = try fixture()
        let client = try RawClient(port: router.adminPort)
        let body = #"{"groups": [{"group": "c", "state": "running"}], "lease": "999s", "wait": "10s"}"#
        try client.send(
            "POST /v1/data HTTP/1.1\r\nhost: localhost\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)")
        try waitUntil("the report to wait") { try router.onLoop { $0.waitingReports.count } == 1 }
        try write(router)
        try router.onLoop { $0.workerReported(.written) }
        let answer = try JSONDocument(try client.readMessage().body).root
        #expect(answer["awaited"]?.elements.compactMap(\.string) == ["c"])
        #expect(try router.onLoop { $0.waitingReports.count } == 0)
    }

    @Test(arguments: ["0s", "11s", "5", "99ms", "soon"])
    func `a wait that is none is refused`(_ wait: String) throws {
        let router = try fixture()
        let body = #"{"groups": [{"group": "c", "state": "running"}], "wait": "\#(wait)"}"#
        #expect(try router.admin("POST", "/v1/data", body).status == 400)
    }
}
