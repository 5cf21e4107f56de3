import Routing
import TestSupport
import Testing

@Suite struct AssignmentDecisionTests {
    /// Answers what it was made with, and notes what it was asked.
    private struct Facts {
        var asked: Side?
        var lingers: Int32?
        var key: Int32?
        var login: Side?
        var drawn: Side = .legacy
        var wrote = false
        var questions: [String] = []

        mutating func override() -> Side? {
            questions.append("override")
            return asked
        }
        mutating func lingeringBucket() -> Int32? {
            questions.append("lingering")
            return lingers
        }
        mutating func bucket() -> Int32? {
            questions.append("bucket")
            return key
        }
        mutating func bound() -> Side? {
            questions.append("connection")
            return login
        }
        mutating func share(_ percent: Percent) -> Side {
            questions.append("share")
            return drawn
        }
        mutating func awaitsWrite() -> Bool {
            questions.append("write")
            return wrote
        }
    }

    private struct Row: Sendable {
        var facts: String
        var percent: Int32
        var hasService = true
        var make: @Sendable () -> AssignmentDecision
        var questions: [String]
        var set: @Sendable (inout Facts) -> Void
    }

    private static let half = Percent(ticks: 500_000)

    private static let rows: [Row] = [
        Row(
            facts: "no service", percent: 0, hasService: false, make: { .init(.legacy, .noService) }, questions: [],
            set: { $0.asked = .service }),
        Row(
            facts: "override", percent: 0, make: { .init(.service, .override) }, questions: ["override"],
            set: { $0.asked = .service }),
        Row(
            facts: "override back", percent: 1_000_000, make: { .init(.legacy, .override) }, questions: ["override"],
            set: { $0.asked = .legacy }),
        Row(
            facts: "all", percent: 1_000_000, make: { .init(.service, .percentAll) }, questions: ["override", "write"],
            set: { $0.key = 999_999 }),
        Row(
            facts: "all, after a write", percent: 1_000_000, make: { .init(.legacy, .recentWrite) },
            questions: ["override", "write"], set: { $0.wrote = true }),
        Row(
            facts: "override, after a write", percent: 1_000_000, make: { .init(.service, .override) },
            questions: ["override"], set: { ($0.asked, $0.wrote) = (.service, true) }),
        Row(
            facts: "none", percent: 0, make: { .init(.legacy, .percentZero) }, questions: ["override", "lingering"],
            set: { $0.key = 0 }),
        Row(
            facts: "lingers", percent: 0, make: { .init(.service, .lingering, bucket: 7) },
            questions: ["override", "lingering", "write"], set: { $0.lingers = 7 }),
        Row(
            facts: "lingers, after a write", percent: 0, make: { .init(.legacy, .recentWrite, bucket: 7) },
            questions: ["override", "lingering", "write"], set: { ($0.lingers, $0.wrote) = (7, true) }),
        Row(
            facts: "below", percent: 500_000, make: { .init(.service, .bucket, bucket: 499_999) },
            questions: ["override", "bucket", "write"], set: { ($0.key, $0.login) = (499_999, .legacy) }),
        Row(
            facts: "below, after a write", percent: 500_000, make: { .init(.legacy, .recentWrite, bucket: 499_999) },
            questions: ["override", "bucket", "write"], set: { ($0.key, $0.wrote) = (499_999, true) }),
        Row(
            facts: "not below", percent: 500_000, make: { .init(.legacy, .bucket, bucket: 500_000) },
            questions: ["override", "bucket"], set: { ($0.key, $0.drawn) = (500_000, .service) }),
        Row(
            facts: "logged in", percent: 500_000, make: { .init(.service, .connection) },
            questions: ["override", "bucket", "connection", "write"], set: { $0.login = .service }),
        Row(
            facts: "logged in, after a write", percent: 500_000, make: { .init(.legacy, .recentWrite) },
            questions: ["override", "bucket", "connection", "write"],
            set: { ($0.login, $0.wrote) = (.service, true) }),
        Row(
            facts: "by chance", percent: 500_000, make: { .init(.service, .share) },
            questions: ["override", "bucket", "connection", "share", "write"], set: { $0.drawn = .service }),
        Row(
            facts: "by chance, after a write", percent: 500_000, make: { .init(.legacy, .recentWrite) },
            questions: ["override", "bucket", "connection", "share", "write"],
            set: { ($0.drawn, $0.wrote) = (.service, true) }),
        Row(
            facts: "on legacy by chance, after a write", percent: 500_000, make: { .init(.legacy, .share) },
            questions: ["override", "bucket", "connection", "share"], set: { $0.wrote = true }),
    ]

    @Test func `every reason decides, and asks for no more than it needs`() {
        for row in Self.rows {
            var facts = Facts()
            row.set(&facts)
            let decision = AssignmentDecision.of(
                hasService: row.hasService, percent: Percent(ticks: row.percent), override: { facts.override() },
                lingering: { facts.lingeringBucket() }, bucket: { facts.bucket() },
                bound: { facts.bound() }, share: { facts.share($0) }, awaitsWrite: { facts.awaitsWrite() })
            #expect(decision == row.make(), "\(row.facts)")
            #expect(facts.questions == row.questions, "\(row.facts)")
        }
        // What only contexts of the mode `owned` have is below.
        #expect(
            Set(Self.rows.map { $0.make().reason })
                == Set(AssignmentDecision.Reason.allCases).subtracting([.defaultSide]))
    }

    @Test(arguments: [
        (false, Int32(0), nil, Int32(7), AssignmentDecision(.legacy, .noService, bucket: 7)),
        (true, 0, nil, 7, AssignmentDecision(.legacy, .percentZero, bucket: 7)),
        (true, 1_000_000, nil, 7, AssignmentDecision(.service, .percentAll, bucket: 7)),
        (true, 1_000_000, nil, nil, AssignmentDecision(.service, .percentAll)),
        (true, 500_000, Side.service, 600_000, AssignmentDecision(.service, .override, bucket: 600_000)),
        (true, 500_000, nil, 499_999, AssignmentDecision(.service, .bucket, bucket: 499_999)),
        (true, 500_000, nil, 500_000, AssignmentDecision(.legacy, .bucket, bucket: 500_000)),
        (true, 999_999, nil, nil, AssignmentDecision(.legacy, .defaultSide)),
    ])
    func `where users are owned the bucket is always kept, and who has none is the default side's`(
        _ hasService: Bool, _ ticks: Int32, _ override: Side?, _ bucket: Int32?, _ decision: AssignmentDecision
    ) {
        #expect(
            AssignmentDecision.owned(
                hasService: hasService, percent: Percent(ticks: ticks), override: override, bucket: bucket) == decision)
    }

    @Test func `reasons have words of their own`() {
        #expect(Set(AssignmentDecision.Reason.allCases.map(\.word)).count == AssignmentDecision.Reason.allCases.count)
    }

    @Test func `the buckets that a change moves are those whose side differs`() {
        var random = SplitMix(seed: 14)
        for _ in 0..<2_000 {
            let before = Percent(ticks: .random(in: 0...1_000_000, using: &random))
            let after = Percent(ticks: .random(in: 0...1_000_000, using: &random))
            let moved = AssignmentDecision.moved(from: before, to: after)
            let edges = [moved.lowerBound - 1, moved.lowerBound, moved.upperBound - 1, moved.upperBound]
            for bucket in edges + [.random(in: 0..<1_000_000, using: &random)] where (0..<1_000_000).contains(bucket) {
                let differs =
                    AssignmentDecision.side(ofBucket: bucket, percent: before)
                    != AssignmentDecision.side(ofBucket: bucket, percent: after)
                #expect(differs == moved.contains(bucket), "\(before) \(after) \(bucket)")
            }
        }
    }

    @Test(
        arguments: [
            (0, 0), (100, 1_000_000), (12.5, 125_000), (0.0001, 1), (0.00004, 0), (0.1 + 0.2, 3_000), (-3, 0),
            (1e300, 1_000_000), (.infinity, 1_000_000), (.nan, 0),
        ] as [(Double, Int32)])
    func `a number of JSON is the nearest tick`(number: Double, ticks: Int32) {
        #expect(Percent(nearest: number).ticks == ticks)
    }
}
