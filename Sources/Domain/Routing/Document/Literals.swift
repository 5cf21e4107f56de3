/// Values of the configuration whose text has a grammar of its own.
package enum Literals {
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
}
