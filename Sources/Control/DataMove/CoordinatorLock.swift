private import Glibc

/// Lets one coordinator at a time move users of the groups of a data file. Held by an open file, so it ends with the
/// process, however that ends; the file says who holds it.
package final class CoordinatorLock {
    package enum Refusal: Error, Sendable, Equatable {
        /// Another process moves users now, as it describes itself.
        case held(by: String)
        /// A sentence without a full stop.
        case failed(String)
    }

    private let descriptor: Int32

    /// - Parameter holder: how this process describes itself to one that comes second, on one line.
    package init(path: String, holder: String) throws(Refusal) {
        descriptor = open(path, O_CREAT | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .failed("cannot open \(path): \(String(cString: strerror(errno)))") }
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            let code = errno
            let holder = code == EWOULDBLOCK ? Self.content(descriptor) : nil
            close(descriptor)
            if let holder { throw .held(by: holder.isEmpty ? "a process that has not said who it is" : holder) }
            throw .failed("cannot lock \(path): \(String(cString: strerror(code)))")
        }
        // Whether it can be written or not, the lock is held.
        let line = Array((holder + "\n").utf8)
        ftruncate(descriptor, 0)
        _ = line.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    deinit { close(descriptor) }

    private static func content(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        return String(decoding: bytes.prefix(max(0, count)).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
