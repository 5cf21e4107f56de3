import ControlKit
import Operations
import TestSupport
import Testing

@Suite struct PlanArithmeticTests {
    @Test(
        arguments: [
            ("10", .absolute(10)), ("0", .absolute(0)), ("100", .absolute(100)), ("0.0001", .absolute(0.0001)),
            ("12.5%", .absolute(12.5)), ("+5", .relative(5)), ("-0.5", .relative(-0.5)), ("", nil), ("101", nil),
            ("1.23456", nil), ("1e1", nil), ("ten", nil), ("+", nil), ("--5", nil), ("5.", nil), (".5", nil),
            ("0x10", nil), ("nan", nil), ("1000", nil),
        ] as [(String, ShiftTarget?)])
    func `what a user types is a percentage, a step, or nothing`(_ text: String, _ expected: ShiftTarget?) {
        #expect(ShiftTarget(text) == expected)
    }

    @Test func `ten steps of a tenth are exactly one`() throws {
        var percent = 0.0
        for _ in 0..<10 { percent = try #require(ShiftTarget("+0.1")?.percent(from: percent)) }
        #expect(percent == 1)
        #expect(ShiftTarget("+60")?.percent(from: 50) == nil)
        #expect(ShiftTarget("-60")?.percent(from: 50) == nil)
        #expect(ShiftTarget("-50")?.percent(from: 50) == 0)
    }

    @Test(arguments: [
        (0.0, 0.0, 0..<0), (0, 1, 0..<10_000), (1, 10, 10_000..<100_000), (50, 10, 100_000..<500_000),
        (0, 100, 0..<1_000_000), (0, 0.0001, 0..<1),
    ])
    func `the buckets between the thresholds move, and no others`(
        _ before: Double, _ after: Double, _ moving: Range<Int>
    ) {
        let movement = ShiftChange(before: before, after: after)
        #expect(movement.moving == moving || movement.moving.isEmpty && moving.isEmpty)
        #expect(movement.share == Double(moving.count) / 10_000)
    }

    @Test func `a plan has one step for each difference`() throws {
        let old = Array(Self.sample.utf8)
        func changed(_ from: String, _ to: String) -> [String] {
            let text = Self.sample.split(separator: from).joined(separator: to)
            return RoutesSketch.plan(from: old, to: Array(text.utf8))?.lines ?? ["not JSON"]
        }
        #expect(changed("nothing", "nothing").isEmpty)
        #expect(changed("\"revision\": 7", "\"revision\": 9").isEmpty)
        #expect(changed("\"default\"", "\"rest\"").count == 2)
        #expect(
            changed("9003", "9004") == [
                #"~ upstreams.profile.endpoints 127.0.0.1:9003 -> 127.0.0.1:9004"#
            ])
        #expect(
            changed("\"PATCH\"", "\"PUT\"") == [
                #"~ profile-writes: match.methods PATCH -> PUT"#,
                "~ profile-writes: it takes other requests then; nobody changes sides by that",
            ])
    }

    private static let sample = SampleRoutes.text
}
