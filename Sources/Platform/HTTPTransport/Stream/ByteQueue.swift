/// Bytes that wait: for the peer to read, or for the rest of a head to come. Owns memory only while it holds something,
/// so an idle connection holds none. Not `Sendable`; its owner frees it by emptying it.
struct ByteQueue {
    private var base: UnsafeMutableRawPointer?
    private var start: Int32 = 0
    private var end: Int32 = 0
    private var capacity: Int32 = 0

    var isEmpty: Bool { start == end }
    var count: Int { Int(end - start) }

    /// The bytes, valid until the next change.
    var bytes: UnsafeRawBufferPointer {
        guard let base, end > start else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: base + Int(start), count: count)
    }

    mutating func append(_ more: UnsafeRawBufferPointer) {
        guard let source = more.baseAddress, more.count > 0 else { return }
        reserve(more.count)
        guard let base else { return }
        (base + Int(end)).copyMemory(from: source, byteCount: more.count)
        end += Int32(more.count)
    }

    mutating func removeFirst(_ removed: Int) {
        precondition(removed >= 0 && removed <= count, "cannot remove more than is there")
        start += Int32(removed)
        if start == end { removeAll() }
    }

    /// Lets the memory go.
    mutating func removeAll() {
        base?.deallocate()
        base = nil
        start = 0
        end = 0
        capacity = 0
    }

    private mutating func reserve(_ more: Int) {
        let held = count
        if Int(capacity) - Int(end) >= more { return }
        if Int(capacity) - held >= more, let base {
            // What was consumed in front makes room enough.
            base.copyMemory(from: base + Int(start), byteCount: held)
        } else {
            // Exact but for rounding: these queues are bounded by one read, and rarely grow twice.
            let size = (held + more + 511) & ~511
            precondition(size <= Int(Int32.max), "a queue is bounded by a few reads")
            let fresh = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
            if let base {
                fresh.copyMemory(from: base + Int(start), byteCount: held)
                base.deallocate()
            }
            base = fresh
            capacity = Int32(size)
        }
        start = 0
        end = Int32(held)
    }
}
