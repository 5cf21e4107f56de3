/// Finds the `KnownField` of a name: one hash of length and three bytes, then nearly always one comparison of one or
/// two words.
///
/// Built once; its memory is never freed and never changed after, so any thread may read it.
struct FieldNameIndex: @unchecked Sendable {
    private struct Slot {
        /// The first eight bytes of the name in lower case, zeros behind its end.
        var first: UInt64 = 0
        /// The last eight bytes, of names that have more than eight.
        var last: UInt64 = 0
        /// 0: no name in this slot.
        var count: UInt8 = 0
        var field = KnownField.other
    }

    private static let size = 256
    private static let fold: UInt64 = 0x2020_2020_2020_2020
    private let slots: UnsafeMutablePointer<Slot>

    static let shared = FieldNameIndex()

    private init() {
        slots = .allocate(capacity: Self.size)
        slots.initialize(repeating: Slot(), count: Self.size)
        for field in KnownField.allCases where field.name.utf8CodeUnitCount > 0 {
            let name = field.name.utf8Start
            let count = field.name.utf8CodeUnitCount
            var index = Self.hash(name, count)
            while slots[index].count != 0 { index = (index + 1) % Self.size }
            var slot = Slot(count: UInt8(count), field: field)
            withUnsafeMutableBytes(of: &slot.first) { word in
                for byte in 0..<min(count, 8) { word[byte] = name[byte] }
            }
            if count > 8 { slot.last = Self.word(name + count - 8) }
            slots[index] = slot
        }
    }

    @inline(__always)
    private static func word(_ bytes: UnsafePointer<UInt8>) -> UInt64 {
        UnsafeRawPointer(bytes).loadUnaligned(as: UInt64.self)
    }

    @inline(__always)
    private static func hash(_ name: UnsafePointer<UInt8>, _ count: Int) -> Int {
        let first = Int(name[0] | 0x20)
        let last = Int(name[count &- 1] | 0x20)
        let middle = Int(name[count &>> 1] | 0x20)
        return (count &* 7 &+ first &* 3 &+ last &* 31 &+ middle &* 11) & (size &- 1)
    }

    /// The known field named by the `count` (at least 1) token bytes at `name`, in any case of letters, or `.other`.
    ///
    /// `readable` bytes, at least `count`, may be read at `name`. Letters are folded with `| 0x20`: of the other token
    /// bytes this changes only `^`, `_` and the backquote, and no known name has the bytes that they become.
    @inline(__always)
    func lookup(_ name: UnsafePointer<UInt8>, _ count: Int, readable: Int) -> KnownField {
        var index = Self.hash(name, count)
        if slots[index].count == 0 { return .other }
        let first = firstWord(name, count, readable)
        repeat {
            let slot = slots[index]
            if Int(slot.count) == count, slot.first == first, count <= 8 || endMatches(name, count, slot) {
                return slot.field
            }
            index = (index &+ 1) & (Self.size &- 1)
        } while slots[index].count != 0
        return .other
    }

    @inline(__always)
    private func firstWord(_ name: UnsafePointer<UInt8>, _ count: Int, _ readable: Int) -> UInt64 {
        guard readable >= 8 else {
            var word: UInt64 = 0
            withUnsafeMutableBytes(of: &word) { bytes in
                for byte in 0..<min(count, 8) { bytes[byte] = name[byte] | 0x20 }
            }
            return word
        }
        let folded = UInt64(littleEndian: Self.word(name)) | Self.fold
        let kept = count >= 8 ? folded : folded & ((1 &<< UInt64(count &* 8)) &- 1)
        return UInt64(littleEndian: kept)
    }

    @inline(__always)
    private func endMatches(_ name: UnsafePointer<UInt8>, _ count: Int, _ slot: Slot) -> Bool {
        guard Self.word(name + (count &- 8)) | Self.fold == slot.last else { return false }
        return count <= 16 || ByteScan.equalsFolded(name, slot.field.name.utf8Start, count)
    }
}
