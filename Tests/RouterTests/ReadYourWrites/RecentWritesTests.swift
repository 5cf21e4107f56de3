import Testing

@testable import Router

/// Who waits for what, by the clock and by what the agent said.
struct RecentWritesTests {
    private static let second: UInt64 = 1_000_000_000

    private static func keys(_ buckets: Int32...) -> WrittenKeys {
        var keys = WrittenKeys()
        for bucket in buckets { keys.append(bucket) }
        return keys
    }

    /// Milliseconds.
    @Test(
        arguments: [
            // written, confirmed, now, over
            (0, 0, 50, true), (10, 0, 50, false), (10, 10, 50, false), (10, 11, 50, true), (10, 9, 50, false),
            (10, 0, 109, false), (10, 0, 110, true), (60, 0, 50, false), (60, 60, 50, false), (60, 61, 50, true),
        ] as [(UInt64, UInt64, UInt64, Bool)])
    func `a read waits until its write is confirmed, and no longer than is set`(
        _ written: UInt64, _ confirmed: UInt64, _ now: UInt64, _ isOver: Bool
    ) {
        #expect(WriteWait(confirmed: confirmed, longest: 100, now: now).isOver(for: written) == isOver)
    }

    @Test func `who wrote waits, by any of the keys, and nobody else`() {
        let (writes, follower) = (RecentWrites(process: 1), Follower())
        var wait = follower.wait(maxLag: Self.second, now: 100)
        #expect(wait.isOver(for: writes.newest) && writes.lastWrite(Self.keys(7)) == 0)
        #expect(!writes.note(Self.keys(7, 900_000), now: 100))
        #expect(!wait.isOver(for: writes.newest))
        for mine in [Self.keys(7), Self.keys(900_000), Self.keys(1, 2, 3, 7)] {
            #expect(!wait.isOver(for: writes.lastWrite(mine)))
        }
        for other in [Self.keys(), Self.keys(8), Self.keys(1, 2, 3, 4, 5, 6, 8, 9, 7)] {
            #expect(wait.isOver(for: writes.lastWrite(other)))
        }
        // An older write of another loop's takes nothing back.
        _ = writes.note(Self.keys(7), now: 90)
        #expect(writes.lastWrite(Self.keys(7)) == 100)
        follower.confirm(101)
        wait = follower.wait(maxLag: Self.second, now: 200)
        #expect(wait.isOver(for: writes.newest) && wait.isOver(for: writes.lastWrite(Self.keys(7))))
        // Nor does an older mark.
        follower.confirm(50)
        #expect(follower.wait(maxLag: Self.second, now: 200).isOver(for: writes.newest))
    }

    @Test func `a key that is there twice takes one place`() {
        #expect(Self.keys(7, 7, 8, 7).count == 2)
    }

    @Test func `two users at one place are taken for one`() {
        let writes = RecentWrites(process: 1)
        _ = writes.note(Self.keys(5), now: 100)
        #expect(writes.lastWrite(Self.keys(5 + 1 << 16)) == 100)
    }

    @Test func `without an agent reads wait for as long as rows may be behind, with one a minute longer`() {
        let follower = Follower()
        #expect(follower.wait(maxLag: 5 * Self.second, now: 1).longest == 5 * Self.second)
        follower.agentReported()
        #expect(follower.wait(maxLag: 5 * Self.second, now: 1).longest == 65 * Self.second)
        #expect(follower.wait(maxLag: .max, now: 1).longest == .max)
    }

    @Test func `a token of this process says when its user wrote`() {
        let writes = RecentWrites(process: 1)
        #expect(writes.lastWrite(RouterMoment(process: 1, nanoseconds: 70), now: 100) == 70)
    }

    @Test func `a token of another process, and one of the future, count from when they are first seen`() {
        let writes = RecentWrites(process: 1)
        let start: UInt64 = 5_000_000_000
        let later: UInt64 = 9_000_000_000
        for token in [
            RouterMoment(process: 2, nanoseconds: 70), RouterMoment(process: 1, nanoseconds: .max),
            RouterMoment(process: 0, nanoseconds: 0),
        ] {
            let seen = writes.lastWrite(token, now: start)
            #expect(seen >= start && seen <= start + 1_000_000)
            #expect(writes.lastWrite(token, now: later) == seen)
        }
        // The agent is asked about it like about any write.
        #expect(writes.newest >= start)
    }

    @Test func `many made-up tokens keep nobody waiting whose own token is of this process`() {
        let writes = RecentWrites(process: 1)
        for number in 0..<20_000 as Range<UInt64> {
            _ = writes.lastWrite(RouterMoment(process: number &+ 2, nanoseconds: number), now: 1_000_000)
        }
        #expect(writes.lastWrite(RouterMoment(process: 1, nanoseconds: 70), now: 1_000_000) == 70)
        let wait = Follower().wait(maxLag: Self.second, now: 1_000_000)
        #expect(wait.isOver(for: writes.lastWrite(Self.keys(3))))
    }

    @Test func `a watch hears of one write`() {
        let writes = RecentWrites(process: 1)
        #expect(!writes.note(Self.keys(1), now: 10))
        writes.watch()
        #expect(writes.note(Self.keys(1), now: 20))
        #expect(!writes.note(Self.keys(1), now: 30))
        #expect(writes.newest == 30)
    }
}
