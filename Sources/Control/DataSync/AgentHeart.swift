private import EventLoop
private import Glibc
private import Migration
private import Synchronization

/// Shows beside each target that the agent lives and what it does, from a thread of its own: a step that waits for a
/// disk does not look like death. Writes no store.
final class AgentHeart: Sendable {
    private let board: AgentBoard
    private let isDone = Atomic<Bool>(false)
    private let thread: Mutex<PlainThread?>

    init(_ board: AgentBoard) {
        self.board = board
        thread = Mutex(nil)
    }

    /// Begins to beat. Without a thread to be had the agent carries all the same, and shows itself only once.
    func start() {
        beat(written: nil)
        let started = try? PlainThread(name: "data-heart") { [self] in
            var written: [String: [UInt8]] = [:]
            while !isDone.load(ordering: .relaxed) {
                written = beat(written: written)
                pause(board.document.heartbeat)
            }
        }
        thread.withLock { $0 = started }
    }

    /// Ends the thread and takes the signs away.
    func stop() {
        isDone.store(true, ordering: .relaxed)
        thread.withLock { $0.take() }?.join()
        for (target, _) in board.reports(process: 0) { unlink(AgentReport.path(target)) }
    }

    @discardableResult
    private func beat(written: [String: [UInt8]]?) -> [String: [UInt8]] {
        var result: [String: [UInt8]] = [:]
        for (target, report) in board.reports(process: Int(getpid())) {
            let path = AgentReport.path(target)
            let bytes = report.bytes
            if written?[target] != bytes || !ReportFile.touch(path) { ReportFile.write(bytes, to: path) }
            result[target] = bytes
        }
        return result
    }

    /// Between 10 ms and a second, so that an agent never looks dead for want of a beat; in pieces, so that its end is
    /// not waited for.
    private func pause(_ interval: Duration) {
        let parts = interval.components
        let wanted = Int(clamping: parts.seconds * 1_000 + parts.attoseconds / 1_000_000_000_000_000)
        var left = min(1_000, max(10, wanted))
        while left > 0, !isDone.load(ordering: .relaxed) {
            usleep(UInt32(min(left, 50)) * 1_000)
            left -= 50
        }
    }
}
