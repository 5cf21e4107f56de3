import Glibc

/// A ULID: 48 bits of Unix milliseconds and 80 random bits in 26 characters of Crockford's base 32, so that two sides
/// can make identifiers without meeting, and text order is time order to a millisecond.
package enum ULID {
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    /// A fresh one; the clock and the random bytes can be given by tests.
    package static func make(milliseconds: UInt64? = nil, random: [UInt8]? = nil) -> String {
        let time = milliseconds ?? wallClock()
        var value: [UInt8] = (0..<6).map { UInt8(truncatingIfNeeded: time >> UInt64(40 - 8 * $0)) }
        value += (random ?? SecureRandom.bytes(10)).prefix(10)
        var out: [UInt8] = []
        // 26 characters hold 130 bits: two leading zero bits, then the 128.
        var accumulator: UInt32 = 0
        var bits = 2
        for byte in value {
            accumulator = accumulator << 8 | UInt32(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                out.append(alphabet[Int(accumulator >> UInt32(bits) & 31)])
            }
            accumulator &= (1 << UInt32(bits)) - 1
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// 26 characters of the alphabet (upper case), not beyond 2^128.
    package static func isValid(_ text: some StringProtocol) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 26, bytes[0] <= UInt8(ascii: "7") else { return false }
        return bytes.allSatisfy { alphabet.contains($0) }
    }

    /// The milliseconds in a ULID's first ten characters; nil when it is none.
    package static func milliseconds(of text: some StringProtocol) -> Int? {
        guard isValid(text) else { return nil }
        var value = 0
        for character in text.utf8.prefix(10) {
            guard let digit = alphabet.firstIndex(of: character) else { return nil }
            value = value << 5 | digit
        }
        return value
    }

    private static func wallClock() -> UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return UInt64(max(0, now.tv_sec)) * 1_000 + UInt64(max(0, now.tv_nsec)) / 1_000_000
    }
}
