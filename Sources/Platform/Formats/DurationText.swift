/// Times that carry their unit: `250ms`, `1.5s`, `10m`. One reader and one writer for configuration, options and rule
/// files, which differ only in what they let pass.
package enum DurationText {
    /// What may be written where.
    package struct Form: Sendable {
        fileprivate var units: [String]
        fileprivate var takesFractions = true
        /// A number without a unit is seconds.
        fileprivate var takesBareSeconds = false
        fileprivate var takesZero = true
        /// The largest number in front of the unit, so that no product overflows.
        fileprivate var largestNumber: Int64
        fileprivate var longest: Duration?

        /// In `routes.json`: not zero, at most 366 days.
        package static let setting = Form(
            units: ["us", "ms", "s", "m", "h"], takesZero: false, largestNumber: 366 * 86_400_000_000,
            longest: .seconds(366 * 86_400))
        /// An option of a command.
        package static let option = Form(
            units: ["ms", "s", "m", "h"], takesBareSeconds: true, largestNumber: 999_999_999)
        /// In rules and scenarios: whole numbers.
        package static let rule = Form(
            units: ["ms", "s", "m", "h"], takesFractions: false, largestNumber: 100_000_000)
    }

    private static let units: [(name: String, length: Duration)] = [
        ("us", .microseconds(1)), ("ms", .milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)),
        ("h", .seconds(3600)),
    ]

    /// nil: it is none, or the form does not allow it. Exact to the nanosecond; what is finer is cut off.
    package static func read(_ text: String, as form: Form = .setting) -> Duration? {
        let number = text.prefix { ($0 >= "0" && $0 <= "9") || $0 == "." }
        var unit = String(text.dropFirst(number.count))
        if unit.isEmpty, form.takesBareSeconds { unit = "s" }
        guard form.units.contains(unit), let length = units.first(where: { $0.name == unit })?.length else {
            return nil
        }
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= (form.takesFractions ? 2 : 1), let whole = Int64(parts[0]), whole <= form.largestNumber
        else { return nil }
        // A `Duration` counts attoseconds in 128 bits: an hour times the largest number of any form is far from its
        // end.
        var duration = length * whole
        if parts.count == 2 {
            guard (1...9).contains(parts[1].utf8.count), let scaled = Int64(parts[1]) else { return nil }
            duration += length * scaled / parts[1].utf8.reduce(Int64(1)) { power, _ in power * 10 }
        }
        let (seconds, attoseconds) = duration.components
        duration = Duration(
            secondsComponent: seconds, attosecondsComponent: attoseconds - attoseconds % 1_000_000_000)
        guard form.takesZero || duration > .zero, form.longest.map({ duration <= $0 }) ?? true else { return nil }
        return duration
    }

    /// As a file would say it, in the largest unit that is exact: `5m`, `250ms`.
    package static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        guard attoseconds == 0 else {
            // A year of them at most: longer times are refused when the file is read.
            let microseconds = seconds &* 1_000_000 &+ attoseconds / 1_000_000_000_000
            return microseconds % 1000 == 0 ? "\(microseconds / 1000)ms" : "\(microseconds)us"
        }
        if seconds > 0, seconds % 3600 == 0 { return "\(seconds / 3600)h" }
        return seconds > 0 && seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds)s"
    }

    /// In seconds with one decimal, for people: `1.2 s`.
    package static func tenths(ofMilliseconds milliseconds: Int64) -> String {
        "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
    }
}
