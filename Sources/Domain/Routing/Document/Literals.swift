/// Values that carry their unit: `250ms`, `8KiB`.
package enum Literals {
    private static let timeUnits: [(String, Int64)] = [
        ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ]
    private static let sizeUnits: [(String, Int)] = [
        ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("KB", 1_000), ("MB", 1_000_000),
        ("GB", 1_000_000_000),
    ]

    /// A time such as `250ms`, `1.5s`, `10m`; nil when it is none, is zero, or is longer than a year.
    package static func duration(_ text: String) -> Duration? {
        let (digits, unit) = split(text)
        guard let factor = timeUnits.first(where: { $0.0 == unit })?.1 else { return nil }
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = Int64(parts[0]), whole <= 366 * 86_400_000_000 else { return nil }
        let (product, overflow) = whole.multipliedReportingOverflow(by: factor)
        guard !overflow else { return nil }
        var nanoseconds = product
        if parts.count == 2 {
            guard (1...9).contains(parts[1].utf8.count), var scaled = Int64(parts[1]) else { return nil }
            var divisor: Int64 = 1
            for _ in parts[1].utf8 { divisor *= 10 }
            // At most 10^9 × 3.6 × 10^12 would overflow: whole units first.
            scaled = (factor / divisor) * scaled + (factor % divisor) * scaled / divisor
            let (sum, carry) = nanoseconds.addingReportingOverflow(scaled)
            guard !carry else { return nil }
            nanoseconds = sum
        }
        guard nanoseconds > 0, nanoseconds <= 366 * 86_400 * 1_000_000_000 else { return nil }
        return .nanoseconds(nanoseconds)
    }

    /// A size such as `8KiB` in bytes; nil when it is none or beyond 2^40.
    package static func size(_ text: String) -> Int? {
        let (digits, unit) = split(text)
        guard let factor = sizeUnits.first(where: { $0.0 == unit })?.1, !digits.contains("."), let count = Int(digits)
        else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: factor)
        return overflow || bytes > 1 << 40 ? nil : bytes
    }

    /// A rate such as `240B/s` in bytes a second, 0 for `0` and `off`; nil when it is none. The `/s` may be left out.
    package static func rate(_ text: String) -> Int? {
        if text == "off" || text == "0" || text == "0B" || text == "0B/s" { return 0 }
        return size(text.hasSuffix("/s") ? String(text.dropLast(2)) : text)
    }

    /// `HOST:PORT`, `[IPv6]:PORT` or `unix:PATH`; nil when it is none of them.
    package static func endpoint(_ text: String) -> Endpoint? {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            return path.isEmpty || path.utf8.contains(0) ? nil : .unix(path: path)
        }
        guard let colon = text.lastIndex(of: ":") else { return nil }
        var host = text[..<colon]
        let digits = text[text.index(after: colon)...]
        guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            let port = UInt16(digits)
        else { return nil }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard AddressRange(parsing: String(host)) != nil, host.utf8.contains(0x3A) else { return nil }
        } else {
            let isName = host.utf8.allSatisfy {
                ($0 >= 0x30 && $0 <= 0x39) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || $0 == 0x2D || $0 == 0x2E
                    || $0 == 0x5F
            }
            guard !host.isEmpty, isName else { return nil }
        }
        return .tcp(host: String(host), port: port)
    }

    private static func split(_ text: String) -> (digits: String, unit: String) {
        let digits = text.prefix { ($0 >= "0" && $0 <= "9") || $0 == "." }
        return (String(digits), String(text.dropFirst(digits.count)))
    }
}
