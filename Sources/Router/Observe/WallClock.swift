import Formats
import Telemetry

/// The time of day, for people; nothing is decided by it.
enum WallClock {
    /// Since 1970.
    static func milliseconds() -> Int64 { Int64(Timestamp.now().milliseconds) }

    /// RFC 3339, UTC, to the millisecond: `2026-11-23T23:41:07.250Z`.
    static func text(_ milliseconds: Int64) -> String {
        Timestamp(milliseconds: Int(milliseconds)).description
    }

    static func now() -> String { Timestamp.now().description }
}
