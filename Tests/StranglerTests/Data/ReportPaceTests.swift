import Testing

@testable import Strangler

struct ReportPaceTests {
    private static func milliseconds(_ numbers: Int...) -> [Duration] { numbers.map { .milliseconds($0) } }

    @Test func `a router that answers at once is asked less and less often`() {
        var pace = ReportPace()
        let pauses = (0..<9).map { _ in pace.pause(isAwaited: false, took: .milliseconds(1)) }
        #expect(pauses == Self.milliseconds(20, 40, 80, 160, 320, 640, 1_000, 1_000, 1_000))
    }

    @Test func `one that lets the agent wait is asked again at once`() {
        var pace = ReportPace()
        for _ in 0..<9 { _ = pace.pause(isAwaited: false, took: .milliseconds(1)) }
        #expect(pace.pause(isAwaited: false, took: .milliseconds(1_001)) == .zero)
        #expect(pace.pause(isAwaited: false, took: .milliseconds(300)) == .zero)
        #expect(pace.pause(isAwaited: false, took: .milliseconds(1)) == .milliseconds(20))
    }

    @Test func `while users wait it is asked at once, but not without end`() {
        var pace = ReportPace()
        for _ in 0..<9 { _ = pace.pause(isAwaited: false, took: .milliseconds(1)) }
        #expect(pace.pause(isAwaited: true, took: .milliseconds(1)) == .milliseconds(5))
        #expect(pace.pause(isAwaited: false, took: .milliseconds(1)) == .milliseconds(20))
    }
}
