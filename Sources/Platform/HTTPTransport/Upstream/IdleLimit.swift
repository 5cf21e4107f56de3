import EventLoop
import HTTP

/// How long idle connections to an endpoint are kept: as long as is configured, or for less where the server has shown
/// that it closes them sooner. Whoever sends on a connection at the moment when its server closes it may have lost a
/// request. Pure.
///
/// Two closes that agree are needed, for a restart closes everything at once at any age; what was learned is let go of
/// in steps, for servers change.
struct IdleLimit {
    let configured: Moment.Span
    /// As things are.
    private(set) var span: Moment.Span
    /// When `span` was lowered or raised last.
    private var changedAt: Moment = .never
    /// The age that decided, or that waits for a second one; and when it was seen.
    private var lastAge: Moment.Span = .zero
    private var lastSeenAt = Moment(nanoseconds: 0)

    /// Nobody keeps connections for less; whatever ends sooner ended for another reason.
    private static let leastAge = Moment.Span.milliseconds(50)
    /// Closes that come together are one event.
    private static let apart = Moment.Span.milliseconds(100)
    /// After that long without a further close it is tried whether the server keeps connections for longer.
    private static let memory = Moment.Span.seconds(300)

    init(_ configured: Moment.Span) {
        self.configured = configured
        span = configured
    }

    /// The server closed a connection that had been idle for `age`.
    mutating func closed(age: Moment.Span, now: Moment) {
        guard age >= Self.leastAge, age.nanoseconds < .max / 4 else { return }
        let isTogether = now.since(lastSeenAt) < Self.apart && lastAge > .zero
        let agrees =
            lastAge > .zero && age.nanoseconds < lastAge.nanoseconds * 2 && lastAge.nanoseconds < age.nanoseconds * 2
        if isTogether { return }
        let shorter = agrees ? min(age, lastAge) : age
        lastAge = age
        lastSeenAt = now
        guard agrees else { return }
        let kept = Moment.Span(nanoseconds: shorter.nanoseconds / 4 * 3)
        if kept < span { span = kept }
        changedAt = now
    }

    /// Follows the time that has passed: what was learned long ago is doubled.
    mutating func aged(now: Moment) {
        guard span < configured, now.since(changedAt) >= Self.memory else { return }
        span = min(configured, Moment.Span(nanoseconds: span.nanoseconds * 2))
        changedAt = now
    }

    /// What `Keep-Alive: timeout=N` leaves: a quarter less, at most a second, for the way and for the server's clock.
    /// nil: it says nothing.
    static func said(by value: UnsafeRawBufferPointer) -> Moment.Span? {
        let name: StaticString = "timeout="
        let length = name.utf8CodeUnitCount
        var start = 0
        while start < value.count {
            var end = start
            while end < value.count, value[end] != UInt8(ascii: ",") { end += 1 }
            while start < end, value[start] == 0x20 || value[start] == 0x09 { start += 1 }
            if end - start > length, value.hasWord(name, at: start) {
                return seconds(UnsafeRawBufferPointer(rebasing: value[(start + length)..<end]))
            }
            start = end + 1
        }
        return nil
    }

    private static func seconds(_ digits: UnsafeRawBufferPointer) -> Moment.Span? {
        var count: UInt64 = 0
        for (index, byte) in digits.enumerated() {
            guard byte >= 0x30, byte <= 0x39 else {
                if index > 0, byte == 0x20 || byte == 0x09 { break }
                return nil
            }
            // A day is as good as for ever.
            count = min(86_400, count * 10 + UInt64(byte - 0x30))
        }
        let whole = count * 1000
        return .milliseconds(whole - min(1000, whole / 4))
    }
}
