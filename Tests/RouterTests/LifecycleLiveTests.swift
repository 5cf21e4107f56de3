import DurableFiles
import EventLoop
import Glibc
import JSON
import Routing
import TestSupport
import Testing

@testable import Router

struct LifecycleLiveTests {
    @Test(arguments: [1, 2])
    func `reloads under load fail no request and cut no connection`(threads: Int) throws {
        let (old, new) = (try EchoUpstream("old"), try EchoUpstream("new"))
        let router = try RouterFixture(
            configuration(legacy: old.port, service: new.port, percent: "50"), threads: threads)
        let stop = Guarded(false)
        let answered = Tally()
        let failed = Tally()
        let done = (0..<8).map { _ in Gate() }
        for gate in done {
            let client = try router.client()
            RawServer.thread {
                while !stop.withLock({ $0 }) {
                    do {
                        // The same connection all the time: a cut one fails.
                        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                        if try client.readMessage().head.hasPrefix("HTTP/1.1 200") {
                            answered.add()
                        } else {
                            failed.add()
                        }
                    } catch {
                        failed.add()
                        break
                    }
                }
                gate.open()
            }
        }
        for turn in 0..<8 {
            let percent = turn.isMultiple(of: 2) ? "0" : "100"
            try router.write(configuration(legacy: old.port, service: new.port, percent: percent))
            #expect(try router.admin("POST", "/v1/reload").status == 200)
            let seen = answered.count
            while answered.count < seen + 20, failed.count == 0 { sched_yield() }
        }
        stop.withLock { $0 = true }
        for gate in done { gate.wait() }
        #expect(failed.count == 0)
        #expect(answered.count >= 160)
    }

    @Test func `a bad file changes nothing and says where it is wrong`() throws {
        let (old, new) = (try EchoUpstream("old"), try EchoUpstream("new"))
        let router = try RouterFixture(configuration(legacy: old.port, service: new.port))
        try router.write(#"{ "routes": [] }"#)
        let (status, json) = try router.admin("POST", "/v1/reload")
        #expect(status == 422)
        #expect(json.root["diagnostics"]?[0]?["line"]?.int == 1)
        #expect(try router.get("/").body == "old")
        let config = try router.admin("GET", "/v1/status").json.root["config"]
        #expect(config?["last_reload"]?["result"]?.string == "refused")
    }

    @Test func `stopping finishes what runs and ends cleanly`() throws {
        let (arrived, finish) = (Gate(), Gate())
        let slow = try RawServer { client in
            _ = try client.read(until: "\r\n\r\n")
            arrived.open()
            finish.wait()
            try client.send("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nslow")
        }
        let router = try RouterFixture(configuration(legacy: slow.port, service: try refusedPort()))
        let client = try router.client()
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        arrived.wait()
        router.beginStop()
        // The stop is a message to the control loop; what is asked afterwards may overtake it once.
        var readiness = 200
        for _ in 0..<1000 where readiness == 200 { readiness = try router.admin("GET", "/readyz").status }
        #expect(readiness == 503)
        // The worker hears of it by a message, too: it has when nothing is accepted any more.
        var isAccepting = true
        for _ in 0..<1000 where isAccepting { isAccepting = (try? router.client()) != nil }
        #expect(!isAccepting)
        finish.open()
        let (head, body) = try client.readMessage()
        #expect(head.contains("\r\nconnection: close\r\n"))
        #expect(String(decoding: body, as: UTF8.self) == "slow")
        #expect(router.waitForEnd() == 0)
        #expect((try? router.client()) == nil)
    }

    @Test func `the access log has a line of JSON for each request, and no secret`() throws {
        let old = try EchoUpstream("old")
        let router = try RouterFixture(
            configuration(legacy: old.port, service: try refusedPort(), top: #""accessLog": "access.log","#))
        _ = try router.get("/a/b?token=secret1", "authorization: Bearer secret2\r\ncookie: session=secret3\r\n")
        _ = try router.get("/%22x")
        #expect(router.stop() == 0)
        let text = String(decoding: try DurableFile(path: "\(router.folder)/access.log").read(), as: UTF8.self)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 2)
        let first = try JSONDocument(String(lines[0])).root
        #expect(first["path"]?.string == "/a/b" && first["route"]?.string == "all" && first["status"]?.int == 200)
        #expect(first["side"]?.string == "legacy" && first["bytes"]?.int == 3)
        #expect(!text.contains("secret"))
        #expect(try JSONDocument(String(lines[1])).root["path"]?.string == "/%22x")
    }

    @Test func `an upstream's definition may change under load`() throws {
        let (old, new) = (try EchoUpstream("old"), try EchoUpstream("new"))
        let router = try RouterFixture(configuration(legacy: old.port, service: new.port))
        let client = try router.client()
        for turn in 0..<20 {
            let (legacy, name) = turn.isMultiple(of: 2) ? (new.port, "new") : (old.port, "old")
            try router.write(configuration(legacy: legacy, service: new.port))
            #expect(try router.admin("POST", "/v1/reload").status == 200)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(String(decoding: try client.readMessage().body, as: UTF8.self) == name)
        }
    }

    @Test func `a second stop does not wait`() throws {
        let arrived = Gate()
        let stuck = try RawServer { client in
            _ = try client.read(until: "\r\n\r\n")
            arrived.open()
            _ = client.readToEnd()
        }
        let router = try RouterFixture(configuration(legacy: stuck.port, service: try refusedPort()))
        let client = try router.client()
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        arrived.wait()
        router.beginStop()
        #expect(router.stop() == 1)
    }
}

struct ConfigurationStoreTests {
    private func store(_ folder: String) -> ConfigurationStore { ConfigurationStore(path: "\(folder)/routes.json") }

    private let text = configuration(legacy: 1, service: 2)

    @Test(arguments: ["", "{", "{}", #"{ "version": 1, "routes": [] }"#])
    func `a bad file at the start is replaced by the last good copy, loudly`(bad: String) throws {
        try TemporaryFolder.with { folder in
            let file = DurableFile(path: "\(folder)/routes.json")
            try file.replace(with: Array(text.utf8))
            let first = store(folder)
            let table = try first.start().get().table
            #expect(first.keepAsGood(table) == nil)
            try file.replace(with: Array(bad.utf8))
            let second = store(folder)
            let started = try second.start().get()
            #expect(started.source == .lastKnownGood)
            #expect(started.problem != nil)
            #expect(started.table.bytes == Array(text.utf8))
            // Its author's attempt is not thrown away by a change.
            let draft = try second.draft(started.table.document.edited([.percent(route: 0, .init(ticks: 5))])).get()
            #expect(second.write(draft)?.code == "file_changed")
            #expect(try file.read() == Array(bad.utf8))
        }
    }

    @Test func `without a file and without a copy it does not start`() throws {
        try TemporaryFolder.with { folder in
            guard case .failure(let problem) = store(folder).start() else {
                Issue.record("it started")
                return
            }
            #expect(problem.message.contains("routes.json"))
        }
    }

    @Test func `revisions count on whatever the file says`() throws {
        try TemporaryFolder.with { folder in
            let file = DurableFile(path: "\(folder)/routes.json")
            try file.replace(with: Array(text.utf8))
            let store = store(folder)
            let table = try store.start().get().table
            #expect(table.revision == 7)
            #expect(try store.reread().get() == nil)
            try file.replace(with: Array((text + " ").utf8))
            #expect(try store.reread().get()?.revision == 8)
            try file.replace(with: Array(text.replacing(#""revision": 7"#, with: #""revision": 20"#).utf8))
            #expect(try store.reread().get()?.revision == 20)
            #expect(store.keepAsGood(table) == nil)
            try file.replace(with: Array((text + "  ").utf8))
            #expect(try self.store(folder).start().get().table.revision == 8)
        }
    }
}
