import CLinux
import Glibc
import Synchronization

/// An event loop: one epoll, one thread, nothing shared. Everything registered on it is called on its thread, and only
/// `execute` and `stop` may be called from others.
///
/// Events are level-triggered: one read per event is enough, since the kernel reports again what is left. `now` is read
/// once per turn.
public final class Loop: @unchecked Sendable {
    // @unchecked: mutable state is confined to the thread that runs or adopted it (checked by `preconditionOnLoop`),
    // except `inbox`, which a lock guards, and the eventfd, which any thread may write to.

    /// The clock, read once per turn.
    package private(set) var now: Moment
    /// Bytes are received here and handed out as views that are valid during the callback. 256 KiB: a bulk response
    /// then takes few calls, and an idle connection holds no buffer. Pages never touched cost no memory.
    ///
    /// A connection that forwards a piece of it no longer needs the bytes before that piece: see `prepend`.
    package let readBuffer: UnsafeMutableRawBufferPointer
    /// For building heads; contents are valid until the next user of the same turn.
    package let scratch: UnsafeMutableRawBufferPointer
    /// Where small writes of one callback are gathered, so that a head and its body leave in one send.
    package let corkBuffer: UnsafeMutableRawBufferPointer
    /// Whether a source is gathering. The loop calls its `uncork` as soon as the callback in which it began has
    /// returned.
    package var isCorked: Bool { corked != nil }
    // Unmanaged, because a counted reference cost four atomic operations a request. It is safe: a source is closed
    // before it is released, and gives the cork up when it is closed.
    private var corked: Unmanaged<EventSource>?
    /// Bytes that connections of this loop hold back for peers that do not take them. Load is shed by it.
    package var heldBytes = 0
    /// Things that other modules keep once per loop (parsers, free lists), found by type. Not for hot paths: keep the
    /// reference you get.
    private var attachments: [ObjectIdentifier: AnyObject] = [:]

    /// Never given again, and never 0.
    private let number: UInt64
    private static let lastNumber = Atomic<UInt64>(0)
    var wheel: Wheel
    private let epoll: Int32
    private let events: UnsafeMutablePointer<linux_epoll_event>
    private var graveyard: [AnyObject] = []
    private var due: [Timed] = []
    /// What runs on the loop besides events.
    private var work: [() -> Void] = []
    private let waker: Waker
    private let inbox = Guarded<[() -> Void]>([])
    private var isStopping = false
    private let clock: Clock

    private static let batch: Int32 = 256

    /// For a loop with long work beside loops that must respond at once: while it works, it offers its core every 500
    /// µs to any thread that waits for one. Otherwise a thread that wakes up waits until the running thread's slice of
    /// some milliseconds is over, and niceness helps little against that. Default false. Where the system has no timer
    /// to spare, the loop works on without offering.
    package var givesWay = false
    /// Suspends `givesWay` while urgent work is done: from this moment on the loop offers its core to nobody. Default
    /// false.
    package var hurries = false {
        didSet { if hurries { _ = linux_give_way_every(0) } }
    }
    private static let courtesyMicroseconds: Int32 = 500

    /// Where `now` comes from.
    package enum Clock: Sendable {
        case monotonic
        /// Stands still until `advance(by:)`: for tests.
        case manual
    }

    @inlinable public static var readBufferSize: Int { 256 << 10 }
    /// Bytes before `readBuffer` in the same memory.
    private static let headroom = 4096
    @inlinable public static var scratchSize: Int { 256 << 10 }
    @inlinable public static var corkSize: Int { 128 << 10 }

    package init(clock: Clock = .monotonic) throws(SystemError) {
        epoll = linux_epoll_create()
        guard epoll >= 0 else { throw SystemError("epoll_create1", linux_errno()) }
        let wakeDescriptor = linux_eventfd()
        guard wakeDescriptor >= 0 else { throw SystemError("eventfd", linux_errno()) }
        waker = Waker(fd: wakeDescriptor)
        self.clock = clock
        number = Self.lastNumber.add(1, ordering: .relaxed).newValue
        now = clock == .manual ? Moment(nanoseconds: 1 << 40) : .read()
        wheel = Wheel(now: now)
        events = .allocate(capacity: Int(Self.batch))
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Self.headroom + Self.readBufferSize, alignment: 4096)
        readBuffer = UnsafeMutableRawBufferPointer(rebasing: memory[Self.headroom...])
        scratch = .allocate(byteCount: Self.scratchSize, alignment: 4096)
        corkBuffer = .allocate(byteCount: Self.corkSize, alignment: 4096)
        // Data 0 is the eventfd: no object lies at address 0.
        guard linux_epoll_ctl(epoll, 1, waker.fd, LINUX_EPOLLIN, 0) == 0 else {
            throw SystemError("epoll_ctl", linux_errno())
        }
    }

    deinit {
        if isOnLoop { linux_set_current_loop(0) }
        SystemCall.close(epoll)
        SystemCall.close(waker.fd)
        events.deallocate()
        (readBuffer.baseAddress.map { $0 - Self.headroom })?.deallocate()
        scratch.deallocate()
        corkBuffer.deallocate()
    }

    /// Compared by a thread-local number. A thread-local may be read while the loop's thread begins or ends; a number
    /// is never used again, while the address of a loop that is gone may be another's.
    package var isOnLoop: Bool { linux_current_loop_number() == number }

    /// Traps when called from another thread. Only an error in our own code leads there, nothing that a peer sends.
    @inline(__always) package func preconditionOnLoop() {
        precondition(isOnLoop, "this belongs to the loop's thread: go through execute(_:)")
    }

    // MARK: Running

    /// Runs on the calling thread until `stop`. Not from a `@main` type's `main`, which is bound to the main actor:
    /// call it from a free function or a thread of its own.
    package func run() {
        adoptCurrentThread()
        while !isStopping { turn(wait: true) }
        isStopping = false
        // Work that was handed over must run even now, or a thread that waits for it would hang. Work that comes later
        // runs on this loop's next `run`.
        takeInbox()
        runWork()
        linux_set_current_loop(0)
    }

    /// Makes the calling thread the loop's: for tests that call `turn` themselves.
    package func adoptCurrentThread() {
        linux_set_current_loop(number)
    }

    /// Ends `run` after the current turn. From any thread.
    package func stop() { execute { [unowned self] in isStopping = true } }

    /// One turn: wait for events (or just look), timers, events, then everything enqueued meanwhile.
    package func turn(wait: Bool) {
        let count = linux_epoll_wait(epoll, events, Self.batch, wait && work.isEmpty ? timeout() : 0)
        if givesWay, !hurries { _ = linux_give_way_every(Self.courtesyMicroseconds) }
        defer { if givesWay { _ = linux_give_way_every(0) } }
        if clock == .monotonic { now = .read() }
        var position = 0
        while position < Int(count) {
            let event = events[position]
            position += 1
            guard let pointer = UnsafeRawPointer(bitPattern: UInt(event.data)) else {
                waker.drain()
                takeInbox()
                continue
            }
            let source = Unmanaged<EventSource>.fromOpaque(pointer)
            // Retained since `watch`; if closed in this batch, the graveyard holds it.
            source._withUnsafeGuaranteedRef { source in
                if !source.isClosed { source.ready(EventSet(rawValue: event.events)) }
            }
            if isCorked { settleCork() }
        }
        expireTimers()
        if !work.isEmpty { runWork() }
        if !graveyard.isEmpty { graveyard.removeAll(keepingCapacity: true) }
    }

    /// Moves a manual clock and fires what is due then.
    package func advance(by span: Duration) {
        precondition(clock == .manual, "only a manual clock is moved by hand")
        now = now + Moment.Span(span)
        turn(wait: false)
    }

    /// The clock's reading now, where `now` may be too old: it was read when the turn began.
    package func readClock() -> Moment { clock == .manual ? now : .read() }

    private func timeout() -> Int32 {
        guard clock == .monotonic, let next = wheel.nextSlot() else { return -1 }
        // Rounded up: waking a moment early would only mean to wait again.
        let milliseconds = next.since(.read()).nanoseconds / 1_000_000 + 1
        return Int32(clamping: milliseconds)
    }

    private func expireTimers() {
        wheel.advance(to: now, into: &due)
        guard !due.isEmpty else { return }
        let batch = due
        due.removeAll(keepingCapacity: true)
        for timed in batch where timed.deadline <= now {
            timed.expire()
            if isCorked { settleCork() }
        }
    }

    // MARK: Registration, for EventSource

    func control(_ source: EventSource, fd: Int32, _ events: EventSet, isNew: Bool) throws(SystemError) {
        let reference = Unmanaged.passUnretained(source)
        let data = UInt64(UInt(bitPattern: reference.toOpaque()))
        guard linux_epoll_ctl(epoll, isNew ? 1 : 3, fd, events.rawValue, data) == 0 else {
            throw SystemError("epoll_ctl", linux_errno())
        }
        if isNew { _ = reference.retain() }
    }

    func forget(fd: Int32) { _ = linux_epoll_ctl(epoll, 2, fd, 0, 0) }

    /// Takes over the reference that `watch` made, until the batch is over.
    func bury(_ source: EventSource) { graveyard.append(Unmanaged.passUnretained(source).takeRetainedValue()) }

    /// Keeps `object`, which may be in the middle of a call, until the turn is over.
    package func keepUntilTurnEnds(_ object: AnyObject) { graveyard.append(object) }

    // MARK: Cork

    /// Makes `source` the one that gathers in `corkBuffer`; a source that gathered there before is flushed.
    package func takeCork(for source: EventSource) {
        if isHolding(source) { return }
        settleCork()
        corked = Unmanaged.passUnretained(source)
    }

    package func settleCork() {
        guard let holder = corked else { return }
        corked = nil
        holder._withUnsafeGuaranteedRef { $0.uncork() }
    }

    /// Puts the first `count` bytes of the cork right before `bytes`, when these are being handed out of `readBuffer`,
    /// and returns both as one: a head and the beginning of its body then leave in one plain `send`. Nil when the bytes
    /// lie elsewhere or the space before them does not suffice.
    package func prepend(_ count: Int, to bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard let start = readBuffer.baseAddress, let cork = corkBuffer.baseAddress, let source = bytes.baseAddress
        else { return nil }
        let offset = UnsafeRawPointer(start).distance(to: source)
        guard offset >= 0, offset < Self.readBufferSize, offset + Self.headroom >= count else { return nil }
        let target = start + (offset - count)
        target.copyMemory(from: cork, byteCount: count)
        return UnsafeRawBufferPointer(start: target, count: count + bytes.count)
    }

    package func giveUpCork(of source: EventSource) { if isHolding(source) { corked = nil } }

    /// Whether `source` is the one that gathers.
    package func isHolding(_ source: EventSource) -> Bool {
        corked?.toOpaque() == Unmanaged.passUnretained(source).toOpaque()
    }

    // MARK: Work

    /// Runs `action` after the callbacks of this turn. Only on the loop.
    package func afterTurn(_ action: @escaping () -> Void) {
        preconditionOnLoop()
        work.append(action)
    }

    /// Runs `action` on the loop: later in this turn when called there, which takes no lock, else as soon as it wakes.
    /// From any thread.
    package func execute(_ action: @escaping @Sendable () -> Void) {
        if isOnLoop {
            work.append(action)
            return
        }
        // Only the first of a batch wakes the loop, which then takes them all.
        let isFirst = inbox.withLock { inbox in
            inbox.append(action)
            return inbox.count == 1
        }
        if isFirst { waker.wake() }
    }

    private func takeInbox() {
        work += inbox.withLock { inbox in
            defer { inbox = [] }
            return inbox
        }
    }

    private func runWork() {
        // Work that is added meanwhile is run too, up to a bound, so that events are not starved.
        var rounds = 0
        while !work.isEmpty, rounds < 16 {
            let batch = work
            work.removeAll(keepingCapacity: false)
            for action in batch {
                action()
                if isCorked { settleCork() }
            }
            rounds += 1
        }
    }

    // MARK: Attachments

    /// The one `T` of this loop, made at first use.
    package func attachment<T: AnyObject>(_ type: T.Type, make: (Loop) -> T) -> T {
        preconditionOnLoop()
        if let found = attachments[ObjectIdentifier(type)] as? T { return found }
        let made = make(self)
        attachments[ObjectIdentifier(type)] = made
        return made
    }
}
