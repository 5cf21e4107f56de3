private import Formats

/// A moment read from a text or number of a response, in nanoseconds since 1970-01-01T00:00:00Z.
package struct ComparedTime: Comparable, Sendable {
    /// Split, so that every year of RFC 3339 fits without overflow.
    let seconds: Int64
    let nanoseconds: Int64

    package static func < (left: ComparedTime, right: ComparedTime) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    /// Distance to another moment.
    func distance(to other: ComparedTime) -> Duration {
        let gap = Duration.seconds(other.seconds - seconds) + .nanoseconds(other.nanoseconds - nanoseconds)
        return gap < .zero ? .zero - gap : gap
    }

    package init?(rfc3339 text: String) {
        guard let read = RFC3339(text) else { return nil }
        seconds = read.seconds
        nanoseconds = read.nanoseconds
    }

    /// An epoch: seconds below 10¹¹ (the year 5138), else milliseconds below 10¹⁴, else microseconds, else nanoseconds.
    package init?(epoch number: DecimalText) {
        guard let value = number.double, Swift.abs(value) < 1e19 else { return nil }
        let scale: Double =
            switch Swift.abs(value) {
            case ..<1e11: 1
            case ..<1e14: 1e3
            case ..<1e17: 1e6
            default: 1e9
            }
        let whole = (value / scale).rounded(.down)
        seconds = Int64(whole)
        nanoseconds = Int64(((value / scale) - whole) * 1e9)
    }
}
