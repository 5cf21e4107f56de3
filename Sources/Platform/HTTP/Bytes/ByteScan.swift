/// Sweeps over bytes that find the next place worth looking at.
///
/// `@inline(__always)`: these are the inner loops of the parser; a call per field would cost about as much as the sweep
/// of it.
enum ByteScan {
    /// Index of the first control byte (0x00–0x1F, 0x7F) in `from..<to`, or `to`.
    ///
    /// Two words at a time: one sweep both validates a field value and finds its end, where `memchr` would only find
    /// the end. (Comparisons of `SIMD16` are calls of generic functions in Swift 6.3 and cost twenty times as much.)
    @inline(__always)
    static func firstControl(_ base: UnsafePointer<UInt8>, from: Int, to: Int) -> Int {
        var position = from
        let raw = UnsafeRawPointer(base)
        while position &+ 16 <= to {
            let first = controls(in: raw.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let second = controls(in: raw.loadUnaligned(fromByteOffset: position &+ 8, as: UInt64.self))
            if first | second != 0 {
                if first != 0 { return position &+ (UInt64(littleEndian: first).trailingZeroBitCount &>> 3) }
                return position &+ 8 &+ (UInt64(littleEndian: second).trailingZeroBitCount &>> 3)
            }
            position &+= 16
        }
        while position < to {
            let byte = base[position]
            if byte < 0x20 || byte == 0x7F { return position }
            position &+= 1
        }
        return to
    }

    /// The high bit of every byte of `word` that is a control byte. Exact for each byte: no carry passes between them.
    @inline(__always)
    private static func controls(in word: UInt64) -> UInt64 {
        let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
        let seven = word & low
        let printable = seven &+ 0x6060_6060_6060_6060  // high bit set: 0x20 or above
        let delete = seven &+ 0x0101_0101_0101_0101  // high bit set: exactly 0x7F
        return (~printable | delete) & ~word & ~low
    }

    /// Index of the first byte in `from..<to` that is no letter, digit or `-`, or `to`. Most field names consist of
    /// these alone.
    @inline(__always)
    static func firstUncommonInName(_ base: UnsafePointer<UInt8>, from: Int, to: Int) -> Int {
        var position = from
        let raw = UnsafeRawPointer(base)
        let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
        while position &+ 8 <= to {
            let word = raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            let seven = word & low
            let folded = seven | 0x2020_2020_2020_2020
            // The high bit of each byte says whether it is at least the first bound and not the second.
            let letters = (folded &+ 0x1F1F_1F1F_1F1F_1F1F) & ~(folded &+ 0x0505_0505_0505_0505)
            let digits = (seven &+ 0x5050_5050_5050_5050) & ~(seven &+ 0x4646_4646_4646_4646)
            let notHyphen = (seven ^ 0x2D2D_2D2D_2D2D_2D2D) &+ low
            let uncommon = (~(letters | digits) & notHyphen | word) & ~low
            if uncommon != 0 { return position &+ (UInt64(littleEndian: uncommon).trailingZeroBitCount &>> 3) }
            position &+= 8
        }
        while position < to {
            let byte = base[position]
            let folded = byte | 0x20
            let isCommon =
                (folded >= 0x61 && folded <= 0x7A && byte < 0x80) || (byte >= 0x30 && byte <= 0x39) || byte == 0x2D
            if !isCommon { return position }
            position &+= 1
        }
        return to
    }

    /// Index of the first byte in `from..<to` that lacks `flag` in the class table, or `to`.
    @inline(__always)
    static func firstOutside(
        _ flag: UInt8, _ classes: UnsafePointer<UInt8>, _ base: UnsafePointer<UInt8>, from: Int, to: Int
    ) -> Int {
        var position = from
        while position < to, classes[Int(base[position])] & flag != 0 { position &+= 1 }
        return position
    }

    /// Whether `count` bytes at `base` are `name` without regard to the case of letters. `name` must be in lower case.
    static func equalsFolded(_ base: UnsafePointer<UInt8>, _ count: Int, _ name: StaticString) -> Bool {
        guard count == name.utf8CodeUnitCount else { return false }
        return equalsFolded(base, name.utf8Start, count)
    }

    /// Whether two byte strings are the same without regard to the case of letters.
    static func equalsFolded(_ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        for index in 0..<count where folded(left[index]) != folded(right[index]) {
            return false
        }
        return true
    }

    /// `byte` in lower case if it is a letter of ASCII.
    @inline(__always)
    static func folded(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
    }

    /// `range` of `base` without white space (SP, HTAB) at both ends.
    @inline(__always)
    static func trimmed(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> (start: Int, end: Int) {
        var first = start
        var last = end
        while first < last, base[first] == Ascii.space || base[first] == Ascii.tab { first &+= 1 }
        while last > first, base[last &- 1] == Ascii.space || base[last &- 1] == Ascii.tab { last &-= 1 }
        return (first, last)
    }
}
