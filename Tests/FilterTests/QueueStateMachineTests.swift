import Testing

@testable import Filter

@Suite struct QueueStateMachineTests {
    typealias Machine = QueueStateMachine

    private static let leased = Machine.State.leased(owner: "a", expiresAt: 1_000)
    private static let states: [Machine.State] = [
        .queued(availableAt: 500), leased, .done, .dead(reason: "x"),
    ]

    private func machine(_ state: Machine.State, attempts: Int = 1) -> Machine {
        Machine(state: state, attempts: attempts)
    }

    @Test(arguments: [
        (
            Machine.State.queued(availableAt: 500), 499, Machine.ClaimAction.leaveIt,
            Machine.State.queued(availableAt: 500)
        ),
        (.queued(availableAt: 500), 500, .work(attempt: 2), .leased(owner: "b", expiresAt: 15_500)),
        (leased, 2_000, .leaveIt, leased), (.done, 2_000, .leaveIt, .done),
        (.dead(reason: "x"), 2_000, .leaveIt, .dead(reason: "x")),
    ])
    func `a job is claimed once, and in its turn`(
        state: Machine.State, now: Int, action: Machine.ClaimAction, next: Machine.State
    ) {
        var machine = machine(state)
        #expect(machine.claimed(by: "b", now: now) == action)
        #expect(machine.state == next)
    }

    @Test(arguments: states, ["a", "b"])
    func `only the holder of a lease is heard`(state: Machine.State, owner: String) {
        let holds = state == Self.leased && owner == "a"
        var beating = machine(state)
        #expect(beating.heartbeat(of: owner, now: 900) == (holds ? .goOn : .abandon))
        #expect(beating.state == (holds ? .leased(owner: "a", expiresAt: 15_900) : state))
        var succeeding = machine(state)
        #expect(succeeding.succeeded(owner) == (holds ? .storeResult : .dropResult))
        #expect(succeeding.state == (holds ? .done : state))
        var returning = machine(state)
        #expect(returning.givenBack(by: owner, now: 900) == (holds ? .requeue : .ignore))
        #expect(returning.state == (holds ? .queued(availableAt: 900) : state))
        #expect(returning.attempts == (holds ? 0 : 1))
        var failing = machine(state)
        #expect(
            failing.failed(owner, reason: "r", canRetry: true, now: 900, jitter: 0)
                == (holds ? .retry(at: 1_150) : .ignore))
        var dying = machine(state)
        #expect(dying.ownerDied(owner, now: 900, jitter: 0) == (holds ? .retry(at: 1_150) : .ignore))
    }

    /// Attempt, jitter, wait in milliseconds: half to all of 500 · 2^(n-1), at most 30 s.
    @Test(arguments: [(1, 0.0, 250), (1, 1.0, 500), (2, 0.0, 500), (2, 1.0, 1_000), (4, 1.0, 4_000)])
    func `waits grow with each failure`(attempts: Int, jitter: Double, wait: Int) {
        var machine = machine(Self.leased, attempts: attempts)
        #expect(machine.failed("a", reason: "r", canRetry: true, now: 0, jitter: jitter) == .retry(at: wait))
        #expect(machine.state == .queued(availableAt: wait))
    }

    @Test func `the last attempt and a hopeless failure end in the grave`() {
        var last = machine(Self.leased, attempts: 5)
        #expect(last.failed("a", reason: "r", canRetry: true, now: 0, jitter: 0) == .bury(reason: "r"))
        #expect(last.state == .dead(reason: "r"))
        var hopeless = machine(Self.leased, attempts: 1)
        #expect(hopeless.failed("a", reason: "torn", canRetry: false, now: 0, jitter: 0) == .bury(reason: "torn"))
    }

    @Test(arguments: [(999, false), (1_000, true), (50_000, true)])
    func `a lease runs out at its time`(now: Int, runsOut: Bool) {
        var machine = machine(Self.leased)
        let action = machine.timePassed(now: now, jitter: 0)
        #expect(action == (runsOut ? .retry(at: now + 250) : .ignore))
    }

    /// Every sequence of five events by two workers: a result is stored at most once, and a job that is done or dead
    /// stays so.
    @Test func `whatever happens, a result is stored once`() {
        let events = 10
        var stack: [(Machine, Int, Int, Int)] = [(Machine(state: .queued(availableAt: 0), attempts: 0), 0, 0, 0)]
        var visited = 0
        while let (machine, depth, now, stored) = stack.popLast() {
            visited += 1
            #expect(stored <= 1)
            guard depth < 5 else { continue }
            for event in 0..<events {
                var next = machine
                var storedNext = stored
                let owner = event % 2 == 0 ? "a" : "b"
                switch event / 2 {
                case 0: _ = next.claimed(by: owner, now: now)
                case 1: if next.succeeded(owner) == .storeResult { storedNext += 1 }
                case 2: _ = next.failed(owner, reason: "r", canRetry: true, now: now, jitter: 0.5)
                case 3: _ = next.givenBack(by: owner, now: now)
                default: _ = next.timePassed(now: now, jitter: 0.5)
                }
                if machine.state == .done { #expect(next.state == .done) }
                stack.append((next, depth + 1, now + (event == 9 ? 20_000 : 1_000), storedNext))
            }
        }
        #expect(visited > 100_000)
    }
}
