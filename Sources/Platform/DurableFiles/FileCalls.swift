import Glibc

/// The system calls of which a durable replacement is made. Each returns a value ≥ 0 or the negated `errno`.
///
/// They come in from outside so that tests can make any one of them fail: no space, a short write, an interrupted
/// call, a crash between two steps.
package struct FileCalls: Sendable {
    package var open: @Sendable (_ path: String, _ flags: Int32, _ mode: UInt32) -> Int
    package var write: @Sendable (_ fd: Int32, _ bytes: UnsafeRawBufferPointer) -> Int
    /// Moves to a place from the beginning of the file.
    package var seek: @Sendable (_ fd: Int32, _ offset: Int) -> Int
    package var changeMode: @Sendable (_ fd: Int32, _ mode: UInt32) -> Int
    package var sync: @Sendable (_ fd: Int32) -> Int
    package var close: @Sendable (_ fd: Int32) -> Int
    package var rename: @Sendable (_ from: String, _ to: String) -> Int
    package var unlink: @Sendable (_ path: String) -> Int

    /// The kernel's own.
    package static let kernel = FileCalls(
        open: { path, flags, mode in result(Int(Glibc.open(path, flags | O_CLOEXEC, mode))) },
        write: { fd, bytes in result(Glibc.write(fd, bytes.baseAddress, bytes.count)) },
        seek: { fd, offset in result(lseek(fd, offset, SEEK_SET)) },
        changeMode: { fd, mode in result(Int(fchmod(fd, mode))) },
        sync: { fd in result(Int(fsync(fd))) },
        close: { fd in result(Int(Glibc.close(fd))) },
        rename: { from, to in result(Int(Glibc.rename(from, to))) },
        unlink: { path in result(Int(Glibc.unlink(path))) })

    private static func result(_ value: Int) -> Int { value < 0 ? -Int(errno) : value }
}

/// A file operation that the kernel refused: what was tried, on which path, why.
package struct FileError: Error, Equatable, CustomStringConvertible {
    package let operation: String
    package let path: String
    package let code: Int32

    package init(operation: String, path: String, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    package var description: String { "cannot \(operation) \(path): \(String(cString: strerror(code)))" }
}
