/// A range of IP addresses in CIDR notation: `10.0.0.0/8`, `::1/128`, or one address.
package struct AddressRange: Sendable, Equatable, Hashable {
    /// 4 or 16 bytes in network order; bits after the prefix are zero.
    package let bytes: [UInt8]
    package let prefixLength: Int

    /// nil for what is not an address or range, or has bits set behind the prefix.
    package init?(parsing text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let bytes = Self.address(String(parts[0])) else { return nil }
        var length = bytes.count * 8
        if parts.count == 2 {
            guard !parts[1].isEmpty, parts[1].utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let given = Int(parts[1]),
                given <= length
            else { return nil }
            length = given
        }
        let range = 0..<bytes.count * 8
        let hasHostBits = range.contains { bit in bit >= length && bytes[bit / 8] & (0x80 >> UInt8(bit % 8)) != 0 }
        guard !hasHostBits else { return nil }
        self.bytes = bytes
        prefixLength = length
    }

    /// Whether an address (4 or 16 bytes, network order) lies in the range; IPv4 in IPv6 (`::ffff:a.b.c.d`) counts as
    /// IPv4.
    package func contains(_ address: UnsafeRawBufferPointer) -> Bool {
        var address = address
        let mapped =
            address.count == 16 && address[..<10].allSatisfy { $0 == 0 } && address[10] == 0xFF && address[11] == 0xFF
        if mapped, bytes.count == 4 { address = UnsafeRawBufferPointer(rebasing: address[12...]) }
        guard address.count == bytes.count else { return false }
        let whole = prefixLength / 8
        for index in 0..<whole where address[index] != bytes[index] { return false }
        let rest = UInt8(prefixLength % 8)
        guard rest > 0 else { return true }
        let mask = ~(UInt8(0xFF) >> rest)
        return address[whole] & mask == bytes[whole]
    }

    private static func address(_ text: String) -> [UInt8]? {
        text.utf8.contains(UInt8(ascii: ":")) ? address6(text) : address4(text)
    }

    private static func address4(_ text: String) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
                part == "0" || part.first != "0", let byte = UInt8(part)
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func address6(_ text: String) -> [UInt8]? {
        // A second `::` leaves an empty group, which is none.
        var halves = [text[...]]
        if let gap = text.indices.first(where: { text[$0...].hasPrefix("::") }) {
            halves = [text[..<gap], text[text.index(gap, offsetBy: 2)...]]
        }
        var groups: [[UInt8]] = []
        for half in halves {
            var bytes: [UInt8] = []
            let parts = half.isEmpty ? [] : half.split(separator: ":", omittingEmptySubsequences: false)
            for (place, part) in parts.enumerated() {
                if part.utf8.contains(UInt8(ascii: ".")), place == parts.count - 1, let tail = address4(String(part)) {
                    bytes += tail
                } else {
                    guard (1...4).contains(part.utf8.count), let group = UInt16(part, radix: 16), part.first != "+"
                    else { return nil }
                    bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
                }
            }
            groups.append(bytes)
        }
        if halves.count == 1 { return groups[0].count == 16 ? groups[0] : nil }
        let missing = 16 - groups[0].count - groups[1].count
        return missing >= 2 ? groups[0] + [UInt8](repeating: 0, count: missing) + groups[1] : nil
    }
}
