import EventLoop
import Routing
import TestSupport
import Testing

@testable import Router

struct EndpointHealthTests {
    @Test func `probes decide by thresholds`() {
        var health = EndpointHealth()
        let settings = EndpointHealth.Settings(unhealthyAfter: 2, healthyAfter: 2)
        #expect(health.isUsable(now: 0) == true)
        #expect(health.probeSucceeded(settings: settings) == true)
        #expect(health.probeFailed(.probeStatus, settings: settings) == false)
        #expect(health.probeFailed(.probeStatus, settings: settings) == true)
        #expect(health.isUsable(now: .max - 1) == false)
        #expect(health.probeSucceeded(settings: settings) == false)
        #expect(health.probeSucceeded(settings: settings) == true)
        #expect(health.isUsable(now: 0) == true)
    }

    @Test func `an ejection ends by itself`() {
        var health = EndpointHealth()
        let settings = EndpointHealth.Settings(passiveFailures: 2, ejectionMilliseconds: 1000)
        #expect(health.requestFailed(now: 10, settings: settings) == false)
        #expect(health.requestFailed(now: 11, settings: settings) == true)
        #expect(health.isEjected(now: 1010) == true)
        #expect(health.isUsable(now: 1010) == false)
        #expect(health.isEjected(now: 1011) == false)
        #expect(health.isUsable(now: 1011) == true)
        #expect(health.state == .unknown)
    }

    @Test func `answers between failures keep it in`() {
        var health = EndpointHealth()
        let settings = EndpointHealth.Settings(passiveFailures: 2)
        for _ in 0..<10 {
            #expect(health.requestFailed(now: 0, settings: settings) == false)
            #expect(health.requestSucceeded(now: 0) == false)
        }
    }

    @Test func `an answer ends an ejection by requests but not one by probes`() {
        var health = EndpointHealth()
        let settings = EndpointHealth.Settings(unhealthyAfter: 1, passiveFailures: 1)
        #expect(health.requestFailed(now: 0, settings: settings) == true)
        #expect(health.requestSucceeded(now: 5) == true)
        #expect(health.isUnhealthy == false)
        #expect(health.probeFailed(.probeTimeout, settings: settings) == true)
        #expect(health.requestSucceeded(now: 6) == false)
        #expect(health.isUnhealthy == true)
    }

    @Test func `ejections grow when they repeat and are forgotten in service`() {
        var health = EndpointHealth()
        let settings = EndpointHealth.Settings(passiveFailures: 1, ejectionMilliseconds: 1000)
        /// Ejects at `now`; how long it is out.
        func ejected(_ now: Int64) -> Int64 {
            #expect(health.requestFailed(now: now, settings: settings) == true)
            guard case .unhealthy(.passiveFailures, let until) = health.state else { return -1 }
            #expect(health.isUsable(now: until) == true)
            return until - now
        }
        #expect(ejected(0) == 1000)
        #expect(ejected(1_000) == 2000)
        #expect(ejected(3_000) == 3000)
        // Back at 6,000; 25 seconds of service make two ejections forgotten.
        #expect(ejected(31_000) == 2000)
        // Back at 33,000; after a long time all are.
        #expect(ejected(1_000_000) == 1000)
        for _ in 0..<50 { _ = ejected(health.returnedAt) }
        #expect(ejected(health.returnedAt) == 30_000)
    }

    @Test func `when the others cannot do without it, it stays`() {
        var health = EndpointHealth()
        let settings = EndpointHealth.Settings(passiveFailures: 2)
        for now in 0..<10 {
            #expect(health.requestFailed(now: Int64(now), settings: settings, mayEject: false) == false)
        }
        #expect(health.requestFailed(now: 10, settings: settings, mayEject: true) == true)
    }

    @Test(arguments: [
        (1_000, 10), (1_500, 10), (2_000, 10), (2_001, 10), (2_100, 11), (6_000, 50), (10_900, 99), (11_000, 100),
        (.max / 4, 100),
    ])
    func `its share rises in a straight line after its return`(now: Int64, weight: Int32) {
        var health = EndpointHealth()
        let settings = EndpointHealth.Settings(passiveFailures: 1, ejectionMilliseconds: 1000)
        #expect(health.weight(now: 0, settings: settings) == 100)
        _ = health.requestFailed(now: 0, settings: settings)
        #expect(health.isUsable(now: 1000) == true)
        #expect(health.weight(now: now, settings: settings) == weight)
        #expect(health.weight(now: now, settings: .init(slowStartMilliseconds: 0)) == 100)
    }

    struct Adoption: Sendable {
        let before: EndpointHealth.State
        let healthy: Bool
        let after: EndpointHealth.State
        let changed: Bool
    }

    @Test(arguments: [
        Adoption(before: .unknown, healthy: true, after: .healthy, changed: true),
        Adoption(before: .unknown, healthy: false, after: .unhealthy(.probeStatus, until: .max), changed: true),
        Adoption(
            before: .unhealthy(.probeStatus, until: .max), healthy: true, after: .healthy, changed: true),
        // Probes that were content all along take nothing back; the ejection ends by time.
        Adoption(
            before: .unhealthy(.passiveFailures, until: 1000), healthy: true,
            after: .unhealthy(.passiveFailures, until: 1000), changed: false),
        Adoption(
            before: .unhealthy(.passiveFailures, until: 1000), healthy: false,
            after: .unhealthy(.probeStatus, until: .max), changed: false),
    ])
    func `a loop takes over what the prober found`(_ example: Adoption) {
        var health = EndpointHealth()
        switch example.before {
        case .unknown, .healthy: break
        case .unhealthy(.passiveFailures, _):
            _ = health.requestFailed(now: 0, settings: .init(passiveFailures: 1, ejectionMilliseconds: 1000))
        case .unhealthy(let reason, _): _ = health.adopt(healthy: false, reason: reason, now: 0)
        }
        #expect(health.state == example.before)
        #expect(health.adopt(healthy: example.healthy, reason: .probeStatus, now: 5) == example.changed)
        #expect(health.state == example.after)
    }
}

struct EjectionLimitTests {
    @Test(arguments: [
        (50, 1, 1), (50, 2, 1), (50, 3, 1), (50, 4, 2), (50, 5, 2), (10, 4, 1), (100, 4, 4), (0, 4, 0), (34, 3, 1),
        (67, 3, 2),
    ])
    func `at most the share may be out, but at least one`(percent: Int, count: Int, most: Int) {
        let limit = EjectionLimit(percent: percent)
        #expect((0...count).prefix { limit.allows(ejected: $0, of: count) }.count == most)
    }
}

struct WeightedRotationTests {
    @Test func `equal weights are plain turns`() {
        var rotation = WeightedRotation(count: 3)
        #expect((0..<7).map { _ in rotation.next { _ in 100 } } == [0, 1, 2, 0, 1, 2, 0])
    }

    @Test(arguments: [[100, 100, 10], [10, 100], [1, 2, 3, 4], [100, 55, 0]] as [[Int32]])
    func `each gets exactly its share, spread evenly`(weights: [Int32]) {
        var rotation = WeightedRotation(count: weights.count)
        let total = Int(weights.reduce(0, +))
        var counts = weights.map { _ in 0 }
        for turn in 1...(total * 2) {
            guard let next = rotation.next({ weights[$0] }) else { return }
            counts[next] += 1
            for (index, weight) in weights.enumerated() {
                let due = Double(turn) * Double(weight) / Double(total)
                #expect(abs(Double(counts[index]) - due) < Double(weights.count), "turn \(turn), member \(index)")
            }
        }
        #expect(counts == weights.map { Int($0) * 2 })
    }

    @Test func `a rotation without weights chooses nobody`() {
        var rotation = WeightedRotation(count: 2)
        #expect(rotation.next { _ in 0 } == nil)
        #expect(rotation.next { $0 == 1 ? 5 : 0 } == 1)
    }
}

struct UpstreamGroupTests {
    private static func group(_ count: Int, health: String = "{ \"probes\": false }") throws -> (UpstreamGroup, Loop) {
        let endpoints = (1...count).map { "\"127.0.0.\($0):80\"" }.joined(separator: ", ")
        let text =
            #"{"upstreams": {"m": {"endpoints": [\#(endpoints)], "health": \#(health)}}, "#
            + #""routes": [{"id": "all", "match": {"prefix": "/"}, "legacy": "m"}]}"#
        let document = try RoutesDocument.parse(Array(text.utf8), file: "routes.json").get()
        let loop = try Loop(clock: .manual)
        loop.adoptCurrentThread()
        let places = (1...count).compactMap { number in
            SocketAddress(host: "127.0.0.\(number)", port: 80).map { ResolvedEndpoint(text: "\(number)", address: $0) }
        }
        return (
            UpstreamGroup(
                document.upstreams[0], at: places, loop: loop, limits: UpstreamLimits(document.upstreams[0], loops: 1),
                responseHeadLimit: 1024), loop
        )
    }

    private static func shares(_ group: UpstreamGroup, now: Int64, turns: Int) -> [Int] {
        var counts = group.endpoints.map { _ in 0 }
        for _ in 0..<turns {
            let picked = group.pick(now: now)
            for (index, endpoint) in group.endpoints.enumerated() where endpoint === picked { counts[index] += 1 }
        }
        return counts
    }

    @Test func `an endpoint that returns gets its share gradually`() throws {
        let (group, loop) = try Self.group(3)
        defer { withExtendedLifetime(loop) {} }
        #expect(Self.shares(group, now: 0, turns: 300) == [100, 100, 100])
        for _ in 0..<5 { _ = group.requestFailed(at: group.endpoints[1], now: 0) }
        #expect(Self.shares(group, now: 999, turns: 100) == [50, 0, 50])
        #expect(Self.shares(group, now: 1_000, turns: 210) == [100, 10, 100])
        #expect(Self.shares(group, now: 6_000, turns: 250) == [100, 50, 100])
        #expect(Self.shares(group, now: 11_000, turns: 300) == [100, 100, 100])
    }

    @Test func `at most half are taken out by failing requests, and with all unwell each is tried`() throws {
        let (group, loop) = try Self.group(4)
        defer { withExtendedLifetime(loop) {} }
        var ejected = 0
        for endpoint in group.endpoints {
            for _ in 0..<20 where group.requestFailed(at: endpoint, now: 0) { ejected += 1 }
        }
        #expect(ejected == 2)
        #expect(Self.shares(group, now: 1, turns: 100) == [0, 0, 50, 50])
        #expect(group.isUnhealthy(now: 1) == false)
        for endpoint in group.endpoints { _ = endpoint.health.adopt(healthy: false, reason: .probeStatus, now: 1) }
        #expect(group.isUnhealthy(now: 1) == true)
        #expect(Self.shares(group, now: 1, turns: 100) == [25, 25, 25, 25])
    }

    @Test func `a request that failed at one endpoint is repeated at another`() throws {
        let (group, loop) = try Self.group(2)
        defer { withExtendedLifetime(loop) {} }
        for _ in 0..<10 {
            let first = group.pick(now: 0)
            _ = group.pick(now: 0)
            #expect(group.pick(now: 0, after: first) !== first)
        }
    }

    @Test func `copies take no turns from users`() throws {
        let (group, loop) = try Self.group(2)
        defer { withExtendedLifetime(loop) {} }
        let users = (0..<10).map { _ in
            _ = group.pickForCopy(now: 0)
            return group.pick(now: 0).text
        }
        #expect(users == (0..<10).map { group.endpoints[$0 % 2].text })
    }

    @Test func `the only endpoint is never out for longer`() throws {
        let (group, loop) = try Self.group(1)
        defer { withExtendedLifetime(loop) {} }
        for round in 0..<5 {
            let now = Int64(round) * 1000
            for _ in 0..<5 { _ = group.requestFailed(at: group.endpoints[0], now: now) }
            #expect(group.isUnhealthy(now: now + 999) == true)
            #expect(group.isUnhealthy(now: now + 1000) == false)
        }
    }
}

struct EjectionLiveTests {
    @Test func `an endpoint whose requests failed while its probes did not comes back by itself`() throws {
        let failures = Tally()
        let served = Tally()
        let bad = try RawServer { client in
            while true {
                let head = try client.readMessage().head
                if !head.hasPrefix("GET /healthz") {
                    guard failures.count >= 5 else {
                        failures.add()
                        return
                    }
                    served.add()
                }
                try client.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            }
        }
        let good = try EchoUpstream("ok")
        let router = try RouterFixture(
            configuration(legacy: good.port, service: try refusedPort()).replacing(
                #"["127.0.0.1:\#(good.port)"]"#,
                with: #"["127.0.0.1:\#(good.port)", "127.0.0.1:\#(bad.port)"], "health": { "path": "/healthz" }"#))
        let patience = ContinuousClock.now + .seconds(10)
        while served.count == 0, ContinuousClock.now < patience {
            #expect(try router.get("/").head.hasPrefix("HTTP/1.1 200"))
        }
        #expect(failures.count == 5)
        #expect(served.count > 0)
    }
}
