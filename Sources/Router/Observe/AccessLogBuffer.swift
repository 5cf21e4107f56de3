/// Lines of one loop's access log, gathered until the control loop fetches them. Bounded: what does not fit is counted,
/// not waited for.
final class AccessLogBuffer {
    private(set) var bytes: [UInt8] = []
    private(set) var dropped: UInt64 = 0
    static let limit = 1 << 20

    func take() -> (bytes: [UInt8], dropped: UInt64) {
        defer {
            bytes = []
            dropped = 0
        }
        return (bytes, dropped)
    }

    func append(_ line: UnsafeRawBufferPointer) {
        guard bytes.count + line.count <= Self.limit else {
            dropped &+= 1
            return
        }
        bytes.append(contentsOf: line)
    }
}
