/// What may stand in `Host` and in the authority of an absolute target (RFC 9110 7.2, RFC 3986 3.2).
///
/// Narrower than the grammar: a name of letters, digits, `-`, `.`, `_`, `~`; no escapes, sub-delimiters, user
/// information, no empty host, no port outside 1–65535. No host that DNS can resolve has them, and programs disagree
/// about what they mean. An empty port (`a.example:`) is the scheme's own (RFC 3986 3.2.3).
enum HostSyntax {
    @inline(__always)
    static func isValid(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int, classes: UnsafePointer<UInt8>) -> Bool {
        guard start < end else { return false }
        var position = start
        if base[start] == 0x5B {  // "["
            guard let behind = endOfLiteral(base, start, end) else { return false }
            position = behind
        } else {
            position = ByteScan.firstOutside(ByteClass.host, classes, base, from: start, to: end)
            guard position > start else { return false }
        }
        if position == end { return true }
        guard base[position] == Ascii.colon else { return false }
        return isPort(base, position &+ 1, end)
    }

    private static func isPort(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
        if start == end { return true }
        guard end - start <= 5 else { return false }
        var port = 0
        for index in start..<end {
            guard base[index] >= Ascii.zero, base[index] <= Ascii.nine else { return false }
            port = port * 10 + Int(base[index] - Ascii.zero)
        }
        return port >= 1 && port <= 65535
    }

    /// Behind the `]` of an IPv6 literal, or nil. Zones and future literals are refused.
    private static func endOfLiteral(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
        var close = start + 1
        while close < end, base[close] != 0x5D { close += 1 }
        guard close < end, isIPv6(base, start + 1, close) else { return nil }
        return close + 1
    }

    /// RFC 3986 3.2.2 `IPv6address`.
    private static func isIPv6(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
        guard end - start >= 2, end - start <= 45 else { return false }
        var position = start
        var groups = 0
        var compressed = false
        if base[position] == Ascii.colon {
            guard base[position + 1] == Ascii.colon else { return false }
            compressed = true
            position += 2
        }
        while position < end {
            var digits = 0
            while position + digits < end, digits < 5, isHex(base[position + digits]) { digits += 1 }
            let behind = position + digits
            if behind < end, base[behind] == Ascii.dot {
                guard isIPv4(base, position, end) else { return false }
                groups += 2
                position = end
                break
            }
            guard digits >= 1, digits <= 4 else { return false }
            groups += 1
            position = behind
            if position == end { break }
            guard base[position] == Ascii.colon else { return false }
            position += 1
            guard position < end else { return false }
            if base[position] == Ascii.colon {
                guard !compressed else { return false }
                compressed = true
                position += 1
            }
        }
        return compressed ? groups <= 7 : groups == 8
    }

    private static func isIPv4(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
        var octets = 0
        var position = start
        while true {
            var value = 0
            var digits = 0
            while position < end, base[position] >= Ascii.zero, base[position] <= Ascii.nine, digits < 3 {
                value = value * 10 + Int(base[position] - Ascii.zero)
                digits += 1
                position += 1
            }
            guard digits > 0, value <= 255 else { return false }
            octets += 1
            if octets == 4 { return position == end }
            guard position < end, base[position] == Ascii.dot else { return false }
            position += 1
        }
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        ByteClass.table[Int(byte)] & ByteClass.hex != 0
    }
}
