import EventLoop
import Glibc
import Routing

/// The access log on disk: the control loop fetches the workers' lines and appends them, so that no request ever waits
/// for the disk.
///
/// A line is in one file, whole, or it is counted as lost: what a full disk left of one is cut off again. Confined to
/// the control loop.
final class AccessLogFile: AccessLogSink {
    let path: String
    private let rotation: AccessLogPolicy.Rotation?
    private let losses: AccessLogLosses
    private let write: Write
    private var fd: Int32
    private var size: Int
    /// A rotation that failed is not tried with every line.
    private var nextRotationSize: Int

    /// As write(2).
    typealias Write = (_ fd: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int

    /// - Parameter write: For tests that fill the disk.
    init(
        path: String, rotation: AccessLogPolicy.Rotation?, losses: AccessLogLosses,
        write: @escaping Write = { Glibc.write($0, $1, $2) }
    ) throws(SystemError) {
        self.path = path
        self.write = write
        self.rotation = rotation
        self.losses = losses
        // A pipe that nobody reads must not keep the control loop waiting. A link is followed where the router only
        // appends, as to /dev/stdout in a container; where it rotates, a link would be moved aside and what it leads to
        // filled without bound.
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | (rotation == nil ? 0 : O_NOFOLLOW)
        fd = open(path, flags, 0o600)
        guard fd >= 0 else { throw SystemError("open", errno) }
        size = Self.size(of: fd)
        nextRotationSize = rotation?.size ?? .max
    }

    deinit { close(fd) }

    func retire() {}

    private static func size(of fd: Int32) -> Int {
        var status = stat()
        return fstat(fd, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : 0
    }

    func append(_ lines: [UInt8]) {
        lines.withUnsafeBytes { lines in
            var rest = lines[...]
            while !rest.isEmpty {
                let room = max(0, nextRotationSize - size)
                guard rest.count > room else { return add(UnsafeRawBufferPointer(rebasing: rest)) }
                // As many whole lines as fit, or one that is longer than a file may be.
                let end = rest.prefix(room).lastIndex(of: UInt8(ascii: "\n")) ?? rest.startIndex - 1
                if end >= rest.startIndex {
                    add(UnsafeRawBufferPointer(rebasing: rest[...end]))
                    rest = rest[(end + 1)...]
                } else if size == 0 {
                    let first = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex - 1
                    add(UnsafeRawBufferPointer(rebasing: rest[...first]))
                    rest = rest[(first + 1)...]
                }
                if !rest.isEmpty { rotate() }
            }
        }
    }

    private func add(_ lines: UnsafeRawBufferPointer) {
        var written = 0
        while written < lines.count {
            let count = write(fd, lines.baseAddress.map { $0 + written }, lines.count - written)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            written += count
        }
        guard written < lines.count else {
            size += written
            return
        }
        // A full disk loses lines, never requests, and never half a line.
        let lineBreak = UInt8(ascii: "\n")
        let whole = lines[..<written].lastIndex(of: lineBreak).map { $0 + 1 } ?? 0
        if whole < written, ftruncate(fd, off_t(size + whole)) != 0 { size += written - whole }
        size += whole
        losses.file &+= UInt64(lines[whole...].count { $0 == lineBreak })
    }

    /// Begins a new file: `FILE.4` becomes `FILE.5`, and so on, `FILE` becomes `FILE.1`. When none can be made, the
    /// present one goes on.
    private func rotate() {
        guard let rotation else { return }
        let fresh = path + ".new"
        // Made, never opened: a link that was planted under the name would have the router empty what it leads to.
        unlink(fresh)
        let next = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0o600)
        guard next >= 0 else {
            RouterLog.write(
                .warning, "cannot rotate the access log",
                ["file": path, "problem": String(cString: strerror(errno))])
            nextRotationSize = size + rotation.size
            return
        }
        for number in (1..<rotation.keep).reversed() { rename("\(path).\(number)", "\(path).\(number + 1)") }
        rename(path, "\(path).1")
        rename(fresh, path)
        close(fd)
        fd = next
        size = 0
        nextRotationSize = rotation.size
    }
}
