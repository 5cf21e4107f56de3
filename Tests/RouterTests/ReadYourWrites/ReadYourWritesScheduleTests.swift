import TestSupport
import Testing

@testable import Router

/// Users, a monolith's store, its follower, an agent and two routers, one event at a time in random order: no user ever
/// reads rows that are older than the last write that was acknowledged to them.
///
/// The two routers and the agent have clocks of their own that run at different times of day. The mistakes show that
/// the schedule can fail.
struct ReadYourWritesScheduleTests {
    enum Mistake: CaseIterable {
        /// Legacy's answer is noted by the moment at which the router's turn began.
        case oldStamp
        /// The agent says of a snapshot what it heard of after it was taken.
        case lateMark
        /// It says so before the follower has the snapshot.
        case earlyWord
        /// A router reads another one's token by its own clock.
        case oneClock
        /// A token that was lost is no reason to wait.
        case noMemory
    }

    private struct Router {
        var writes: RecentWrites
        let follower = Follower()
        /// Ahead of true time.
        var skew: UInt64
        /// What its agent was told last, and when that was by the agent's clock.
        var heard: (mark: RouterMoment, at: UInt64)?

        init(process: UInt64, skew: UInt64) {
            writes = RecentWrites(process: process)
            follower.agentReported()
            self.skew = skew
        }
    }

    private struct User {
        var keys = WrittenKeys()
        var token: RouterMoment?
        /// Cookies are kept.
        var hasJar: Bool
        /// Number of the last write that was acknowledged; 0: none.
        var acknowledged = 0
        /// The router that it talks to, when it has no jar.
        var home: Int
    }

    private struct World {
        var random: SplitMix
        var time: UInt64 = 1_000_000_000
        var routers: [Router]
        var users: [User]
        /// Commits in their order: the user of each.
        var source: [Int] = []
        /// The follower has that many of them.
        var follower = 0
        /// What the agent is reading: how much there was, and when it began.
        var snapshot: (commits: Int, at: UInt64)?
        /// Up to when the follower has everything, by the agent's clock.
        var complete: UInt64 = 0
        var mistake: Mistake?
        var processes: UInt64 = 10
        var servedByService = 0
        var kept = 0
        var stale = 0

        init(seed: UInt64, mistake: Mistake?) {
            random = SplitMix(seed: seed)
            self.mistake = mistake
            routers = [Router(process: 1, skew: 0), Router(process: 2, skew: 3_600_000_000_000)]
            users = (0..<6).map { index in User(hasJar: index % 2 == 0, home: index / 2 % 2) }
            for index in users.indices { users[index].keys.append(Int32(index * 1_000)) }
        }

        private func clock(_ router: Int) -> UInt64 { time + routers[router].skew }

        mutating func turn() {
            time += UInt64.random(in: 1...400_000, using: &random)
            switch Int.random(in: 0..<100, using: &random) {
            case ..<20: write()
            case ..<60: read()
            case ..<72: beginSnapshot()
            case ..<84: applySnapshot()
            case ..<98: report(Int.random(in: 0..<2, using: &random))
            default: restart(Int.random(in: 0..<2, using: &random))
            }
        }

        private mutating func route(_ user: Int) -> Int {
            users[user].hasJar ? Int.random(in: 0..<2, using: &random) : users[user].home
        }

        private mutating func write() {
            let user = Int.random(in: 0..<users.count, using: &random)
            let router = route(user)
            let turnBegan = clock(router)
            // Within the same turn the agent may be told a mark, and read, before legacy commits.
            time += UInt64.random(in: 1...200_000, using: &random)
            if Bool.random(using: &random) { report(router) }
            if Bool.random(using: &random) { beginSnapshot() }
            time += 1
            source.append(user)
            users[user].acknowledged = source.count
            let stamp = mistake == .oldStamp ? turnBegan : clock(router)
            if mistake != .noMemory { _ = routers[router].writes.note(users[user].keys, now: stamp) }
            if users[user].hasJar {
                users[user].token = RouterMoment(process: routers[router].writes.process, nanoseconds: stamp)
            }
        }

        private mutating func read() {
            let user = Int.random(in: 0..<users.count, using: &random)
            let router = route(user)
            let now = clock(router)
            let writes = routers[router].writes
            let wait = routers[router].follower.wait(maxLag: 5_000_000_000, now: now)
            var last = writes.lastWrite(users[user].keys)
            if var token = users[user].token {
                if mistake == .oneClock { token.process = writes.process }
                last = max(last, writes.lastWrite(token, now: now))
            }
            guard wait.isOver(for: last) else { return kept += 1 }
            servedByService += 1
            if follower < users[user].acknowledged { stale += 1 }
        }

        private mutating func beginSnapshot() {
            if snapshot == nil { snapshot = (source.count, time) }
        }

        private mutating func applySnapshot() {
            guard let taken = snapshot else { return }
            follower = taken.commits
            complete = taken.at
            snapshot = nil
        }

        /// One request and its response: the agent says what it may of the last mark, and gets another one.
        private mutating func report(_ router: Int) {
            if let heard = routers[router].heard {
                let upTo =
                    switch mistake {
                    case .lateMark: time
                    case .earlyWord: snapshot?.at ?? complete
                    default: complete
                    }
                if upTo >= heard.at, heard.mark.process == routers[router].writes.process {
                    routers[router].follower.confirm(heard.mark.nanoseconds)
                }
                if upTo < heard.at { return }
            }
            let mark = RouterMoment(process: routers[router].writes.process, nanoseconds: clock(router))
            time += UInt64.random(in: 1...100_000, using: &random)
            routers[router].heard = (mark, time)
        }

        /// Users without a jar are forgotten with it: what is said of them is said of one process.
        private mutating func restart(_ router: Int) {
            processes += 1
            let heard = routers[router].heard
            routers[router] = Router(process: processes, skew: routers[router].skew)
            // The agent does not know of it: its next word is about the process before.
            routers[router].heard = heard
            for user in users.indices where !users[user].hasJar && users[user].home == router {
                users[user].acknowledged = 0
            }
        }
    }

    private func run(_ seeds: Range<UInt64>, _ mistake: Mistake?) -> (service: Int, legacy: Int, stale: Int) {
        var sum = (service: 0, legacy: 0, stale: 0)
        for seed in seeds {
            var world = World(seed: seed, mistake: mistake)
            for _ in 0..<400 { world.turn() }
            sum.service += world.servedByService
            sum.legacy += world.kept
            sum.stale += world.stale
        }
        return sum
    }

    @Test func `nobody reads rows older than their last write, over two routers, restarts and clocks that differ`() {
        let sum = run(0..<300, nil)
        #expect(sum.stale == 0)
        // Both sides serve: the schedule is no empty one.
        #expect(sum.service > 10_000 && sum.legacy > 10_000)
    }

    @Test(arguments: Mistake.allCases)
    func `a mistake shows`(_ mistake: Mistake) {
        #expect(run(0..<300, mistake).stale > 0)
    }
}
