package import ControlKit
import Glibc

/// A program started by us, in a process group of its own so that a Ctrl-C in the terminal reaches only us and the
/// order of stopping is ours.
package struct ChildProcess: Equatable, Sendable {
    package var name: String
    package var identity: ProcessIdentity
    /// Everything the program writes, both streams.
    package var log: String

    package var pid: Int32 { identity.pid }

    /// How a process ended.
    package enum Ending: Equatable, Sendable, CustomStringConvertible {
        case exited(Int32)
        case signalled(Int32)

        package var description: String {
            switch self {
            case .exited(let status): "exit status \(status)"
            case .signalled(let signal): "signal \(signal)"
            }
        }
    }

    /// Starts `arguments` (the program's path first); its output goes to `log`, which is emptied first unless
    /// `appends`.
    package static func spawn(
        _ name: String, _ arguments: [String], environment: [String: String], log: String, appends: Bool = false
    ) throws(OperationFailure) -> ChildProcess {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | (appends ? 0 : O_TRUNC)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, flags, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        // Whatever mask the starting thread has, the child begins with nothing blocked.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))

        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var pid: Int32 = 0
        let code = posix_spawn(&pid, arguments[0], &actions, &attributes, &argv, &envp)
        guard code == 0 else {
            throw OperationFailure(
                .failed, "cannot start \(name) (\(arguments[0])): \(String(cString: strerror(code)))",
                fix: "build it first: swift build -c release")
        }
        return ChildProcess(
            name: name, identity: ProcessIdentity(pid: pid, started: ProcessIdentity.startTime(of: pid) ?? 0), log: log)
    }

    /// How the process ended, or nil while it runs. Collects the child, so the answer is given once by the kernel.
    package func ending() -> Ending? {
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
        let signal = status & 0x7F
        return signal == 0 ? .exited((status >> 8) & 0xFF) : .signalled(signal)
    }
}
