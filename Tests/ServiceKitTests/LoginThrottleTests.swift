import ServiceKit
import Testing

struct LoginThrottleTests {
    private func policy(free: Int = 5, address: Int = 20, longest: Int = 60, capacity: Int = 10_000)
        -> LoginThrottle.Policy
    {
        var policy = LoginThrottle.Policy()
        (policy.free, policy.freeOfAddress, policy.longestWait, policy.capacity) = (free, address, longest, capacity)
        return policy
    }

    private func guess(
        _ throttle: inout LoginThrottle, _ account: String = "a", from address: String = "x", device: String? = nil,
        at now: Int
    ) -> Int {
        switch throttle.reserve(account: account, address: address, device: device, now: now) {
        case .wait(let seconds): return seconds
        case .admitted(let attempt):
            throttle.wrong(attempt, now: now)
            return 0
        }
    }

    private func enters(
        _ throttle: inout LoginThrottle, _ account: String = "a", from address: String = "x", device: String? = nil,
        at now: Int
    ) -> Bool {
        guard
            case .admitted(let attempt) = throttle.reserve(account: account, address: address, device: device, now: now)
        else {
            return false
        }
        throttle.right(attempt, now: now)
        return true
    }

    @Test func `five are free, then each doubles the wait`() {
        var throttle = LoginThrottle(policy(longest: 5))
        var waits: [Int] = []
        var now = 100
        for _ in 0..<9 {
            let wait = guess(&throttle, at: now)
            waits.append(wait)
            if wait > 0 {
                now += wait
                _ = guess(&throttle, at: now)
            }
        }
        #expect(waits == [0, 0, 0, 0, 0, 1, 2, 4, 5])
    }

    @Test func `tries at once are as few as tries after one another`() {
        var throttle = LoginThrottle()
        var attempts: [LoginThrottle.Attempt] = []
        for _ in 0..<120 {
            if case .admitted(let attempt) = throttle.reserve(account: "a", address: "x", device: nil, now: 0) {
                attempts.append(attempt)
            }
        }
        #expect(attempts.count == 5)
        // Only once the wait is over, and then one.
        for attempt in attempts { throttle.wrong(attempt, now: 0) }
        #expect(guess(&throttle, at: 0) == 1)
        guard case .admitted(let sixth) = throttle.reserve(account: "a", address: "x", device: nil, now: 1) else {
            Issue.record("the wait is over")
            return
        }
        #expect(guess(&throttle, at: 1) == 1)
        throttle.undecided(sixth)
        #expect(guess(&throttle, at: 1) == 0)
    }

    @Test func `a stranger elsewhere keeps nobody out`() {
        var throttle = LoginThrottle()
        for now in 0..<1_000 { _ = guess(&throttle, from: "stranger", at: now) }
        #expect(guess(&throttle, from: "stranger", at: 1_000) > 0)
        #expect(enters(&throttle, from: "home", at: 1_000))
    }

    @Test func `a stranger at the same address keeps no known device out`() {
        var throttle = LoginThrottle()
        for now in 0..<1_000 { _ = guess(&throttle, from: "shared", at: now) }
        #expect(!enters(&throttle, from: "shared", at: 1_000))
        #expect(enters(&throttle, from: "shared", device: "phone", at: 1_000))
        // A device that was stolen has its own five.
        for _ in 0..<5 { #expect(guess(&throttle, from: "cafe", device: "phone", at: 2_000) == 0) }
        #expect(guess(&throttle, from: "other", device: "phone", at: 2_000) == 1)
    }

    @Test func `an address is slowed over all accounts, and owning one does not forgive it`() {
        var throttle = LoginThrottle()
        for number in 0..<20 {
            #expect(guess(&throttle, "victim-\(number)", at: 0) == 0)
            if number < 19 { #expect(enters(&throttle, "own", at: 0)) }
        }
        #expect(guess(&throttle, "victim-20", at: 0) == 1)
        #expect(guess(&throttle, "victim-20", from: "elsewhere", at: 0) == 0)
        // Where somebody has been right before, neighbours' guesses at other accounts do not count.
        #expect(enters(&throttle, "own", at: 0))
        #expect(!enters(&throttle, "newcomer", at: 0))
    }

    @Test func `right and peace forgive`() {
        var throttle = LoginThrottle()
        for _ in 0..<4 { _ = guess(&throttle, at: 0) }
        #expect(enters(&throttle, at: 0))
        for _ in 0..<5 { #expect(guess(&throttle, at: 0) == 0) }
        #expect(guess(&throttle, at: 0) == 1)
        for _ in 0..<5 { #expect(guess(&throttle, at: 1_000) == 0) }
    }

    @Test func `it forgets the quietest when it is full, and no try under way`() {
        var throttle = LoginThrottle(policy(free: 1, capacity: 20))
        guard case .admitted(let slow) = throttle.reserve(account: "slow", address: "s", device: nil, now: 0) else {
            return
        }
        for now in 0..<100 { _ = guess(&throttle, "a\(now)", from: "x\(now)", at: now) }
        #expect(guess(&throttle, "a99", from: "x99", at: 99) == 1)
        #expect(guess(&throttle, "a1", from: "x1", at: 99) == 0)
        throttle.wrong(slow, now: 99)
        #expect(guess(&throttle, "slow", from: "s", at: 99) == 1)
    }

    /// Whatever comes in whatever order: no more tries of a place than are free, plus one for each wait that passed.
    @Test(arguments: 0..<20) func `no order of events gives more tries than are free`(_ seed: UInt64) {
        var random = SplitMix(state: seed)
        var throttle = LoginThrottle()
        var open: [LoginThrottle.Attempt] = []
        var wrong = 0
        for _ in 0..<2_000 {
            if random.next() % 3 > 0 || open.isEmpty {
                if case .admitted(let attempt) = throttle.reserve(account: "a", address: "x", device: nil, now: 7) {
                    open.append(attempt)
                }
            } else {
                let attempt = open.remove(at: Int(random.next() % UInt64(open.count)))
                if random.next() % 8 == 0 {
                    throttle.undecided(attempt)
                } else {
                    throttle.wrong(attempt, now: 7)
                    wrong += 1
                }
            }
            #expect(wrong + open.count <= 5)
        }
        #expect(wrong == 5)
    }

    private struct SplitMix {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return word ^ (word >> 31)
        }
    }
}
