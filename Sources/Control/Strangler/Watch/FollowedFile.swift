import Glibc

/// A file that grows at its end, read line by line, also when it is rotated: the old one to its end, then the new one.
package final class FollowedFile {
    private let path: String
    private var descriptor: Int32 = -1
    private var inode: UInt64 = 0
    private var pending: [UInt8] = []

    /// How far from its end the first lines are looked for.
    private static let reach = 256 << 10
    /// No line of an access log is near as long; what is goes on as if it had ended.
    private static let lineLimit = 1 << 20

    /// Nothing is read yet; the file need not be there.
    package init(path: String) { self.path = path }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// The last `count` lines that are there; `next` goes on behind them. nil: there is no such file.
    package func last(_ count: Int) -> [String]? {
        guard open() else { return nil }
        let size = lseek(descriptor, 0, SEEK_END)
        let start = max(0, size - off_t(Self.reach))
        lseek(descriptor, start, SEEK_SET)
        var lines = read()
        // The first one began earlier.
        if start > 0, !lines.isEmpty { lines.removeFirst() }
        return lines.suffix(count)
    }

    /// Lines that came since.
    package func next() -> [String] {
        guard descriptor >= 0 || open() else { return [] }
        var lines = read()
        var status = stat()
        guard stat(path, &status) == 0, UInt64(status.st_ino) != inode else { return lines }
        // Rotated: what was written meanwhile, and then from the start of the new one.
        lines += read()
        close(descriptor)
        descriptor = -1
        pending = []
        if open() { lines += read() }
        return lines
    }

    private func open() -> Bool {
        descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        var status = stat()
        if fstat(descriptor, &status) == 0 { inode = UInt64(status.st_ino) }
        return true
    }

    /// Whole lines up to the end; what is not whole waits.
    private func read() -> [String] {
        var lines: [String] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return lines }
            for byte in chunk[..<count] {
                if byte == 0x0A || pending.count >= Self.lineLimit {
                    lines.append(String(decoding: pending, as: UTF8.self))
                    pending.removeAll(keepingCapacity: true)
                } else {
                    pending.append(byte)
                }
            }
        }
    }
}
