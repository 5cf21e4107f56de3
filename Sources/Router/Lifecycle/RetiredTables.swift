import EventLoop

/// Keeps replaced tables until nothing else refers to them, so that they are freed here. Freeing ten thousand routes
/// takes milliseconds, and the last exchange on an old table would otherwise do it on the loop that serves. Confined to
/// the control loop.
final class RetiredTables: Timed {
    private var tables: [ServedTable] = []
    private static let pause = Moment.Span.seconds(1)

    func retire(_ table: ServedTable) {
        tables.append(table)
        if tables.count == 1 { setDeadline(loop.now + Self.pause) }
    }

    override func deadlineReached() {
        var kept: [ServedTable] = []
        while var table = tables.popLast() {
            if !isKnownUniquelyReferenced(&table) { kept.append(table) }
        }
        tables = kept
        if !tables.isEmpty { setDeadline(loop.now + Self.pause) }
    }
}
