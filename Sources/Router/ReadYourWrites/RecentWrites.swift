import EventLoop
import Glibc
import HTTP
import Synchronization

/// When users last wrote, whatever they wrote. One object for all loops of a process, which meet in it without a lock.
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
    private let latest = Atomic<UInt64>(0)
    /// The control loop wants to hear of the next write.
    private let isWatched = Atomic<Bool>(false)
    private let foreign = ForeignTokens()

    init(process: UInt64) {
        self.process = process
        guard let memory = calloc(Self.places, MemoryLayout<Atomic<UInt64>>.stride) else {
            preconditionFailure("no memory for recent writes")
        }
        // An atomic number of value 0 is all zero bits, and pages from `calloc` are the kernel's until they are used.
        moments = memory.bindMemory(to: Atomic<UInt64>.self, capacity: Self.places)
    }

    deinit { free(moments) }

    /// A write was answered, or is given up: its user's reads wait from now on.
    /// - Parameter now: read after the response came. An earlier moment would let a mark overtake the commit.
    /// - Returns: whether the control loop is to be told.
    func note(_ keys: WrittenKeys, now: UInt64) -> Bool {
        keys.forEach { place in moments[Int(place)].max(now, ordering: .relaxed) }
        latest.max(now, ordering: .sequentiallyConsistent)
        guard isWatched.load(ordering: .sequentiallyConsistent) else { return false }
        return isWatched.exchange(false, ordering: .sequentiallyConsistent)
    }

    /// The next write is to be told. Ask for `newest` afterwards: a write just before would not be told.
    func watch() { isWatched.store(true, ordering: .sequentiallyConsistent) }

    /// When anybody last wrote; 0: nobody has.
    var newest: UInt64 { latest.load(ordering: .sequentiallyConsistent) }

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
        latest.max(seen, ordering: .relaxed)
        return seen
    }

    /// When the user last wrote, by the tokens in a request's cookies; 0: it brings none.
    func lastWrite(told fields: FieldTable, of bytes: UnsafeRawBufferPointer, now: UInt64) -> UInt64 {
        let name = Self.cookie
        var last: UInt64 = 0
        CookieScanner.forEach(
            UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), in: fields, of: bytes
        ) { value in
            guard let token = RouterMoment(value) else { return }
            last = max(last, lastWrite(token, now: now))
        }
        return last
    }

    /// Name of the cookie that tells of a write.
    static let cookie: StaticString = "strangler_wrote"
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
