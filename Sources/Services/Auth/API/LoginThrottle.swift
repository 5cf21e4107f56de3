/// Slows down guessing at one account: a few failures are free, then each further one doubles the wait.
///
/// Pure: seconds come in with the events. Bounded: the account that has been quiet for longest is forgotten first.
struct LoginThrottle: Sendable {
    private struct Entry {
        var failures: Int
        var blockedUntil: Int
        var lastFailure: Int
    }

    private var entries: [String: Entry] = [:]
    private let free: Int
    private let longestWait: Int
    private let capacity: Int

    /// - Parameters:
    ///   - free: failures without a wait.
    ///   - longestWait: seconds.
    init(free: Int = 5, longestWait: Int = 60, capacity: Int = 10_000) {
        self.free = free
        self.longestWait = longestWait
        self.capacity = capacity
    }

    /// Seconds to wait before the account may be tried again; 0 when it may be now.
    func wait(for account: String, now: Int) -> Int {
        max(0, (entries[account]?.blockedUntil ?? 0) - now)
    }

    mutating func failed(_ account: String, now: Int) {
        var entry = entries[account] ?? Entry(failures: 0, blockedUntil: 0, lastFailure: now)
        // A quarter of an hour of peace forgives.
        if now - entry.lastFailure > 900 { entry.failures = 0 }
        entry.failures += 1
        entry.lastFailure = now
        if entry.failures > free {
            entry.blockedUntil = now + min(longestWait, 1 << min(entry.failures - free - 1, 16))
        }
        if entries[account] == nil, entries.count >= capacity,
            let quietest = entries.min(by: { $0.value.lastFailure < $1.value.lastFailure })?.key
        {
            entries[quietest] = nil
        }
        entries[account] = entry
    }

    mutating func succeeded(_ account: String) { entries[account] = nil }
}
