import Testing

@testable import Router

/// The watch of one context, as a table of reports, times and what is done.
struct DataWatchTests {
    private enum Event {
        case report(DataReport.Group.State, lag: Int64 = 0, reason: String? = nil)
        case time
        case answered(Bool)
    }

    private static let lease: Int64 = 5_000
    private static let maxLag: Int64 = 5_000

    private func actions(_ events: [(Int64, Event)]) -> (actions: [DataWatch.Action], watch: DataWatch) {
        var watch = DataWatch()
        let actions = events.map { now, event -> DataWatch.Action in
            switch event {
            case .report(let state, let lag, let reason):
                let group = DataReport.Group(
                    name: "g", state: state, lagRows: lag == 0 ? 0 : 3, lagMilliseconds: lag, reason: reason)
                return watch.reported(group, lease: Self.lease, maxLag: Self.maxLag, now: now)
            case .time: return watch.passed(now: now)
            case .answered(let isDone):
                watch.answered(isDone)
                return .nothing
            }
        }
        return (actions, watch)
    }

    private struct Row: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let events: [(Int64, Event)]
        let actions: [DataWatch.Action]
        let word: String

        init(_ name: String, _ events: [(Int64, Event)], _ actions: [DataWatch.Action], _ word: String) {
            (testDescription, self.events, self.actions, self.word) = (name, events, actions, word)
        }
    }

    private static let behind = DataWatch.Action.stalled("3 rows behind, the oldest for 5.0 s (maxLag 5.0 s)")
    private static let silent = DataWatch.Action.stalled("its agent has not reported for 5.0 s")

    private static let rows = [
        Row("nobody ever reported", [(0, .time), (1_000_000, .time)], [.nothing, .nothing], "unknown"),
        Row("all is well", [(0, .report(.running)), (4_999, .time)], [.nothing, .nothing], "following"),
        Row("the lag may be as long as the limit", [(0, .report(.running, lag: 5_000))], [.nothing], "following"),
        Row("behind", [(0, .report(.running, lag: 5_001))], [behind], "stalled"),
        Row(
            "stopped", [(0, .report(.running)), (10, .report(.stopped, reason: "a trigger is gone"))],
            [.nothing, .stalled("the stream has stopped: a trigger is gone")], "stalled"),
        Row("stopped at the first look", [(0, .report(.stopped))], [.stalled("the stream has stopped")], "stalled"),
        Row(
            "copied anew", [(0, .report(.running)), (10, .report(.copying))],
            [.nothing, .stalled("they are still being copied")], "stalled"),
        Row(
            "copied and not proven", [(0, .report(.proving)), (10, .report(.running))],
            [.stalled("that all of them were copied is not proven yet"), .recovered], "following"),
        Row(
            "rows that cannot be carried", [(0, .report(.incomplete, reason: "2 rows have no key"))],
            [.stalled("some cannot be carried: 2 rows have no key")], "stalled"),
        Row("nothing carries them", [(0, .report(.notCreated))], [.stalled("nothing carries them")], "stalled"),
        Row("the agent is gone", [(0, .report(.running)), (5_000, .time)], [.nothing, silent], "stalled"),
        Row(
            "a report renews the lease",
            [(0, .report(.running)), (4_000, .report(.running)), (8_999, .time), (9_000, .time)],
            [.nothing, .nothing, .nothing, silent], "stalled"),
        Row(
            "a store that is locked for a moment is no news",
            [(0, .report(.running)), (4_000, .report(.unreadable, reason: "locked")), (4_500, .report(.running))],
            [.nothing, .nothing, .nothing], "following"),
        Row(
            "one that stays locked lets the lease run out",
            [(0, .report(.running)), (3_000, .report(.unreadable)), (5_000, .report(.unreadable, reason: "locked"))],
            [.nothing, .nothing, .stalled("the agent cannot read its stores: locked")], "stalled"),
        Row(
            "unreadable from the start", [(0, .report(.unreadable)), (9_000, .time)], [.nothing, .nothing], "unknown"),
        Row(
            "told once, done once",
            [(0, .report(.stopped)), (1, .answered(true)), (10, .report(.stopped)), (20, .time)],
            [.stalled("the stream has stopped"), .nothing, .nothing, .nothing], "stalled"),
        Row(
            "not done while it is under way", [(0, .report(.stopped)), (10, .report(.stopped)), (20, .time)],
            [.stalled("the stream has stopped"), .nothing, .nothing], "stalled"),
        Row(
            "done again when it could not be",
            [(0, .report(.stopped)), (1, .answered(false)), (2, .time), (3, .time), (4, .answered(true)), (5, .time)],
            [
                .stalled("the stream has stopped"), .nothing, .answerAgain("the stream has stopped"), .nothing,
                .nothing, .nothing,
            ],
            "stalled"),
        Row(
            "recovered, and stalled anew",
            [(0, .report(.stopped)), (1, .answered(true)), (2, .report(.running)), (3, .report(.running, lag: 6_000))],
            [
                .stalled("the stream has stopped"), .nothing, .recovered,
                .stalled("3 rows behind, the oldest for 6.0 s (maxLag 5.0 s)"),
            ], "stalled"),
        Row(
            "an answer that comes after the recovery changes nothing",
            [(0, .report(.stopped)), (1, .report(.running)), (2, .answered(true)), (3, .report(.running))],
            [.stalled("the stream has stopped"), .recovered, .nothing, .nothing], "following"),
    ]

    @Test(arguments: rows) private func `reports and time`(_ row: Row) {
        // Compared as texts: the first lag of the table is 5,001 ms.
        let (actions, watch) = actions(row.events)
        #expect(actions == row.actions)
        #expect(watch.word == row.word)
    }

    @Test func `whatever comes, nothing but a good report ends a stall, and each is told once`() {
        // A small generator of its own, so that a failure comes again.
        var seed: UInt64 = 20_261_127
        func next(_ count: UInt64) -> UInt64 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (seed >> 33) % count
        }
        for _ in 0..<2_000 {
            var watch = DataWatch()
            var now: Int64 = 0
            var told = 0
            var ended = 0
            for _ in 0..<40 {
                now += Int64(next(3_000))
                let wasStalled = watch.stall != nil
                let action: DataWatch.Action
                var isGood = false
                if next(3) == 0 {
                    action = watch.passed(now: now)
                } else {
                    let state = DataReport.Group.State.allCases[Int(next(7))]
                    let lag = Int64(next(8_000))
                    isGood = state == .running && lag <= Self.maxLag
                    let group = DataReport.Group(name: "g", state: state, lagRows: 1, lagMilliseconds: lag)
                    action = watch.reported(group, lease: Self.lease, maxLag: Self.maxLag, now: now)
                }
                switch action {
                case .stalled:
                    told += 1
                    #expect(!wasStalled && watch.stall?.answer == .underWay)
                    watch.answered(next(2) == 0)
                case .answerAgain:
                    #expect(wasStalled)
                    watch.answered(true)
                case .recovered:
                    ended += 1
                    #expect(wasStalled && isGood && watch.stall == nil)
                case .nothing: #expect((watch.stall != nil) == wasStalled)
                }
                if let deadline = watch.deadline { #expect(deadline > now && deadline <= now + Self.lease) }
            }
            #expect(told - ended == (watch.stall == nil ? 0 : 1))
        }
    }

    @Test(
        arguments: [
            ("5s", 5_000), ("1s", 1_000), ("999s", 999_000), ("100ms", 100), ("999999ms", 999_999), ("0s", nil),
            ("05s", nil),
            ("99ms", nil), ("1000s", nil), ("1m", nil), ("1.5s", nil), ("s", nil), ("", nil), ("-1s", nil), ("５s", nil),
        ] as [(String, Int64?)])
    func `a lease is a time of the pattern`(text: String, milliseconds: Int64?) {
        #expect(DataReport.lease(text) == milliseconds)
    }
}
