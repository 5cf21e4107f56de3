import Glibc

/// The eventfd by which other threads wake a loop.
struct Waker: Sendable {
    let fd: Int32

    func wake() {
        var one: UInt64 = 1
        // This can fail only when 2⁶⁴-1 wakes are pending, and then the loop is awake anyway.
        _ = write(fd, &one, 8)
    }

    func drain() {
        var count: UInt64 = 0
        _ = read(fd, &count, 8)
    }
}
