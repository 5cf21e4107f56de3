import ControlKit
import Glibc

/// A process, told apart from a later one that got the same number by the time it started.
package struct ProcessIdentity: Equatable, Hashable, Sendable {
    package var pid: Int32
    /// Clock ticks since boot (`/proc/PID/stat`, field 22); 0 when unknown.
    package var started: UInt64

    package init(pid: Int32, started: UInt64) {
        self.pid = pid
        self.started = started
    }

    /// Whether exactly this process still runs (a zombie does not).
    package var isAlive: Bool {
        guard pid > 1, let stat = Self.stat(of: pid) else { return false }
        return stat.state != "Z" && stat.state != "X" && (started == 0 || stat.started == started)
    }

    /// Sends `signal` to the process if it is still the one that was meant. Returns whether it was sent.
    @discardableResult
    package func signal(_ signal: Int32) -> Bool { isAlive && kill(pid, signal) == 0 }

    /// Sends `signal` to the whole group that the process leads.
    @discardableResult
    package func signalGroup(_ signal: Int32) -> Bool { pid > 1 && kill(-pid, signal) == 0 }

    package static func startTime(of pid: Int32) -> UInt64? { stat(of: pid)?.started }

    private static func stat(of pid: Int32) -> (state: String, started: UInt64)? {
        guard let text = FileSystem.readText("/proc/\(pid)/stat") else { return nil }
        return parse(stat: text)
    }

    /// The name in field 2 may hold blanks and parentheses: what counts begins after the last `)` (proc(5)).
    package static func parse(stat text: String) -> (state: String, started: UInt64)? {
        guard let close = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: close)...].split(whereSeparator: { $0 == " " || $0 == "\n" })
        guard fields.count >= 20, let started = UInt64(fields[19]) else { return nil }
        return (String(fields[0]), started)
    }
}
