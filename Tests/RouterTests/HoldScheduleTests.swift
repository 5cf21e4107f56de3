import EventLoop
import Routing
import TestSupport
import Testing

@testable import Router

/// Random arrivals, holds, releases, leases that run out, flips, refusals of owners and clients that leave, on one loop
/// with a clock of the test.
struct HoldScheduleTests {
    @Test(arguments: 0..<60) func `no request is lost, none waits for too long, and each goes by the table then served`(
        seed: UInt64
    ) throws {
        let schedule = try HoldSchedule(seed: seed)
        schedule.run()
        #expect(schedule.faults.isEmpty, "seed \(seed): \(schedule.faults.prefix(5))")
        // A schedule in which nothing happens proves nothing.
        #expect(schedule.released > 0 && schedule.counted > 0)
    }

    /// What the schedules would say if something did not do its part.
    @Test(arguments: HoldSchedule.Mistake.allCases) func `a mistake is found`(_ mistake: HoldSchedule.Mistake) throws {
        let found = try (0..<10 as Range<UInt64>).contains { seed in
            let schedule = try HoldSchedule(seed: seed, mistake)
            schedule.run()
            return !schedule.faults.isEmpty
        }
        #expect(found)
    }
}

final class HoldSchedule {
    enum Mistake: CaseIterable {
        /// The loop is not told of a hold.
        case notHeld
        /// It holds fewer users than it was asked to.
        case tooFewHeld
        /// Only writes wait where all should.
        case readsPass
        /// The table that is published does not reach the loop.
        case staleTable
        /// Nobody releases.
        case neverReleased
        /// The loop lets everybody go before the lease is over.
        case shortLease
        /// What is under way is counted of other users.
        case miscounted
    }

    private struct Request {
        let client: InMemoryClient
        let user: String?
        let bucket: Int32
        let isWrite: Bool
        let path: String
        let askedAt: Moment
        var hasLeft = false
        /// Its streams, with the side of each.
        var sent: [(side: Side, stream: InMemoryUpstream)] = []
        /// The side said that the user is the other's.
        var refused = 0

        var isOver: Bool { hasLeft || client.end != nil }
        /// One that was refused may wait once more.
        var isUnderWay: Bool { !isOver && sent.count > refused }
    }

    private struct Standing {
        let number: UInt64
        var cohort: HoldCohort
        let expiresAt: Moment
    }

    private let bench: HoldBench
    private var random: SplitMix
    private var requests: [Request] = []
    private var standing: [Standing] = []
    private var percent = Percent.zero
    private var seen: [Side: Int] = [.legacy: 0, .service: 0]
    private(set) var faults: [String] = []
    private(set) var released = 0
    private(set) var counted = 0

    private let mistake: Mistake?

    init(seed: UInt64, _ mistake: Mistake? = nil) throws {
        self.mistake = mistake
        bench = try HoldBench(epoch: 1)
        random = SplitMix(seed: seed &+ 4300)
    }

    private func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

    func run() {
        for _ in 0..<400 { step() }
        for hold in standing { released += bench.release(hold.number) }
        standing = []
        look("at the end")
        bench.pass(2100)
        look("after the end")
        while let place = requests.firstIndex(where: { !$0.isOver }) {
            guard let (_, stream) = requests[place].sent.last else {
                faults.append("\(requests[place].path) is lost")
                break
            }
            stream.answer(200)
            stream.end()
        }
        for request in requests where !request.hasLeft && request.client.answer == nil {
            faults.append("\(request.path) has no response")
        }
        if bench.counters() != (0, 0, 0) { faults.append("counters \(bench.counters())") }
        let counts = bench.owned.counts
        if counts.waiting != 0 { faults.append("\(counts.waiting) are said to wait") }
        if counts[.released] != UInt64(released) { faults.append("released \(counts[.released]), not \(released)") }
        if bench.worker.exchanges.contains(where: { $0.hold != nil }) { faults.append("an exchange keeps a hold") }
    }

    private func step() {
        switch below(16) {
        case 0..<5: arrive()
        case 5: leave()
        case 6..<8: hold()
        case 8: release()
        case 9: publish()
        case 10..<13: answer()
        case 13: refuse()
        default: passTime(1 + below(60))
        }
        look("after a step")
    }

    private func arrive() {
        let user = below(10) == 0 ? nil : "u\(below(40))"
        let isWrite = below(2) == 0
        let path = "/r\(requests.count)"
        let body = isWrite && below(3) > 0 ? "body of \(path)" : nil
        requests.append(
            Request(
                client: bench.bench.client(), user: user, bucket: user.map { bench.bucket($0) } ?? -1, isWrite: isWrite,
                path: path, askedAt: bench.loop.now))
        let fields = user.map { "x-user: \($0)\r\n" } ?? ""
        requests[requests.count - 1].client.request("\(isWrite ? "POST" : "GET") \(path)", fields: fields, body: body)
    }

    private func leave() {
        guard let place = requests.indices.filter({ !requests[$0].isOver }).randomElement(using: &random) else {
            return
        }
        requests[place].hasLeft = true
        requests[place].client.leave()
    }

    private func hold() {
        let start = Int32(below(9)) * 100_000
        let range = start..<start + Int32(1 + below(3)) * 100_000 - 1
        let kind: HoldCohort.Kind = below(2) == 0 ? .writes : .all
        let cohort = HoldCohort(context: "c", buckets: range, kind: kind)
        let lease = UInt64(20 + below(3000))
        if let same = standing.firstIndex(where: { $0.cohort.overlaps(cohort) }) {
            // The desk lets no two overlap; it widens the same one.
            standing[same].cohort.kind = .all
            let wider = standing[same]
            let left = wider.expiresAt.since(bench.loop.now).nanoseconds / 1_000_000
            let told = mistake == .readsPass ? HoldCohort.Kind.writes : .all
            if mistake == .notHeld { return }
            check(bench.hold(wider.cohort.buckets, told, lease: left, again: wider.number).report, wider.cohort)
            return
        }
        var told = (range: range, kind: kind, lease: lease)
        switch mistake {
        case .tooFewHeld: told.range = range.dropLast(range.count / 2)
        case .readsPass: told.kind = .writes
        case .shortLease: told.lease = lease / 2
        case .miscounted: told.range = 0..<1_000_000
        case .notHeld: told.range = 999_999..<1_000_000
        case .staleTable, .neverReleased, nil: break
        }
        let (number, report) = bench.hold(told.range, told.kind, lease: told.lease)
        standing.append(
            Standing(number: number, cohort: cohort, expiresAt: bench.loop.now + .milliseconds(lease)))
        check(report, cohort)
    }

    /// What began before is counted to the request.
    private func check(_ report: LoopReport, _ cohort: HoldCohort) {
        let under = requests.count {
            $0.isUnderWay && cohort.includes(bucket: $0.bucket, isWrite: $0.isWrite)
        }
        if report.inFlight != under { faults.append("counted \(report.inFlight), not \(under)") }
        if (report.answer == .empty) != (under == 0) { faults.append("said \(report.answer) of \(under)") }
        counted += under
    }

    private func release() {
        guard let place = standing.indices.randomElement(using: &random) else { return }
        let number = standing.remove(at: place).number
        if mistake != .neverReleased { released += bench.release(number) }
    }

    private func publish() {
        percent = Percent(ticks: Int32(below(11)) * 100_000)
        if mistake != .staleTable { bench.publish(percent, epoch: UInt64(requests.count + 2)) }
    }

    private func live() -> InMemoryUpstream? {
        requests.lazy.filter(\.isUnderWay).compactMap(\.sent.last?.stream).filter { $0.delegate != nil }
            .randomElement(using: &random)
    }

    private func answer() {
        guard let stream = live() else { return }
        stream.answer(200)
        stream.end()
    }

    private func refuse() {
        guard let stream = live(), let place = requests.firstIndex(where: { $0.sent.last?.stream === stream }),
            let side = requests[place].sent.last?.side
        else { return }
        requests[place].refused += 1
        stream.answer(421, "x-strangler-owner: \(side.other.name)\r\n")
    }

    private func passTime(_ milliseconds: Int) {
        for _ in 0..<milliseconds {
            bench.pass(1)
            let gone = standing.filter { hold in !bench.owned.holds.contains { $0.number == hold.number } }
            for hold in gone {
                if hold.expiresAt > bench.loop.now { faults.append("a hold ended before its time") }
                standing.removeAll { $0.number == hold.number }
            }
            look("as time passed")
        }
        released = Int(bench.owned.counts[.released])
    }

    /// Finds the streams that began, and whether they might.
    private func look(_ when: String) {
        for side in [Side.legacy, .service] {
            let streams = (side == .legacy ? bench.bench.old : bench.bench.new).streams
            for stream in streams[(seen[side] ?? 0)...] { began(stream, side, when) }
            seen[side] = streams.count
        }
        for hold in bench.owned.holds where !standing.contains(where: { $0.number == hold.number }) {
            faults.append("hold \(hold.number) stands, and nobody holds, \(when)")
        }
        for request in requests where !request.isOver && request.sent.isEmpty {
            let waited = bench.loop.now.since(request.askedAt)
            if waited > .milliseconds(2008) { faults.append("\(request.path) waits since \(waited.seconds) s") }
        }
    }

    private func began(_ stream: InMemoryUpstream, _ side: Side, _ when: String) {
        guard let target = stream.request?.target, let place = requests.firstIndex(where: { $0.path == target }) else {
            return faults.append("a stream of nobody, \(when)")
        }
        let request = requests[place]
        requests[place].sent.append((side, stream))
        if request.sent.count > request.refused { faults.append("\(target) was sent twice") }
        let assigned: Side =
            request.bucket < 0
            ? (percent == .all ? .service : .legacy)
            : AssignmentDecision.side(ofBucket: request.bucket, percent: percent)
        // A refused one goes where it was told to, unless it was held in between.
        if request.sent.isEmpty, side != assigned { faults.append("\(target) went to \(side), \(when)") }
        let isHeld = standing.contains {
            $0.cohort.includes(bucket: request.bucket, isWrite: request.isWrite)
                && $0.expiresAt > bench.loop.now
        }
        if isHeld { faults.append("\(target) passed a hold, \(when)") }
    }
}
