/// Whether reads still wait for a write of their user's: what is known of the follower, at one moment.
///
/// Pure. All moments are nanoseconds of one process's monotonic clock; 0: never.
struct WriteWait: Equatable, Sendable {
    /// The follower has all that was committed before it.
    var confirmed: UInt64
    /// How long reads wait for a write that is never confirmed.
    var longest: UInt64
    var now: UInt64

    /// - Parameter written: when the response to the write left, or later.
    func isOver(for written: UInt64) -> Bool {
        guard written > 0, written >= confirmed else { return true }
        // The loop read its clock before another one noted the write.
        guard now > written else { return false }
        return now - written >= longest
    }
}
