/// How often each of a few limits was hit: since the start, and in the last minute.
struct LimitTally<Limit: RawRepresentable<UInt8> & CaseIterable & Sendable>: Sendable {
    // There is room for sixteen kinds, because `InlineArray` needs a constant and counting must not allocate.
    private var totals = InlineArray<16, UInt64>(repeating: 0)
    private var recent = InlineArray<16, RecentCount>(repeating: RecentCount())

    mutating func count(_ limit: Limit, now: Int64) {
        totals[Int(limit.rawValue)] &+= 1
        recent[Int(limit.rawValue)].count(now: now)
    }

    /// The figures of one loop at `now`, to be added up.
    func figures(now: Int64) -> Figures {
        var figures = Figures()
        for index in 0..<16 {
            figures.totals[index] = totals[index]
            figures.lastMinute[index] = recent[index].total(now: now)
        }
        return figures
    }

    struct Figures: Sendable {
        fileprivate var totals = InlineArray<16, UInt64>(repeating: 0)
        fileprivate var lastMinute = InlineArray<16, Int>(repeating: 0)

        func total(_ limit: Limit) -> UInt64 { totals[Int(limit.rawValue)] }
        func lastMinute(_ limit: Limit) -> Int { lastMinute[Int(limit.rawValue)] }

        mutating func add(_ other: Figures) {
            for index in 0..<16 {
                totals[index] &+= other.totals[index]
                lastMinute[index] += other.lastMinute[index]
            }
        }
    }
}
