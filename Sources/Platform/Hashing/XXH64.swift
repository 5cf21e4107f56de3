/// XXH64, the 64-bit xxHash, as published in github.com/Cyan4973/xxHash `doc/xxhash_spec.md`.
///
/// A value without heap storage: feeding it never allocates, and copying a half-fed state is how a salt is absorbed
/// once and reused for every key (`var hash = salted; hash.update(key); hash.finish()`).
package struct XXH64: Sendable {
    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

    private let seed: UInt64
    private var lane1: UInt64
    private var lane2: UInt64
    private var lane3: UInt64
    private var lane4: UInt64
    /// Bytes not yet forming a whole stripe of 32, in memory order.
    private var pending: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    private var pendingCount = 0
    private var length: UInt64 = 0

    package init(seed: UInt64 = 0) {
        self.seed = seed
        lane1 = seed &+ Self.prime1 &+ Self.prime2
        lane2 = seed &+ Self.prime2
        lane3 = seed
        lane4 = seed &- Self.prime1
    }

    /// The hash of `bytes` in one call.
    package static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
        var state = XXH64(seed: seed)
        state.update(bytes)
        return state.finish()
    }

    /// The hash of the UTF-8 of `text`.
    package static func hash(_ text: String, seed: UInt64 = 0) -> UInt64 {
        var text = text
        return text.withUTF8 { hash(UnsafeRawBufferPointer($0), seed: seed) }
    }

    /// Absorbs `bytes`; the split between calls does not change the result.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        length &+= UInt64(bytes.count)
        var offset = 0
        if pendingCount > 0 {
            let taken = min(32 - pendingCount, bytes.count)
            keep(bytes, from: 0, count: taken)
            offset = taken
            guard pendingCount == 32 else { return }
            let stripe = pending
            consume(stripe.0, stripe.1, stripe.2, stripe.3)
            pendingCount = 0
        }
        while offset + 32 <= bytes.count {
            consume(
                Self.word(bytes, offset), Self.word(bytes, offset + 8), Self.word(bytes, offset + 16),
                Self.word(bytes, offset + 24))
            offset += 32
        }
        if offset < bytes.count { keep(bytes, from: offset, count: bytes.count - offset) }
    }

    /// Absorbs the UTF-8 of `text`.
    package mutating func update(_ text: String) {
        var text = text
        text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
    }

    /// The hash of everything absorbed so far; the state itself is not changed.
    package func finish() -> UInt64 {
        var hash: UInt64
        if length >= 32 {
            hash = Self.rotate(lane1, 1) &+ Self.rotate(lane2, 7) &+ Self.rotate(lane3, 12) &+ Self.rotate(lane4, 18)
            hash = Self.merge(hash, lane1)
            hash = Self.merge(hash, lane2)
            hash = Self.merge(hash, lane3)
            hash = Self.merge(hash, lane4)
        } else {
            hash = seed &+ Self.prime5
        }
        hash &+= length
        withUnsafeBytes(of: pending) { tail in
            var offset = 0
            while offset + 8 <= pendingCount {
                hash ^= Self.round(0, UInt64(littleEndian: Self.word(tail, offset)))
                hash = Self.rotate(hash, 27) &* Self.prime1 &+ Self.prime4
                offset += 8
            }
            if offset + 4 <= pendingCount {
                let half = UInt32(littleEndian: tail.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                hash ^= UInt64(half) &* Self.prime1
                hash = Self.rotate(hash, 23) &* Self.prime2 &+ Self.prime3
                offset += 4
            }
            while offset < pendingCount {
                hash ^= UInt64(tail[offset]) &* Self.prime5
                hash = Self.rotate(hash, 11) &* Self.prime1
                offset += 1
            }
        }
        hash ^= hash &>> 33
        hash &*= Self.prime2
        hash ^= hash &>> 29
        hash &*= Self.prime3
        hash ^= hash &>> 32
        return hash
    }

    private mutating func keep(_ bytes: UnsafeRawBufferPointer, from start: Int, count: Int) {
        let filled = pendingCount
        withUnsafeMutableBytes(of: &pending) { buffer in
            let room = UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + count])
            room.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]))
        }
        pendingCount = filled + count
    }

    private mutating func consume(_ word1: UInt64, _ word2: UInt64, _ word3: UInt64, _ word4: UInt64) {
        lane1 = Self.round(lane1, UInt64(littleEndian: word1))
        lane2 = Self.round(lane2, UInt64(littleEndian: word2))
        lane3 = Self.round(lane3, UInt64(littleEndian: word3))
        lane4 = Self.round(lane4, UInt64(littleEndian: word4))
    }

    @inline(__always)
    private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    @inline(__always)
    private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
        (value &<< count) | (value &>> (64 &- count))
    }

    @inline(__always)
    private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        rotate(lane &+ word &* prime2, 31) &* prime1
    }

    @inline(__always)
    private static func merge(_ hash: UInt64, _ lane: UInt64) -> UInt64 {
        (hash ^ round(0, lane)) &* prime1 &+ prime4
    }
}
