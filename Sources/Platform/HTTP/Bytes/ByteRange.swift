/// A stretch of bytes inside a head, by offset from the first byte of that head.
///
/// Offsets instead of pointers or strings: a head may move with its buffer, and nothing is allocated to name a part of
/// it.
public struct ByteRange: Equatable, Sendable {
    /// Offset of the first byte.
    public var start: UInt32
    /// Offset behind the last byte.
    public var end: UInt32

    package init(start: UInt32, end: UInt32) {
        self.start = start
        self.end = end
    }

    /// `start` and `end` must lie in 0...UInt32.max; heads are limited far below that.
    @inline(__always)
    init(_ start: Int, _ end: Int) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.end = UInt32(truncatingIfNeeded: end)
    }

    package static let empty = ByteRange(start: 0, end: 0)

    @inlinable public var count: Int { Int(end) - Int(start) }
    @inlinable public var isEmpty: Bool { start >= end }

    /// The bytes named by this range. Empty when the range does not lie inside `bytes`.
    @inlinable public func slice(of bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard start <= end, Int(end) <= bytes.count else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(rebasing: bytes[Int(start)..<Int(end)])
    }
}
