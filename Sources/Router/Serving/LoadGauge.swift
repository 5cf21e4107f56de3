/// How near a figure is to its limit, in the steps in which load is shed.
enum LoadLevel: UInt8, Comparable, Sendable {
    /// Everything passes.
    case calm
    /// Mirrored copies stop; reads of a service with a queue are served by legacy.
    case raised
    /// Sheddable requests are refused.
    case high
    /// Normal requests are refused too.
    case severe
    /// Nothing more is taken.
    case full

    static func < (left: LoadLevel, right: LoadLevel) -> Bool { left.rawValue < right.rawValue }
}

/// Reads a figure (requests, bytes, a queue's length) against its limit.
///
/// A level is left only when the figure has fallen by a twentieth of the limit below where the level began, so that a
/// figure that swings around a mark does not make requests pass and fail in turn.
struct LoadGauge: Equatable {
    /// Where the levels begin, in percent of the limit.
    struct Marks: Equatable {
        var raised: Int
        var high: Int
        var severe: Int

        /// Marks for the router's own resources. All requests share them, so those that matter less are refused early.
        static let resource = Marks(raised: 70, high: 80, severe: 90)
        /// Marks for a queue before an upstream. If anything waits at all, the upstream is behind.
        static let queue = Marks(raised: 25, high: 50, severe: 75)
    }

    /// 0 means that there is no limit, and the level is always calm.
    let limit: Int
    let marks: Marks
    private(set) var level: LoadLevel = .calm
    /// The level holds for `floor ..< ceiling`.
    private var floor = Int.min
    private var ceiling: Int

    init(limit: Int, marks: Marks) {
        self.limit = limit
        self.marks = marks
        ceiling = .max
        ceiling = entry(.raised)
    }

    /// The level of `figure`. Two comparisons, unless it changes.
    @inline(__always)
    mutating func read(_ figure: Int) -> LoadLevel {
        if figure >= floor, figure < ceiling { return level }
        return move(to: figure)
    }

    private mutating func move(to figure: Int) -> LoadLevel {
        var next = LoadLevel.full
        while next > .calm, figure < (next > level ? entry(next) : exit(next)) {
            next = LoadLevel(rawValue: next.rawValue - 1) ?? .calm
        }
        level = next
        floor = next == .calm ? .min : exit(next)
        ceiling = LoadLevel(rawValue: next.rawValue + 1).map { entry($0) } ?? .max
        return next
    }

    /// Where a level begins; at least 1, so that an idle router is calm whatever its limits.
    private func entry(_ level: LoadLevel) -> Int {
        guard limit > 0 else { return .max }
        let percent =
            switch level {
            case .calm: 0
            case .raised: marks.raised
            case .high: marks.high
            case .severe: marks.severe
            case .full: 100
            }
        // Whole hundreds first: a limit may be as large as an Int.
        return max(1, limit / 100 * percent + limit % 100 * percent / 100)
    }

    private func exit(_ level: LoadLevel) -> Int {
        let entry = entry(level)
        return entry == .max ? .max : max(1, entry - limit / 20)
    }
}
