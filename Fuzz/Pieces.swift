/// Sizes of the pieces that a message arrives in, drawn from a few bytes of the input (xorshift), so that a finding
/// repeats.
struct Pieces {
    private var state: UInt64

    init(_ bytes: UnsafeRawBufferPointer) {
        state = 0x9E37_79B9_7F4A_7C15
        for byte in bytes.prefix(16) { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
        if state == 0 { state = 1 }
    }

    mutating func next() -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state & 3 == 0 ? Int(state >> 8 & 63) + 1 : Int(state >> 8 & 7) + 1
    }
}
