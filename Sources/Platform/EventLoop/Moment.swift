import CLinux

/// A point on the monotonic clock, in nanoseconds. A loop reads it once per turn (`Loop.now`), so that the
/// deadlines of one turn agree and a request costs no clock call of its own.
public struct Moment: Comparable, Hashable, Sendable {
    public var nanoseconds: UInt64

    @inlinable public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// Later than every other moment: "no deadline".
    @inlinable public static var never: Moment { Moment(nanoseconds: .max) }

    /// Whole milliseconds, for figures and limits that are kept in them.
    @inlinable public var milliseconds: Int64 { Int64(truncatingIfNeeded: nanoseconds / 1_000_000) }

    /// The clock's reading now; prefer `Loop.now` on a loop.
    package static func read() -> Moment { Moment(nanoseconds: linux_monotonic_nanoseconds()) }

    @inlinable public static func < (left: Moment, right: Moment) -> Bool { left.nanoseconds < right.nanoseconds }

    @inlinable public static func + (left: Moment, right: Span) -> Moment {
        let (sum, overflow) = left.nanoseconds.addingReportingOverflow(right.nanoseconds)
        return overflow ? .never : Moment(nanoseconds: sum)
    }

    /// Time from `earlier` to this moment; zero when `earlier` is the later one.
    @inlinable public func since(_ earlier: Moment) -> Span {
        Span(nanoseconds: nanoseconds > earlier.nanoseconds ? nanoseconds - earlier.nanoseconds : 0)
    }

    /// A length of time as one machine word: `Duration` is 128 bits wide and its arithmetic shows in profiles.
    public struct Span: Comparable, Hashable, Sendable {
        public var nanoseconds: UInt64

        @inlinable public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

        /// Negative durations become zero, ones beyond 584 years become "for ever".
        package init(_ duration: Duration) {
            let (seconds, attoseconds) = duration.components
            guard seconds >= 0, attoseconds >= 0 else {
                nanoseconds = 0
                return
            }
            let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
            let (sum, carry) = whole.addingReportingOverflow(UInt64(attoseconds / 1_000_000_000))
            nanoseconds = overflow || carry ? .max : sum
        }

        @inlinable public static func milliseconds(_ count: UInt64) -> Span { Span(nanoseconds: count * 1_000_000) }
        @inlinable public static func seconds(_ count: UInt64) -> Span { Span(nanoseconds: count * 1_000_000_000) }
        @inlinable public static var forever: Span { Span(nanoseconds: .max) }
        @inlinable public static var zero: Span { Span(nanoseconds: 0) }

        @inlinable public static func < (left: Span, right: Span) -> Bool { left.nanoseconds < right.nanoseconds }

        @inlinable public var seconds: Double { Double(nanoseconds) / 1e9 }
    }
}
