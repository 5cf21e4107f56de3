import AdminAPI
import JSON
import Strangler
import Testing

@Suite struct LatencyDifferenceTests {
    @Test(
        arguments: [
            ([:], [:], nil, nil), ([1000: 5], [1000: 5], nil, nil),
            ([:], [1000: 1], 1, 1), ([1000: 900], [1000: 900, 50_000: 10], 50, 50),
            ([1000: 10, 2000: 10], [1000: 60, 2000: 59, 90_000: 1], 1, 2),
            ([1000: UInt32.max], [1000: 9, 7000: 90], 7, 7),
        ] as [(LatencyDifference.Counts, LatencyDifference.Counts, Double?, Double?)])
    func `percentiles are of the interval alone`(
        _ before: LatencyDifference.Counts, _ after: LatencyDifference.Counts, _ p50: Double?, _ p99: Double?
    ) {
        let difference = LatencyDifference(from: before, to: after)
        #expect(difference.milliseconds(at: 0.5) == p50)
        #expect(difference.milliseconds(at: 0.99) == p99)
    }

    @Test func `the hundredth of a hundred is below its bucket's end, and the ends are the first and the last`() {
        let difference = LatencyDifference(from: [:], to: [1: 1, 10: 98, 100: 1])
        #expect(difference.total == 100)
        #expect([0, 0.01, 0.5, 0.99, 1].map { difference.milliseconds(at: $0) } == [0.001, 0.001, 0.01, 0.01, 0.1])
    }
}

@Suite struct TopFrameTests {
    private func sample(_ up: Double, _ routes: [(id: String, requests: Int, errors: Int)], started: String = "a")
        -> TopSample
    {
        var status = AdminStatus()
        (status.router.pid, status.router.startedAt, status.router.uptimeSeconds) = (1, started, up)
        status.routes = routes.map { told in
            var route = AdminStatus.Route()
            route.id = told.id
            (route.legacy.upstream, route.legacy.percent) = ("m", 100)
            (route.legacy.requests, route.legacy.errors) = (told.requests, told.errors)
            return route
        }
        return TopSample(status)
    }

    @Test func `the busiest route is first, and those without traffic keep their order`() throws {
        let before = sample(10, [("a", 5, 0), ("b", 5, 0), ("c", 5, 0), ("d", 5, 0)])
        let after = sample(12, [("a", 5, 0), ("b", 9, 1), ("c", 5, 0), ("d", 105, 0)])
        let frame = TopFrame(from: before, to: after)
        #expect(frame.rows.map(\.route) == ["d", "b", "a", "c"])
        #expect(frame.rows.map(\.rate) == [50, 2, 0, 0])
        #expect(frame.rows.map(\.errorShare) == [0, 0.25, nil, nil])
        #expect(frame.rows.map(\.seen) == [100, 100, nil, nil])
    }

    @Test func `a router that began anew is counted from its start`() throws {
        let before = sample(100, [("a", 5000, 40)])
        for after in [sample(4, [("a", 8, 0)], started: "b"), sample(4, [("a", 8, 0)])] {
            let frame = TopFrame(from: before, to: after)
            #expect(frame.isRestart)
            #expect(frame.rows[0].rate == 2)
        }
    }

    @Test func `a route that is new is counted from nothing`() throws {
        let frame = TopFrame(from: sample(1, []), to: sample(2, [("a", 8, 0)]))
        #expect(frame.rows[0].rate == 8)
    }

    @Test(arguments: [200, 120, 100, 80, 60, 40, 30])
    func `lines are never wider than the screen`(_ width: Int) throws {
        let name = "a-route-with-quite-a-long-name"
        let frame = TopFrame(from: sample(1, []), to: sample(2, [(name, 123_456, 78), ("b", 1, 0)]))
        let lines = TopReport.lines(frame, width: width, .plain)
        #expect(lines.allSatisfy { $0.count <= width }, "\(lines)")
        guard width >= 40 else { return }
        #expect(lines.contains { $0.hasPrefix("ROUTE") && $0.contains("RATE/S") && $0.contains("ERRORS") })
    }

    @Test func `rows that do not fit the height are counted`() throws {
        let routes = (0..<30).map { ("r\($0)", $0, 0) }
        let frame = TopFrame(from: sample(1, []), to: sample(2, routes))
        let lines = TopReport.lines(frame, width: 80, height: 12, .plain)
        #expect(lines.count == 12)
        #expect(lines.last == "22 more")
    }
}
