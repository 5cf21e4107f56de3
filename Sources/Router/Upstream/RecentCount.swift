/// How often something happened in the last minute. Costs nothing while it does not happen; as coarse as a slot, five
/// seconds.
struct RecentCount: Sendable {
    private static let slots = 12
    private static let slotMilliseconds: Int64 = 5000

    private var counts = InlineArray<12, UInt32>(repeating: 0)
    /// Number of the slot that was counted in last.
    private var last: Int64 = 0

    /// - Parameter now: milliseconds, monotonic.
    mutating func count(now: Int64) {
        let slot = Self.slot(now)
        forget(until: slot)
        let index = Int(slot % Int64(Self.slots))
        counts[index] = counts[index] == .max ? .max : counts[index] + 1
    }

    /// Since a minute before `now`, a slot more or less.
    func total(now: Int64) -> Int {
        var copy = self
        copy.forget(until: Self.slot(now))
        var sum = 0
        for index in 0..<Self.slots { sum += Int(copy.counts[index]) }
        return sum
    }

    private static func slot(_ now: Int64) -> Int64 { max(0, now) / slotMilliseconds }

    private mutating func forget(until slot: Int64) {
        guard slot > last else { return }
        for passed in 0..<min(Int64(Self.slots), slot - last) {
            counts[Int((slot - passed) % Int64(Self.slots))] = 0
        }
        last = slot
    }
}
