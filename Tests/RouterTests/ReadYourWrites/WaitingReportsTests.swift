import EventLoop
import Testing

@testable import Router

/// When a report that may wait is answered.
struct WaitingReportsTests {
    private let loop: Loop
    private let writes = RecentWrites(process: 1)
    private let follower = Follower()
    private let reports: WaitingReports

    init() throws {
        loop = try Loop(clock: .manual)
        loop.adoptCurrentThread()
        reports = WaitingReports(loop: loop)
    }

    private var followers: [AwaitedFollower] {
        [AwaitedFollower(group: "g", recent: writes, follower: follower, maxLag: 5_000_000_000)]
    }

    private final class Count {
        var value = 0
    }

    private func add(_ wait: Int64 = 1_000) -> Count {
        let count = Count()
        reports.add(followers, for: wait) { count.value += 1 }
        return count
    }

    private func write() -> Bool { writes.note(WrittenKeys(isWrite: true), now: loop.now.nanoseconds) }

    @Test func `a write answers it, and the first write alone is told`() {
        let answered = add()
        #expect(answered.value == 0)
        #expect(write() && !write())
        reports.written()
        #expect(answered.value == 1 && reports.count == 0)
    }

    @Test func `a write that nobody has confirmed answers the next one at once`() {
        _ = write()
        #expect(add().value == 1)
        loop.advance(by: .milliseconds(1))
        follower.confirm(loop.now.nanoseconds)
        #expect(add().value == 0)
    }

    @Test func `without a write its time passes`() {
        let (first, second) = (add(500), add(1_000))
        loop.advance(by: .milliseconds(510))
        #expect(first.value == 1 && second.value == 0)
        loop.advance(by: .milliseconds(510))
        #expect(second.value == 1 && reports.count == 0)
    }

    @Test func `a write that is confirmed before it is told leaves the watch in place`() {
        let answered = add()
        #expect(write())
        loop.advance(by: .milliseconds(1))
        follower.confirm(loop.now.nanoseconds)
        reports.written()
        #expect(answered.value == 0)
        #expect(write())
        reports.written()
        #expect(answered.value == 1)
    }

    @Test func `too many at once are answered at once, and all when what they wait for has changed`() {
        let waiting = (0..<WaitingReports.limit).map { _ in add() }
        #expect(waiting.allSatisfy { $0.value == 0 })
        #expect(add().value == 1)
        reports.answerAll()
        #expect(waiting.allSatisfy { $0.value == 1 })
    }
}
