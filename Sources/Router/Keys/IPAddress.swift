import Glibc
import HTTP
import Routing

/// An address without port, as `client-ip` means it: one spelling for each, IPv4 in IPv6 (`::ffff:192.0.2.1`) being
/// IPv4.
struct IPAddress: Equatable {
    /// The first eight bytes and the last in host order; IPv4 as `::ffff:a.b.c.d`.
    var high: UInt64
    var low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// An element of `X-Forwarded-For` as proxies write it: `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`,
    /// `[2001:db8::1]`, `[2001:db8::1]:443`, in quotes or not, with a zone or not. nil when it is no address, for
    /// example `unknown`.
    init?(_ text: UnsafeRawBufferPointer) {
        var text = text[...]
        func trim(_ isLeftOut: (UInt8) -> Bool) {
            while let first = text.first, isLeftOut(first) { text.removeFirst() }
            while let last = text.last, isLeftOut(last) { text.removeLast() }
        }
        trim { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: "\"") }
        if text.first == UInt8(ascii: "[") {
            guard let close = text.firstIndex(of: UInt8(ascii: "]")), Self.isPort(text[(close + 1)...]) else {
                return nil
            }
            text = text[(text.startIndex + 1)..<close]
        } else if let colon = text.firstIndex(of: UInt8(ascii: ":")),
            !text[(colon + 1)...].contains(UInt8(ascii: ":"))
        {
            guard Self.isPort(text[colon...]) else { return nil }
            text = text[..<colon]
        }
        if let zone = text.firstIndex(of: UInt8(ascii: "%")) { text = text[..<zone] }
        guard (2...45).contains(text.count) else { return nil }
        let isSix = text.contains(UInt8(ascii: ":"))
        // inet_pton wants a zero behind the text.
        let parsed = withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { memory -> (UInt64, UInt64)? in
            memory.initializeMemory(as: UInt8.self, repeating: 0)
            UnsafeMutableRawBufferPointer(rebasing: memory[16...]).copyBytes(from: text)
            guard let base = memory.baseAddress,
                inet_pton(isSix ? AF_INET6 : AF_INET, (base + 16).assumingMemoryBound(to: CChar.self), base) == 1
            else { return nil }
            guard isSix else { return (0, 0xFFFF_0000_0000 | UInt64(UInt32(bigEndian: base.load(as: UInt32.self)))) }
            return (
                UInt64(bigEndian: base.load(as: UInt64.self)),
                UInt64(bigEndian: base.load(fromByteOffset: 8, as: UInt64.self))
            )
        }
        guard let parsed else { return nil }
        self.init(high: parsed.0, low: parsed.1)
    }

    /// Whether the rest is empty, or a colon and digits.
    private static func isPort(_ text: Slice<UnsafeRawBufferPointer>) -> Bool {
        guard let first = text.first else { return true }
        return first == UInt8(ascii: ":") && (1...5).contains(text.count - 1)
            && text.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
    }

    private var isFour: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// Writes the canonical text (RFC 5952).
    /// - Returns: its length; nil when `output` has less than 46 bytes.
    func write(to output: UnsafeMutableRawBufferPointer) -> Int? {
        guard output.count >= 46, let base = output.baseAddress else { return nil }
        let text = base.assumingMemoryBound(to: CChar.self)
        var bytes = (high.bigEndian, low.bigEndian)
        withUnsafeBytes(of: &bytes) { bytes in
            guard let address = bytes.baseAddress else { return }
            _ = inet_ntop(isFour ? AF_INET : AF_INET6, isFour ? address + 12 : address, text, 46)
        }
        return strnlen(text, 46)
    }

    func isAmong(_ ranges: [AddressRange]) -> Bool {
        withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { bytes in ranges.contains { $0.contains(bytes) } }
    }

    /// The client's address: the rightmost address of `x-forwarded-for` and the peer that is not a trusted peer's, or
    /// the first one if all are. The search goes from right to left, since each trusted peer says which hop came before
    /// it, and ends at an element that is no address.
    ///
    /// - Parameters:
    ///   - peer: nil for a unix socket, which is trusted when any peer is.
    ///   - endsWithPeer: the last element is the peer itself.
    static func ofClient(
        peer: IPAddress?, fields: FieldTable, bytes: UnsafeRawBufferPointer, trusting trusted: [AddressRange],
        endsWithPeer: Bool = false
    ) -> IPAddress? {
        guard !trusted.isEmpty, peer?.isAmong(trusted) ?? true, let first = fields.first(.xForwardedFor) else {
            return peer
        }
        var known = peer
        var isOurs = endsWithPeer
        var index = fields.count - 1
        // All lines are one list, in their order (RFC 9110 5.3).
        while index >= first {
            defer { index -= 1 }
            guard fields[index].field == .xForwardedFor else { continue }
            let line = fields[index].value.slice(of: bytes)
            var end = line.count
            while end >= 0 {
                var start = end
                while start > 0, line[start - 1] != UInt8(ascii: ",") { start -= 1 }
                let element = UnsafeRawBufferPointer(rebasing: line[start..<end])
                end = start - 1
                // An empty element is none (RFC 9110 5.6.1).
                if element.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
                if isOurs {
                    isOurs = false
                    continue
                }
                guard let address = IPAddress(element) else { return known }
                known = address
                guard address.isAmong(trusted) else { return known }
            }
        }
        return known
    }
}
