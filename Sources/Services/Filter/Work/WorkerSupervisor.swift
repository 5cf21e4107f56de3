import EventLoop
import Formats
import Glibc
import ServiceKit
import Synchronization
import Telemetry

/// Starts worker processes, wakes them, starts a new one for each that dies, and stops them with the service.
///
/// Each worker reads a pipe whose other end is here: a byte wakes it, and its end, should this process be killed,
/// tells it to finish.
final class WorkerSupervisor: Sendable {
    private struct Worker {
        var process: pid_t
        var pipe: Int32
    }

    private let executable: String
    private let arguments: [String]
    private let queue: JobQueue
    private let log: @Sendable (String) -> Void
    private let workers = Mutex<[Int: Worker]>([:])
    private let isStopping = Atomic(false)
    private let running = Atomic(0)

    /// - Parameter arguments: what makes the executable a worker; `--name NAME` is added.
    init(
        executable: String, arguments: [String], count: Int, queue: JobQueue, log: @escaping @Sendable (String) -> Void
    ) throws {
        self.executable = executable
        self.arguments = arguments
        self.queue = queue
        self.log = log
        // A write to the pipe of a worker that has just died must not end the service.
        signal(SIGPIPE, SIG_IGN)
        for slot in 0..<count {
            running.add(1, ordering: .relaxed)
            _ = try PlainThread(name: "workers-\(slot)") { self.keep(slot) }
        }
    }

    func wake() {
        workers.withLock { workers in
            var byte: UInt8 = 1
            // A full pipe wakes as well: the result does not matter.
            for worker in workers.values { _ = write(worker.pipe, &byte, 1) }
        }
    }

    /// Asks every worker to finish or give back its job; after `seconds` those that are left are killed.
    func stop(seconds: Int) async {
        isStopping.store(true, ordering: .sequentiallyConsistent)
        signalAll(SIGTERM)
        for _ in 0..<seconds * 50 where running.load(ordering: .acquiring) > 0 {
            try? await Task.sleep(for: .milliseconds(20))
        }
        signalAll(SIGKILL)
    }

    private func signalAll(_ signal: Int32) {
        workers.withLock { for worker in $0.values { kill(worker.process, signal) } }
    }

    /// One slot's life: start, wait for the end, free what it held, start again, ever more slowly while it fails.
    private func keep(_ slot: Int) {
        defer { running.subtract(1, ordering: .acquiringAndReleasing) }
        var pause: UInt32 = 50
        var incarnation = 0
        while !isStopping.load(ordering: .sequentiallyConsistent) {
            incarnation += 1
            let name = "\(getpid())-\(slot)-\(incarnation)"
            let started = Timestamp.now()
            guard let worker = spawn(name) else {
                usleep(1_000_000)
                continue
            }
            workers.withLock { $0[slot] = worker }
            // It may have been asked to stop between the look at the flag and the entry in the table.
            if isStopping.load(ordering: .sequentiallyConsistent) { kill(worker.process, SIGTERM) }
            var status: Int32 = 0
            while waitpid(worker.process, &status, 0) < 0, errno == EINTR {}
            workers.withLock { $0[slot] = nil }
            close(worker.pipe)
            do { try queue.ownerDied(name) } catch { log("worker \(name): \(error)") }
            guard !isStopping.load(ordering: .sequentiallyConsistent) else { return }
            log("worker \(name) ended (status \(status)); starting another")
            wake()
            let lived = Timestamp.now().milliseconds - started.milliseconds
            pause = lived > 5_000 ? 50 : min(pause * 2, 5_000)
            usleep(pause * 1_000)
        }
    }

    private func spawn(_ name: String) -> Worker? {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        // Neither end may leak into another worker, or its end would never be seen.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        // Standard output belongs to the service: its one line says where it listens.
        posix_spawn_file_actions_adddup2(&actions, 2, 1)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A terminal's Ctrl-C goes to the service alone, which then stops its workers in order.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        let words = [executable] + arguments + ["--name", name]
        var pointers = words.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        // Only what a program needs to run: nothing of the service's own settings goes further.
        let passed: [UnsafeMutablePointer<CChar>?] = ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"].compactMap {
            (key: String) in
            getenv(key).map { strdup("\(key)=\(String(cString: $0))") }
        }
        var environment = passed + [nil]
        defer { for pointer in passed { free(pointer) } }
        var process: pid_t = 0
        let code = posix_spawn(&process, executable, &actions, &attributes, &pointers, &environment)
        close(ends[0])
        guard code == 0 else {
            close(ends[1])
            log("a worker cannot be started: \(String(cString: strerror(code)))")
            return nil
        }
        return Worker(process: process, pipe: ends[1])
    }
}
