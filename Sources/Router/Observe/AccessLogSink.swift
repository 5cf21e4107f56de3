import EventLoop
import Routing

/// Where the control loop puts the lines of all loops. Never fails and never waits: what cannot be kept is counted.
protocol AccessLogSink: AnyObject {
    /// Whole lines, each with its line break.
    func append(_ lines: [UInt8])
    /// Another one takes its place, or none.
    func retire()
}

/// Lines that were lost. Confined to the control loop; outlives every sink.
final class AccessLogLosses {
    /// In a loop's buffer, between two visits of the control loop.
    var buffer: UInt64 = 0
    /// The disk was full or failed.
    var file: UInt64 = 0
    /// The socket's reader did not take them in time, or was not there.
    var socket: UInt64 = 0

    var counts: [(place: String, count: UInt64)] { [("buffer", buffer), ("file", file), ("socket", socket)] }
    var total: UInt64 { buffer &+ file &+ socket }
}

extension RouterProcess {
    private static let logInterval = Moment.Span.milliseconds(250)

    /// Opens the log that the table names; a file anew after every reload, as a program that rotates it from outside
    /// expects.
    func openAccessLog(_ table: ServedTable) {
        guard let policy = table.document.accessLog else {
            accessLog?.retire()
            accessLog = nil
            return
        }
        let old = accessLog
        defer { if let old, old !== accessLog { old.retire() } }
        switch policy {
        case .file(let text, let rotation):
            let path = store.compiler.absolute(text)
            do throws(SystemError) {
                accessLog = try AccessLogFile(path: path, rotation: rotation, losses: accessLogLosses)
            } catch {
                RouterLog.write(.error, "cannot open the access log", ["file": path, "problem": "\(error)"])
                return
            }
        case .socket(let text):
            let path = store.compiler.absolute(text)
            // What waits in the one at hand shall not be lost to a reload.
            if let socket = accessLog as? AccessLogSocket, socket.path == path { return }
            do throws(SystemError) {
                accessLog = try AccessLogSocket(loop: loop, path: path, losses: accessLogLosses)
            } catch {
                RouterLog.write(.error, "cannot open the access log", ["socket": path, "problem": "\(error)"])
                return
            }
        }
        if old == nil { scheduleLogFlush() }
    }

    private func scheduleLogFlush() {
        let timer = Timer(loop: loop) { [self] in
            flushAccessLog { [self] in if accessLog != nil { scheduleLogFlush() } }
        }
        timer.fire(after: Self.logInterval)
    }

    func flushAccessLog(_ done: @escaping () -> Void) {
        guard accessLog != nil else { return done() }
        collect({ worker -> (bytes: [UInt8], dropped: UInt64) in worker.accessLog?.take() ?? ([], 0) }) {
            [self] parts in
            let before = accessLogLosses.total
            for part in parts {
                // Asked anew: a reload may have taken it away meanwhile.
                if !part.bytes.isEmpty { accessLog?.append(part.bytes) }
                accessLogLosses.buffer &+= part.dropped
            }
            let lost = accessLogLosses.total &- before
            if lost > 0 { RouterLog.write(.warning, "access log lines dropped", ["count": "\(lost)"]) }
            done()
        }
    }
}
