/// Sizes in bytes that carry their unit: `8KiB`, `1MB`.
package enum SizeText {
    private static let units: [(name: String, bytes: Int)] = [
        ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("KB", 1_000), ("MB", 1_000_000),
        ("GB", 1_000_000_000),
    ]

    /// nil: it is none, or beyond 2^40.
    package static func read(_ text: String) -> Int? {
        let digits = text.prefix { $0 >= "0" && $0 <= "9" }
        let unit = text.dropFirst(digits.count)
        guard let factor = units.first(where: { $0.name == unit })?.bytes, let count = Int(digits) else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: factor)
        return overflow || bytes > 1 << 40 ? nil : bytes
    }

    /// A rate such as `240B/s` in bytes a second, 0 for `0` and `off`; nil: it is none. The `/s` may be left out.
    package static func rate(_ text: String) -> Int? {
        if text == "off" || text == "0" || text == "0B" || text == "0B/s" { return 0 }
        return read(text.hasSuffix("/s") ? String(text.dropLast(2)) : text)
    }

    /// As a file would say it, in the largest unit that is exact: `16MiB`.
    package static func text(_ bytes: Int) -> String {
        let (count, unit) = inLargestUnit(bytes)
        return "\(count)\(unit)"
    }

    /// The largest of `GiB`, `MiB`, `KiB` and `B` that leaves a whole number.
    package static func inLargestUnit(_ bytes: Int) -> (count: Int, unit: String) {
        let unit = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")].first { bytes >= $0.0 && bytes % $0.0 == 0 }
        return unit.map { (bytes / $0.0, $0.1) } ?? (bytes, "B")
    }
}
