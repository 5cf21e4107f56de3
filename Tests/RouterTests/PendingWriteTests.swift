import Testing

@testable import Router

struct PendingWriteTests {
    @Test func `attempts are made again, each after twice the time, up to five seconds`() {
        var pending = PendingWrite()
        let pauses = (0..<9).map { pending.failed("full", keeping: .journal, now: 1000 + Int64($0)) }
        #expect(pauses == [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000])
        #expect(pending.unwritten == .init(since: 1000, attempts: 9, problem: "full", keeping: .journal))
        for now in 0..<2000 { _ = pending.failed("full", keeping: .journal, now: Int64(now)) }
        #expect(pending.failed("full", keeping: .journal, now: 1) == PendingWrite.longestPause)
    }

    @Test func `the last reason is told, and where it is kept`() {
        var pending = PendingWrite()
        _ = pending.failed("full", keeping: .memory("read-only"), now: 1)
        #expect(pending.unwritten?.keeping == .memory("read-only"))
        _ = pending.failed("edited", keeping: .journal, now: 2)
        #expect(pending.unwritten == .init(since: 1, attempts: 2, problem: "edited", keeping: .journal))
    }

    @Test func `once it is written it is news once, and the next one begins anew`() {
        var pending = PendingWrite()
        let news = [
            pending.succeeded(),
            {
                _ = pending.failed("full", keeping: .journal, now: 1)
                return pending.succeeded()
            }(), pending.succeeded(),
        ]
        #expect(news == [false, true, false])
        #expect(pending.state == .written)
        #expect(pending.failed("full", keeping: .journal, now: 7) == 100)
        #expect(pending.unwritten?.since == 7)
    }
}
