import Glibc
import HTTP

/// The date line of a loop's answers. One per loop, as its attachment.
final class ServiceClock {
    private var line = HTTPDateLine()

    func appendDate(to writer: inout HeadWriter) { line.append(Int64(time(nil)), to: &writer) }
}
