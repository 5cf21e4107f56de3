/// Bytes that an exchange keeps for a second sending. The memory stays with the exchange when it is used again, unless
/// it grew beyond what most need.
struct KeptBytes {
    // Owned; freed by `release`. A plain pointer instead of an array: no zeroing, no uniqueness check per write.
    private var base: UnsafeMutableRawPointer?
    private var capacity = 0
    private(set) var count = 0

    private static let keptCapacity = 4096
    /// Memory comes in pieces of this: a page for each exchange was most of what a busy connection took, and a small
    /// request's head fits in one.
    private static let piece = 1024

    private static func capacity(for size: Int) -> Int { (size + piece - 1) / piece * piece }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// Room for `size` bytes, contents forgotten. Call `wrote` after filling it.
    mutating func room(for size: Int) -> UnsafeMutableRawBufferPointer {
        if size > capacity {
            base?.deallocate()
            capacity = Self.capacity(for: size)
            base = .allocate(byteCount: capacity, alignment: 16)
        }
        count = 0
        return UnsafeMutableRawBufferPointer(start: base, count: capacity)
    }

    mutating func wrote(_ count: Int) { self.count = count }

    mutating func append(_ more: UnsafeRawBufferPointer) {
        guard let source = more.baseAddress, more.count > 0 else { return }
        let needed = count + more.count
        if needed > capacity {
            // Twice, but not beyond what is kept while it would do: that would be allocated for each request again.
            let grown = Self.capacity(for: needed > Self.keptCapacity ? needed * 2 : min(needed * 2, Self.keptCapacity))
            let fresh = UnsafeMutableRawPointer.allocate(byteCount: grown, alignment: 16)
            if let base {
                fresh.copyMemory(from: base, byteCount: count)
                base.deallocate()
            }
            base = fresh
            capacity = grown
        }
        if let base { (base + count).copyMemory(from: source, byteCount: more.count) }
        count = needed
    }

    /// Empties it; memory beyond the usual is given back.
    mutating func clear() {
        count = 0
        if capacity > Self.keptCapacity { release() }
    }

    mutating func release() {
        base?.deallocate()
        base = nil
        capacity = 0
        count = 0
    }
}
