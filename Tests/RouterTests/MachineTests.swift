import Testing

@testable import Router

struct CircuitBreakerTests {
    let settings = CircuitBreaker.Settings(consecutiveFailures: 3, probeAfterMilliseconds: 500)

    @Test func `opens after failures in a row and probes within a second`() {
        var breaker = CircuitBreaker()
        #expect(breaker.failed(now: 0, settings: settings) == false)
        #expect(breaker.failed(now: 1, settings: settings) == false)
        #expect(breaker.failed(now: 2, settings: settings) == true)
        #expect(breaker.admit(now: 3, settings: settings) == .refuse(retryAfterMilliseconds: 499))
        #expect(breaker.admit(now: 502, settings: settings) == .attempt(.probe))
        #expect(breaker.admit(now: 503, settings: settings) == .refuse(retryAfterMilliseconds: 500))
        #expect(breaker.succeeded(.probe) == true)
        #expect(breaker.admit(now: 504, settings: settings) == .pass)
    }

    @Test func `a success between failures starts the count anew`() {
        var breaker = CircuitBreaker()
        for now in 0..<100 {
            #expect(breaker.failed(now: Int64(now), settings: settings) == false)
            #expect(breaker.failed(now: Int64(now), settings: settings) == false)
            #expect(breaker.succeeded() == false)
        }
    }

    @Test func `a failed probe opens again and a lost one does not bar for ever`() {
        var breaker = CircuitBreaker()
        for _ in 0..<3 { _ = breaker.failed(now: 0, settings: settings) }
        #expect(breaker.admit(now: 500, settings: settings) == .attempt(.probe))
        #expect(breaker.failed(.probe, now: 510, settings: settings) == true)
        #expect(breaker.admit(now: 1010, settings: settings) == .attempt(.probe))
        #expect(breaker.admit(now: 2009, settings: settings) == .refuse(retryAfterMilliseconds: 500))
        #expect(breaker.admit(now: 2010, settings: settings) == .attempt(.probe))
        breaker.calledOff(.probe, now: 2011)
        #expect(breaker.admit(now: 2011, settings: settings) == .attempt(.probe))
    }

    @Test func `an old success does not close an open circuit`() {
        var breaker = CircuitBreaker()
        for _ in 0..<3 { _ = breaker.failed(now: 0, settings: settings) }
        #expect(breaker.succeeded() == false)
        #expect(breaker.admit(now: 1, settings: settings) == .refuse(retryAfterMilliseconds: 499))
    }

    @Test(arguments: [UInt32(1), 500, 1_000, 60_000, .max])
    func `whatever is configured, a probe goes out within a second`(probeAfter: UInt32) {
        let settings = CircuitBreaker.Settings(consecutiveFailures: 1, probeAfterMilliseconds: probeAfter)
        var breaker = CircuitBreaker()
        for round in 0..<5 {
            let now = Int64(round) * 1000
            #expect(breaker.failed(round == 0 ? .ordinary : .probe, now: now, settings: settings) == true)
            guard case .refuse(let wait) = breaker.admit(now: now, settings: settings) else {
                Issue.record("it passes at once")
                return
            }
            #expect(wait <= 1000)
            // One, and nobody beside it.
            #expect(breaker.admit(now: now + 1000, settings: settings) == .attempt(.probe))
            for other in 0..<10 {
                #expect(breaker.admit(now: now + 1000 + Int64(other), settings: settings) != .pass)
                #expect(breaker.admit(now: now + 1000 + Int64(other), settings: settings) != .attempt(.probe))
            }
        }
    }

    @Test func `what nobody asked about for long is forgotten`() {
        var breaker = CircuitBreaker()
        for _ in 0..<3 { _ = breaker.failed(now: 0, settings: settings) }
        // Due at 500: until 2499 the first one is a probe, and those beside it are refused; from then on nobody is.
        var asked = breaker
        #expect(asked.admit(now: 2499, settings: settings) == .attempt(.probe))
        #expect(asked.admit(now: 2499, settings: settings) == .refuse(retryAfterMilliseconds: 500))
        #expect(breaker.admit(now: 2500, settings: settings) == .passAgain)
        for _ in 0..<10 { #expect(breaker.admit(now: 2500, settings: settings) == .pass) }
        // On its last warning only: one failure is enough, and one success makes it forget all.
        var failing = breaker
        #expect(failing.failed(now: 2501, settings: settings) == true)
        #expect(failing.admit(now: 2502, settings: settings) == .refuse(retryAfterMilliseconds: 499))
        #expect(breaker.succeeded() == false)
        #expect(breaker.failed(now: 2501, settings: settings) == false)
        #expect(breaker.admit(now: 2502, settings: settings) == .pass)
    }

    @Test func `zero switches it off`() {
        var breaker = CircuitBreaker()
        for _ in 0..<1000 {
            #expect(
                breaker.failed(now: 0, settings: .init(consecutiveFailures: 0, probeAfterMilliseconds: 500)) == false)
        }
    }

    @Test(arguments: [true, false])
    func `switched off while it is open, it lets all pass`(isHalfOpen: Bool) {
        var breaker = CircuitBreaker()
        for _ in 0..<3 { _ = breaker.failed(now: 0, settings: settings) }
        if isHalfOpen { #expect(breaker.admit(now: 500, settings: settings) == .attempt(.probe)) }
        let off = CircuitBreaker.Settings(consecutiveFailures: 0, probeAfterMilliseconds: 500)
        #expect(breaker.admit(now: 501, settings: off) == .passAgain)
        #expect(breaker.failed(.probe, now: 502, settings: off) == false)
        #expect(breaker.admit(now: 503, settings: off) == .pass)
    }

    /// Asks as one that nobody else could answer.
    private func ask(_ breaker: inout CircuitBreaker, _ now: Int64) -> CircuitBreaker.Admission {
        breaker.admit(now: now, settings: settings, hasAlternative: false)
    }

    @Test func `without an alternative it is tried soon, and twice as long after each failure`() {
        var breaker = CircuitBreaker()
        for _ in 0..<3 { _ = breaker.failed(now: 0, settings: settings) }
        var now: Int64 = 0
        for pause in [50, 100, 200, 400, 500, 500] as [Int64] {
            #expect(ask(&breaker, now + pause - 1) == .wait)
            #expect(ask(&breaker, now + pause) == .attempt(.probe))
            now += pause
            #expect(breaker.failed(.probe, now: now, settings: settings) == true)
        }
        // What was sent before tells nothing of now.
        #expect(breaker.failed(now: now, settings: settings) == false)
        #expect(ask(&breaker, now + 500) == .attempt(.probe))
        #expect(breaker.failed(now: now + 501, settings: settings) == false)
        #expect(breaker.succeeded(.probe) == true)
        #expect(ask(&breaker, now + 502) == .pass)
        // The next outage begins anew.
        for _ in 0..<3 { _ = breaker.failed(now: now, settings: settings) }
        #expect(ask(&breaker, now + 50) == .attempt(.probe))
    }

    @Test func `without an alternative a share is let through`() {
        var breaker = CircuitBreaker()
        for _ in 0..<3 { _ = breaker.failed(now: 0, settings: settings) }
        let first = (0..<64).map { _ in ask(&breaker, 1) }
        #expect(first.count { $0 == .attempt(.trial) } == 8)
        #expect(first.count { $0 == .wait } == 56)
        // As many are out as may be, also beside a probe.
        #expect((0..<64).allSatisfy { _ in ask(&breaker, 1) == .wait })
        #expect(ask(&breaker, 50) == .attempt(.probe))
        #expect((0..<64).allSatisfy { _ in ask(&breaker, 51) == .wait })
        // Those with an alternative are none of them.
        #expect(breaker.admit(now: 51, settings: settings) == .refuse(retryAfterMilliseconds: 500))
        // One that fails, or says nothing, makes room for the next and moves nothing else; one that is answered closes
        // the circuit.
        #expect(breaker.failed(.trial, now: 52, settings: settings) == false)
        breaker.calledOff(.trial, now: 52)
        #expect((0..<64).count { _ in ask(&breaker, 53) == .attempt(.trial) } == 2)
        #expect(breaker.succeeded(.trial) == true)
        #expect(ask(&breaker, 54) == .pass)
    }
}

struct RetryTests {
    static let base = RetryRule.Situation(
        failure: .connectRefused, isIdempotent: true, isRead: true, isReplayable: true, responseBegun: false,
        retries: 0, waited: 0, mayFallBack: false)

    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let failure: Failure
        var post = false
        var replayable = true
        var begun = false
        var retries: UInt8 = 0
        var fallBack = false
        var sibling = false
        let expected: RetryRule.Decision
    }

    @Test(arguments: [
        Case(testDescription: "refused GET waits", failure: .connectRefused, expected: .retry(afterMilliseconds: 30)),
        Case(
            testDescription: "refused POST too: nothing left", failure: .connectRefused, post: true,
            expected: .retry(afterMilliseconds: 30)),
        Case(
            testDescription: "second wait is longer", failure: .connectRefused, retries: 1,
            expected: .retry(afterMilliseconds: 130)),
        Case(testDescription: "two repeats are all", failure: .connectRefused, retries: 2, expected: .giveUp),
        Case(
            testDescription: "refused read goes to legacy", failure: .connectRefused, fallBack: true,
            expected: .fallBack),
        Case(
            testDescription: "refused POST never goes to the other side", failure: .connectRefused, post: true,
            fallBack: true, expected: .retry(afterMilliseconds: 30)),
        Case(
            testDescription: "stale connection: at once", failure: .closedUnanswered,
            expected: .retry(afterMilliseconds: 0)),
        Case(
            testDescription: "POST that left is never repeated", failure: .closedUnanswered, post: true,
            expected: .giveUp),
        Case(
            testDescription: "POST that had not left is", failure: .closedUnsent, post: true,
            expected: .retry(afterMilliseconds: 0)),
        Case(
            testDescription: "a streamed body is gone", failure: .connectRefused, replayable: false,
            expected: .giveUp),
        Case(testDescription: "no second answer", failure: .responseCut, begun: true, expected: .giveUp),
        Case(testDescription: "a time-out is not repeated", failure: .responseTimeout, expected: .giveUp),
        Case(
            testDescription: "garbage from the service: legacy reads", failure: .malformedResponse, fallBack: true,
            expected: .fallBack),
        Case(
            testDescription: "a sibling before legacy", failure: .connectRefused, fallBack: true, sibling: true,
            expected: .retry(afterMilliseconds: 0)),
        Case(
            testDescription: "legacy after the siblings", failure: .connectRefused, retries: 2, fallBack: true,
            sibling: true, expected: .fallBack),
        Case(
            testDescription: "a sibling at once also without legacy", failure: .connectRefused, retries: 1,
            sibling: true, expected: .retry(afterMilliseconds: 0)),
        Case(
            testDescription: "no connection in time: a sibling, POST too", failure: .connectTimeout, post: true,
            sibling: true, expected: .retry(afterMilliseconds: 0)),
        Case(
            testDescription: "no connection in time and no sibling", failure: .connectTimeout, expected: .giveUp),
        Case(
            testDescription: "garbage: a sibling before legacy", failure: .malformedResponse, fallBack: true,
            sibling: true, expected: .retry(afterMilliseconds: 0)),
        Case(
            testDescription: "garbage where legacy may not answer stays", failure: .malformedResponse, sibling: true,
            expected: .giveUp),
    ])
    func `an attempt is repeated as the table says`(_ example: Case) {
        var budget = RetryBudget()
        var situation = Self.base
        situation.failure = example.failure
        if example.post { (situation.isIdempotent, situation.isRead) = (false, false) }
        situation.isReplayable = example.replayable
        situation.responseBegun = example.begun
        situation.retries = example.retries
        situation.mayFallBack = example.fallBack
        situation.hasSibling = example.sibling
        #expect(RetryRule().decide(situation, random: 0, budget: &budget) == example.expected)
    }

    @Test func `all waiting together stays below 300 milliseconds`() {
        var budget = RetryBudget()
        for random in UInt32(0)..<500 {
            var situation = Self.base
            while case .retry(let delay) = RetryRule().decide(situation, random: random, budget: &budget) {
                situation.waited += delay
                situation.retries += 1
            }
            #expect(situation.waited <= 300)
            #expect(situation.retries == 2)
        }
    }

    @Test func `an old pooled connection costs no budget`() {
        var budget = RetryBudget(percent: 0, burst: 0)
        var situation = RetryRule.Situation(
            failure: .closedUnanswered, isIdempotent: true, isRead: true, isReplayable: true,
            responseBegun: false, retries: 0, waited: 0, mayFallBack: false)
        #expect(RetryRule().decide(situation, random: 0, budget: &budget) == .giveUp)
        situation.wasReused = true
        #expect(RetryRule().decide(situation, random: 0, budget: &budget) == .retry(afterMilliseconds: 0))
        // A write that may have been seen is not repeated, however old the connection.
        situation.isIdempotent = false
        #expect(RetryRule().decide(situation, random: 0, budget: &budget) == .giveUp)
    }

    @Test func `the budget holds retries to a tenth of the traffic`() {
        var budget = RetryBudget(percent: 10, burst: 10)
        var retried = 0
        for _ in 0..<1000 {
            budget.requestStarted()
            if budget.take() { retried += 1 }
        }
        #expect((100...110).contains(retried))
    }
}

struct LifecycleTests {
    @Test func `a change is done when the last loop serves it`() {
        var barrier = FlipBarrier(loops: 3, revision: 7)
        #expect(barrier.acknowledged(loop: 0, revision: 8) == .waiting)
        #expect(barrier.acknowledged(loop: 0, revision: 9) == .waiting)
        #expect(barrier.acknowledged(loop: 2, revision: 9) == .waiting)
        #expect(barrier.acknowledged(loop: 1, revision: 8) == .reached(revision: 8))
        #expect(barrier.acknowledged(loop: 1, revision: 9) == .reached(revision: 9))
        #expect(barrier.served == [9, 9, 9])
    }

    @Test func `stop drains once and leaves at the second call`() {
        var drain = DrainMachine()
        #expect(drain.stopRequested(now: 0, patienceMilliseconds: 10_000) == .drain(deadline: 10_000))
        #expect(drain.progressed(now: 5, open: 2) == .wait)
        #expect(drain.stopRequested(now: 6, patienceMilliseconds: 10_000) == .exitNow)
        #expect(drain.stopRequested(now: 7, patienceMilliseconds: 10_000) == .nothing)
    }

    @Test(arguments: [
        (9_999, 0, DrainMachine.ProgressAction.exitClean), (9_999, 1, .wait), (10_000, 1, .exitCutting(open: 1)),
    ])
    func `drain ends with the last exchange or the deadline`(
        now: Int64, open: Int, expected: DrainMachine.ProgressAction
    ) {
        var drain = DrainMachine()
        _ = drain.stopRequested(now: 0, patienceMilliseconds: 10_000)
        #expect(drain.progressed(now: now, open: open) == expected)
    }
}
