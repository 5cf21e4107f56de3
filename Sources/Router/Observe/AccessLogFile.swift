import EventLoop
import Glibc
import Routing

/// The access log on disk: the control loop fetches the workers' lines and appends them, so that no request ever waits for the disk.
final class AccessLogFile {
    let path: String
    private let fd: Int32

    init?(path: String) {
        self.path = path
        fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        if fd < 0 { return nil }
    }

    deinit { close(fd) }

    func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                let count = write(fd, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
                if count < 0, errno == EINTR { continue }
                // A full disk loses lines, never requests.
                guard count > 0 else { return }
                offset += count
            }
        }
    }
}

extension RouterProcess {
    static let logInterval = Moment.Span.milliseconds(250)

    /// Opens the log that the table names, anew after every reload: that is how logs are rotated.
    func openAccessLog(_ table: ServedTable) {
        guard let text = table.document.accessLog else {
            accessLog = nil
            return
        }
        let path = store.compiler.absolute(text)
        guard let file = AccessLogFile(path: path) else {
            RouterLog.write(
                .error, "cannot open the access log", ["file": path, "problem": String(cString: strerror(errno))])
            return
        }
        let isNew = accessLog == nil
        accessLog = file
        if isNew { scheduleLogFlush() }
    }

    private func scheduleLogFlush() {
        let timer = Timer(loop: loop) { [self] in
            flushAccessLog { [self] in if accessLog != nil { scheduleLogFlush() } }
        }
        timer.fire(after: Self.logInterval)
    }

    func flushAccessLog(_ done: @escaping () -> Void) {
        guard let accessLog else { return done() }
        collect({ worker -> (bytes: [UInt8], dropped: UInt64) in worker.accessLog?.take() ?? ([], 0) }) { parts in
            for part in parts {
                if !part.bytes.isEmpty { accessLog.append(part.bytes) }
                if part.dropped > 0 {
                    RouterLog.write(.warning, "access log lines dropped", ["count": "\(part.dropped)"])
                }
            }
            done()
        }
    }
}
