import EventLoop
import Glibc
import Synchronization

/// The last writes to one context in the mode `reads`, and how far its follower is known to be. One object for all
/// loops, which meet in it without a lock.
///
/// Users are remembered by their keys: a table of 65,536 moments, in which a key has the place of its bucket's low 16
/// bits. Two users at one place are taken for one, so that the memory has a fixed size, forgets nobody, and errs to
/// legacy only. A page of it costs memory once it is written.
final class RecentWrites: @unchecked Sendable {
    // @unchecked: the memory is of atomics only, lives as long as the object, and its address never changes.

    /// Of this process; names its moments.
    let process: UInt64
    private let moments: UnsafeMutablePointer<Atomic<UInt64>>
    private static let places = 1 << 16
    /// The latest of all moments: as long as that one is confirmed, no key is looked for.
    private let newest = Atomic<UInt64>(0)
    private let confirmed = Atomic<UInt64>(0)
    /// An agent has reported since the start.
    private let hasAgent = Atomic<Bool>(false)
    /// The control loop wants to hear of the next write.
    private let isWatched = Atomic<Bool>(false)
    private let diversions = Atomic<UInt64>(0)
    private let foreign = ForeignTokens()

    /// How long reads wait, beyond `maxLag`, where an agent reports. Without one, `maxLag` is all.
    static let patience: UInt64 = 60_000_000_000

    init(process: UInt64) {
        self.process = process
        guard let memory = calloc(Self.places, MemoryLayout<Atomic<UInt64>>.stride) else {
            preconditionFailure("no memory for the writes of a context")
        }
        // An atomic number of value 0 is all zero bits, and pages from `calloc` are the kernel's until they are used.
        moments = memory.bindMemory(to: Atomic<UInt64>.self, capacity: Self.places)
    }

    deinit { free(moments) }

    // MARK: Writes

    /// A write was answered, or is given up: its user's reads wait from now on.
    /// - Parameter now: read after the response came. An earlier moment would let a mark overtake the commit.
    /// - Returns: whether the control loop is to be told.
    func note(_ keys: WrittenKeys, now: UInt64) -> Bool {
        keys.forEach { place in moments[Int(place)].max(now, ordering: .relaxed) }
        return noteNewest(now)
    }

    private func noteNewest(_ now: UInt64) -> Bool {
        newest.max(now, ordering: .sequentiallyConsistent)
        guard isWatched.load(ordering: .sequentiallyConsistent) else { return false }
        return isWatched.exchange(false, ordering: .sequentiallyConsistent)
    }

    // MARK: Reads

    func wait(maxLag: UInt64, now: UInt64) -> WriteWait {
        let patience = hasAgent.load(ordering: .relaxed) ? Self.patience : 0
        let (longest, overflow) = maxLag.addingReportingOverflow(patience)
        return WriteWait(
            confirmed: confirmed.load(ordering: .acquiring), longest: overflow ? .max : longest, now: now)
    }

    /// Whether somebody's reads may wait: if not, nobody's key is looked for.
    func mayWait(_ wait: WriteWait) -> Bool { !wait.isOver(for: newest.load(ordering: .acquiring)) }

    /// When the user with one of the keys last wrote; 0: not that it were known.
    func lastWrite(_ keys: WrittenKeys) -> UInt64 {
        var last: UInt64 = 0
        keys.forEach { place in last = max(last, moments[Int(place)].load(ordering: .relaxed)) }
        return last
    }

    /// When a user with that token wrote, on this process's clock. A token of another process, or one of the future,
    /// counts from the moment at which it is first seen here: the write was before that.
    func lastWrite(_ token: RouterMoment, now: UInt64) -> UInt64 {
        if token.process == process, token.nanoseconds <= now { return token.nanoseconds }
        let seen = foreign.firstSeen(token, now: now)
        newest.max(seen, ordering: .relaxed)
        return seen
    }

    // MARK: Diversions

    func countDiversion() { diversions.add(1, ordering: .relaxed) }

    /// Reads that legacy answered because of a write.
    var diverted: UInt64 { diversions.load(ordering: .relaxed) }

    // MARK: The follower

    /// The agent has all that was committed before it heard of the moment `mark` of this process.
    func confirm(_ mark: UInt64) { confirmed.max(mark, ordering: .releasing) }

    func agentReported() { hasAgent.store(true, ordering: .relaxed) }

    /// The next write is to be told. Ask `isAwaited` afterwards: a write just before would not be told.
    func watch() { isWatched.store(true, ordering: .sequentiallyConsistent) }

    /// Whether some write is not confirmed yet, and waited for.
    func isAwaited(maxLag: UInt64, now: UInt64) -> Bool {
        let newest = newest.load(ordering: .sequentiallyConsistent)
        return !wait(maxLag: maxLag, now: now).isOver(for: newest)
    }
}

/// When tokens of other processes were first seen here. 4,096 places; a token that lost its place to another one counts
/// as new, and its user reads from legacy once more.
private final class ForeignTokens: @unchecked Sendable {
    // @unchecked: the memory is of atomics only, lives as long as the object, and its address never changes.

    private let seen: UnsafeMutablePointer<Atomic<UInt64>>
    private static let places = 4_096
    /// Milliseconds take the low 40 bits, for 34 years; what tells tokens apart the rest.
    private static let timeBits: UInt64 = 40

    init() {
        seen = .allocate(capacity: Self.places)
        for place in 0..<Self.places { (seen + place).initialize(to: Atomic(0)) }
    }

    deinit {
        seen.deinitialize(count: Self.places)
        seen.deallocate()
    }

    func firstSeen(_ token: RouterMoment, now: UInt64) -> UInt64 {
        let mixed = Self.mixed(token)
        let tag = mixed >> Self.timeBits
        let place = seen + Int(mixed & UInt64(Self.places - 1))
        let found = place.pointee.load(ordering: .relaxed)
        if found != 0, found >> Self.timeBits == tag {
            return (found & (1 << Self.timeBits - 1)) &* 1_000_000
        }
        // Rounded up: later is the safe direction.
        let milliseconds = now / 1_000_000 + 1
        place.pointee.store(tag << Self.timeBits | milliseconds & (1 << Self.timeBits - 1), ordering: .relaxed)
        return milliseconds &* 1_000_000
    }

    /// Spreads the bits (SplitMix64's last step).
    private static func mixed(_ token: RouterMoment) -> UInt64 {
        var bits = token.process ^ token.nanoseconds &* 0x9E37_79B9_7F4A_7C15
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits >> 31
    }
}
