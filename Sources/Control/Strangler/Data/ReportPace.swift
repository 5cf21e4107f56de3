/// How soon an agent reports again. A router that lets it wait sets the pace; one that answers at once, because its
/// configuration has just changed, no context names the group, or too many wait, is asked less and less often, down to
/// once a second.
struct ReportPace {
    private var next = Self.shortest
    private static let shortest = Duration.milliseconds(20)
    private static let longest = Duration.seconds(1)
    /// Between two reports while users wait.
    private static let awaited = Duration.milliseconds(5)

    /// - Parameters:
    ///   - isAwaited: users wait for a group.
    ///   - took: from the report to its response.
    /// - Returns: since the report was made.
    mutating func pause(isAwaited: Bool, took: Duration) -> Duration {
        guard !isAwaited else {
            next = Self.shortest
            return Self.awaited
        }
        guard took < next else {
            // It waited.
            next = Self.shortest
            return .zero
        }
        defer { next = min(next * 2, Self.longest) }
        return next
    }
}
