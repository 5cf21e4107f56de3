import Synchronization

/// What is known of the follower whose rows the readers of one context in the mode `reads` see. One object for all
/// loops.
final class Follower: Sendable {
    private let confirmed = Atomic<UInt64>(0)
    /// An agent has reported since the start.
    private let hasAgent = Atomic<Bool>(false)
    private let diversions = Atomic<UInt64>(0)

    /// How long reads wait, beyond `maxLag`, where an agent reports. Without one, `maxLag` is all.
    static let patience: UInt64 = 60_000_000_000

    func agentReported() { hasAgent.store(true, ordering: .relaxed) }

    /// The follower has all that was committed before the agent heard of the moment `mark` of this process.
    func confirm(_ mark: UInt64) { confirmed.max(mark, ordering: .releasing) }

    func wait(maxLag: UInt64, now: UInt64) -> WriteWait {
        let patience = hasAgent.load(ordering: .relaxed) ? Self.patience : 0
        let (longest, overflow) = maxLag.addingReportingOverflow(patience)
        return WriteWait(
            confirmed: confirmed.load(ordering: .acquiring), longest: overflow ? .max : longest, now: now)
    }

    func countDiversion() { diversions.add(1, ordering: .relaxed) }

    /// Reads that legacy answered because of a write.
    var diverted: UInt64 { diversions.load(ordering: .relaxed) }
}
