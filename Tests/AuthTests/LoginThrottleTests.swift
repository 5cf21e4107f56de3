import Testing

@testable import Auth

@Suite struct LoginThrottleTests {
    @Test func aFewFailuresAreFreeThenEachDoublesTheWait() {
        var throttle = LoginThrottle(free: 2, longestWait: 5)
        var waits: [Int] = []
        for _ in 0..<6 {
            throttle.failed("a", now: 100)
            waits.append(throttle.wait(for: "a", now: 100))
        }
        #expect(waits == [0, 0, 1, 2, 4, 5])
        #expect(throttle.wait(for: "a", now: 103) == 2)
        #expect(throttle.wait(for: "b", now: 100) == 0)
    }

    @Test func successAndPeaceForgive() {
        var throttle = LoginThrottle(free: 0)
        throttle.failed("a", now: 0)
        throttle.succeeded("a")
        #expect(throttle.wait(for: "a", now: 0) == 0)
        for _ in 0..<5 { throttle.failed("b", now: 0) }
        throttle.failed("b", now: 1_000)
        #expect(throttle.wait(for: "b", now: 1_000) == 1)
    }

    @Test func itForgetsTheQuietestWhenItIsFull() {
        var throttle = LoginThrottle(free: 0, capacity: 2)
        throttle.failed("a", now: 1)
        throttle.failed("b", now: 2)
        throttle.failed("c", now: 2)
        #expect(throttle.wait(for: "a", now: 1) == 0)
        #expect(throttle.wait(for: "b", now: 2) == 1)
        #expect(throttle.wait(for: "c", now: 2) == 1)
    }
}
