/// Status codes that count as one thing: `200-399`, `200-299,401`.
package struct StatusRanges: Sendable, Equatable {
    package let ranges: [ClosedRange<UInt16>]

    package init(_ ranges: [ClosedRange<UInt16>]) { self.ranges = ranges }

    /// Codes from 100 to 599 and ranges of them, with commas between; nil when it is no such thing.
    package init?(parsing text: String) {
        var ranges: [ClosedRange<UInt16>] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { end in
                Self.code(end.drop { $0 == " " })
            }
            guard ends.count <= 2, let low = ends[0], let high = ends[ends.count - 1], low <= high else { return nil }
            ranges.append(low...high)
        }
        self.ranges = ranges
    }

    package func contains(_ code: UInt16) -> Bool { ranges.contains { $0.contains(code) } }

    /// Three digits, with blanks behind them.
    private static func code(_ text: Substring) -> UInt16? {
        let digits = text.prefix { $0 != " " }
        guard digits.utf8.count == 3, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            text.dropFirst(3).allSatisfy({ $0 == " " }), let code = UInt16(digits), (100...599).contains(code)
        else { return nil }
        return code
    }
}
