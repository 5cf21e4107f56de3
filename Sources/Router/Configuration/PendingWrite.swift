/// Whether what is served is on disk, and when to try again. Pure: times come in, and the shell sets the clock.
struct PendingWrite: Equatable {
    /// Where what is not in the file is kept meanwhile.
    enum Keeping: Equatable {
        /// Beside the file: a start finds it.
        case journal
        /// Nowhere: a start would not know of it. With the reason.
        case memory(String)
    }

    enum State: Equatable {
        /// The file says what is served, as far as it was written here. Next: `unwritten`.
        case written
        /// Next: `written`, or `unwritten` with one attempt more.
        case unwritten(Unwritten)
    }

    struct Unwritten: Equatable {
        /// Milliseconds since 1970.
        var since: Int64
        var attempts: Int
        var problem: String
        var keeping: Keeping
    }

    private(set) var state: State = .written

    /// Between two attempts: 100 ms, then twice as long each time, up to this.
    static let longestPause: Int64 = 5_000

    /// An attempt failed.
    /// - Returns: milliseconds until the next one.
    mutating func failed(_ problem: String, keeping: Keeping, now: Int64) -> Int64 {
        var next = Unwritten(since: now, attempts: 1, problem: problem, keeping: keeping)
        if case .unwritten(let before) = state {
            next.since = before.since
            next.attempts = before.attempts + 1
        }
        state = .unwritten(next)
        return min(100 << Int64(min(next.attempts - 1, 10)), Self.longestPause)
    }

    /// The file says what is served.
    /// - Returns: whether that is news.
    mutating func succeeded() -> Bool {
        defer { state = .written }
        return state != .written
    }

    var unwritten: Unwritten? {
        if case .unwritten(let unwritten) = state { unwritten } else { nil }
    }
}
