package import Formats
import Glibc

extension Timestamp {
    /// The wall clock. For people and for what is kept: nothing that waits goes by it.
    package static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: time.tv_sec * 1_000 + time.tv_nsec / 1_000_000)
    }
}
