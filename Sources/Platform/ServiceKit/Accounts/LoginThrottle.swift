/// Slows down guessing at passwords: a few failures are free, then each further one doubles the wait.
///
/// A try is reserved before the password is checked, so that simultaneous tries are limited like successive ones.
/// Failures are counted where they come from, never at the account alone: an attacker who guesses from elsewhere cannot
/// keep the account's owner out.
///
/// - by account and address: five are free;
/// - by address, over all accounts: twenty are free; where the account has logged in from that address before, not
///   counted;
/// - by account and device, instead of both, for a browser that has logged in to the account before.
///
/// Pure: seconds come in with the events. Its memory is bounded: the entry that has been quiet for longest is forgotten
/// first.
package struct LoginThrottle: Sendable {
    /// A reserved try; to be ended by exactly one of `wrong`, `right` and `undecided`.
    package struct Attempt: Sendable, Equatable {
        fileprivate var sources: [Source]
        fileprivate var home: Source
    }

    package enum Verdict: Sendable, Equatable {
        case admitted(Attempt)
        /// Not before this many seconds have passed; at least 1.
        case wait(Int)
    }

    package struct Policy: Sendable {
        /// Failures without a wait, of one account at one place.
        package var free = 5
        /// The same of one address, over all accounts.
        package var freeOfAddress = 20
        /// Seconds.
        package var longestWait = 60
        /// Seconds without a failure that forgive.
        package var memory = 900
        /// The limit of remembered places, and also of places where a password was right.
        package var capacity = 10_000

        package init() {}
    }

    fileprivate enum Source: Sendable, Hashable {
        case address(String)
        case accountAtAddress(String, String)
        case accountOnDevice(String, String)
    }

    private struct Entry {
        var failures = 0
        var underWay = 0
        var blockedUntil = 0
        var lastTry: Int
    }

    private var entries: [Source: Entry] = [:]
    /// Where an account's password was right, and when that was.
    private var homes: [Source: Int] = [:]
    private let policy: Policy

    package init(_ policy: Policy = Policy()) { self.policy = policy }

    /// Whether a password may be checked now.
    ///
    /// - Parameters:
    ///   - address: the client's; all addresses of an IPv6 customer must come as one.
    ///   - device: the name of a device from which this very account was entered before; nil when none is known.
    ///   - now: seconds, on a clock that does not go back by much.
    package mutating func reserve(account: String, address: String, device: String?, now: Int) -> Verdict {
        let home = device.map { Source.accountOnDevice(account, $0) } ?? .accountAtAddress(account, address)
        let isFamiliar = device != nil || homes[home] != nil
        let sources = isFamiliar ? [home] : [home, .address(address)]
        let wait = sources.map { self.wait(for: $0, now) }.max() ?? 0
        guard wait == 0 else { return .wait(wait) }
        for source in sources {
            if entries[source] == nil { makeRoom() }
            entries[source, default: Entry(lastTry: now)].underWay += 1
            entries[source]?.lastTry = now
        }
        return .admitted(Attempt(sources: sources, home: home))
    }

    /// The password was wrong.
    package mutating func wrong(_ attempt: Attempt, now: Int) {
        for source in attempt.sources {
            guard var entry = entries[source] else { continue }
            entry.underWay = max(0, entry.underWay - 1)
            entry.failures = min(entry.failures, 1 << 20) + 1
            let excess = entry.failures - free(source)
            if excess >= 0 { entry.blockedUntil = now + min(policy.longestWait, 1 << min(excess, 16)) }
            entries[source] = entry
        }
    }

    /// The password was right, so its place is forgiven. The address is not: otherwise anybody with an account could
    /// guess at others' for ever.
    package mutating func right(_ attempt: Attempt, now: Int) {
        undecided(attempt)
        entries[attempt.home]?.failures = 0
        entries[attempt.home]?.blockedUntil = 0
        // A device proves by itself that it was here.
        guard case .accountAtAddress = attempt.home else { return }
        if homes[attempt.home] == nil, homes.count >= policy.capacity {
            let oldest = homes.values.sorted()[policy.capacity / 10]
            homes = homes.filter { $0.value > oldest }
        }
        homes[attempt.home] = now
    }

    /// The check ended without finding out whether the password was right.
    package mutating func undecided(_ attempt: Attempt) {
        for source in attempt.sources {
            guard let entry = entries[source] else { continue }
            entries[source]?.underWay = max(0, entry.underWay - 1)
        }
    }

    private func free(_ source: Source) -> Int {
        if case .address = source { policy.freeOfAddress } else { policy.free }
    }

    private mutating func wait(for source: Source, _ now: Int) -> Int {
        guard var entry = entries[source] else { return 0 }
        if now - entry.lastTry > policy.memory {
            entry.failures = 0
            entry.blockedUntil = 0
            entries[source] = entry
        }
        if entry.blockedUntil > now { return entry.blockedUntil - now }
        // Each try under way may turn out wrong; beyond the free ones they go one by one.
        return entry.underWay == 0 || entry.failures + entry.underWay < free(source) ? 0 : 1
    }

    /// A tenth is forgotten at once, so that a flood of new places does not sort all of them for each.
    private mutating func makeRoom() {
        guard entries.count >= policy.capacity else { return }
        let oldest = entries.values.map(\.lastTry).sorted()[policy.capacity / 10]
        entries = entries.filter { $0.value.lastTry > oldest || $0.value.underWay > 0 }
    }
}
