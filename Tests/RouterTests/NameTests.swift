import EventLoop
import JSON
import TestSupport
import Testing

@testable import Router

private func address(_ last: Int) -> SocketAddress {
    SocketAddress(host: "10.0.0.\(last)", port: 80) ?? SocketAddress()
}

struct NameWatchTests {
    struct Step: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let answer: NameAnswer
        let action: NameWatch.Action
        /// Last bytes of the addresses that are served afterwards.
        let served: [Int]
    }

    static let steps = [
        Step(
            testDescription: "the same", answer: .addresses([address(1), address(2)]), action: .nothing, served: [1, 2]),
        Step(
            testDescription: "in another order, and twice",
            answer: .addresses([address(2), address(1), address(2)]), action: .nothing, served: [1, 2]),
        Step(testDescription: "one left", answer: .addresses([address(2)]), action: .adopt, served: [2]),
        Step(
            testDescription: "the first failure is news", answer: .failure("no answer"),
            action: .keep(reason: "no answer", isNews: true), served: [2]),
        Step(
            testDescription: "the next is not", answer: .failure("no answer"),
            action: .keep(reason: "no answer", isNews: false), served: [2]),
        Step(
            testDescription: "an empty answer is a failure", answer: .addresses([]),
            action: .keep(reason: "no addresses", isNews: false), served: [2]),
        Step(testDescription: "back again", answer: .addresses([address(2)]), action: .recovered, served: [2]),
        Step(
            testDescription: "a failure after that is news again", answer: .addresses([]),
            action: .keep(reason: "no addresses", isNews: true), served: [2]),
        Step(
            testDescription: "back at other addresses", answer: .addresses([address(3), address(4)]), action: .adopt,
            served: [3, 4]),
    ]

    @Test func `answers in, actions out`() {
        var watch = NameWatch(addresses: [address(2), address(1)])
        for step in Self.steps {
            #expect(watch.answered(step.answer) == step.action, "\(step.testDescription)")
            #expect(watch.addresses == step.served.map(address), "\(step.testDescription)")
        }
    }

    @Test func `an answer makes no more endpoints than the bound`() {
        var watch = NameWatch(addresses: [address(1)])
        #expect(watch.answered(.addresses((1...200).map(address))) == .adopt)
        #expect(watch.addresses.count == NameWatch.mostAddresses)
        #expect(watch.answered(.addresses((1...200).reversed().map(address))) == .nothing)
    }
}

/// A resolver whose response tests set.
final class ScriptedResolver: Sendable {
    private let answer: Guarded<NameAnswer>
    let asked = Tally()

    init(_ ports: [UInt16]) { answer = Guarded(Self.answer(ports)) }

    func set(_ ports: [UInt16]) { answer.withLock { $0 = Self.answer(ports) } }
    func fail() { answer.withLock { $0 = .failure("name server is away") } }

    private static func answer(_ ports: [UInt16]) -> NameAnswer {
        .addresses(ports.compactMap { SocketAddress(host: "127.0.0.1", port: $0) })
    }

    var resolver: NameResolver {
        NameResolver { [self] host, _ in
            asked.add()
            return host == "service.test" ? answer.withLock { $0 } : .failure("no such name")
        }
    }
}

struct NameTests {
    private static func text(legacy: UInt16, name: String = "service.test", resolve: String = "10ms") -> String {
        configuration(legacy: legacy, service: 1, percent: "100").replacing(
            #"["127.0.0.1:1"]"#, with: #"["\#(name):80"], "resolve": "\#(resolve)", "idle": "1h""#)
    }

    @Test(arguments: [1, 2])
    func `traffic moves to the addresses that a name has now, and no request fails`(threads: Int) throws {
        let ended = Tally()
        let toFirst = Tally()
        let first = try RawServer { client in
            defer { ended.add() }
            while true {
                _ = try client.readMessage()
                toFirst.add()
                try client.send("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1")
            }
        }
        let (old, second) = (try EchoUpstream("old"), try EchoUpstream("2"))
        let names = ScriptedResolver([first.port])
        let router = try RouterFixture(Self.text(legacy: old.port), threads: threads, resolver: names.resolver)
        let (stop, failures, done) = (Guarded(false), Guarded<[String]>([]), Gate())
        for _ in 0..<4 {
            RawServer.thread {
                defer { done.open() }
                do {
                    let client = try router.client()
                    while !stop.withLock({ $0 }) {
                        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                        let (head, body) = try client.readMessage()
                        let text = String(decoding: body, as: UTF8.self)
                        if !head.hasPrefix("HTTP/1.1 200") || text == "old" {
                            failures.withLock { $0.append(head + text) }
                        }
                    }
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
        }
        func wait(_ what: String, _ condition: () throws -> Bool) throws {
            let patience = ContinuousClock.now + .seconds(10)
            while try !condition() {
                guard ContinuousClock.now < patience else {
                    throw RouterFixture.Failure(description: "waited for \(what) in vain")
                }
            }
        }
        try wait("the first address") { toFirst.count > 20 }

        names.set([second.port])
        try router.waitForMetric("strangler_name_changes_total 1")
        // Every loop has it when status shows it; then only what was under way ends at the first.
        try wait("the status") {
            let endpoints = try router.admin("GET", "/v1/status").json.root["upstreams"]?[1]?["endpoints"]
            return endpoints?.count == 1 && endpoints?[0]?["address"]?.string == "service.test:80 (127.0.0.1)"
        }
        try wait("the connections to the first to be closed") { ended.count > 0 }
        let seen = second.requests.count
        try wait("the second address") { second.requests.count > seen + 20 }
        let last = toFirst.count
        try wait("more at the second address") { second.requests.count > seen + 60 }
        #expect(toFirst.count == last)

        // An outage of the name server changes nothing, and nothing that people do waits for it.
        names.fail()
        try router.waitForMetric("strangler_names_failing 1")
        #expect(try router.admin("POST", "/v1/routes/all/mirror", #"{"percent": 0}"#).status == 200)
        let during = second.requests.count
        try wait("the second address during the outage") { second.requests.count > during + 20 }

        names.set([first.port, second.port])
        try router.waitForMetric("strangler_names_failing 0")
        try wait("the first address again") { toFirst.count > last }
        let both = second.requests.count
        try wait("the second address beside it") { second.requests.count > both }

        stop.withLock { $0 = true }
        for _ in 0..<4 { done.wait() }
        #expect(failures.withLock { $0 } == [])
    }

    @Test func `a request at an address that left ends there`() throws {
        let (stuck, second, old) = (try StuckUpstream(), try EchoUpstream("2"), try EchoUpstream("old"))
        let names = ScriptedResolver([stuck.port])
        let router = try RouterFixture(Self.text(legacy: old.port), resolver: names.resolver)
        let client = try router.client()
        try client.send("GET /first HTTP/1.1\r\nHost: a\r\n\r\n")
        stuck.waitForRequest()
        names.set([second.port])
        try router.waitForMetric("strangler_name_changes_total 1")
        let patience = ContinuousClock.now + .seconds(10)
        while try router.get("/").body != "2", ContinuousClock.now < patience {}
        stuck.release()
        #expect(String(decoding: try client.readMessage().body, as: UTF8.self) == "stuck")
        // Others may have come there until every loop knew the new address; this one was not sent again.
        #expect(stuck.requests.filter { $0.contains("/first") }.count == 1)
    }

    @Test func `a name that is not found at the start is refused in words`() throws {
        let names = ScriptedResolver([])
        let old = try EchoUpstream("old")
        for (name, reason) in [("other.test", "no such name"), ("service.test", "no addresses")] {
            do {
                _ = try RouterFixture(Self.text(legacy: old.port, name: name), resolver: names.resolver)
                Issue.record("it started")
            } catch let failure as RouterFixture.Failure {
                #expect(failure.description.contains(#"upstream "new": the address of \#(name):80 cannot be found"#))
                #expect(failure.description.contains("(\(reason)); use a numeric address or fix the name"))
            }
        }
    }

    @Test func `without an interval a name is looked up when the file is read, and only then`() throws {
        let (old, first, second) = (try EchoUpstream("old"), try EchoUpstream("1"), try EchoUpstream("2"))
        let names = ScriptedResolver([first.port])
        let router = try RouterFixture(Self.text(legacy: old.port, resolve: "off"), resolver: names.resolver)
        #expect(names.asked.count == 1)
        names.set([second.port])
        #expect(try router.admin("POST", "/v1/routes/all/shift", #"{"percent": 0}"#).status == 200)
        #expect(try router.admin("POST", "/v1/routes/all/shift", #"{"percent": 100}"#).status == 200)
        #expect(names.asked.count == 1)
        #expect(try router.get("/").body == "1")
        // Unchanged, but read.
        #expect(try router.admin("POST", "/v1/reload").status == 200)
        try router.waitForMetric("strangler_name_changes_total 1")
        #expect(names.asked.count == 2)
        let patience = ContinuousClock.now + .seconds(10)
        while try router.get("/").body != "2", ContinuousClock.now < patience {}
        #expect(try router.get("/").body == "2")
    }

    @Test func `the system's resolver finds what is in the hosts file`() {
        // Every system knows its own loopback by this name.
        guard case .addresses(let found) = NameResolver.system.lookUp("localhost", 80) else {
            Issue.record("localhost is not found")
            return
        }
        #expect(found.allSatisfy { $0.isLoopback && $0.port == 80 })
    }
}
