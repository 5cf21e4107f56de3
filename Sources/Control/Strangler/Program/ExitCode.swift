/// How a command ends, for scripts. The numbers are a contract: they never change their meaning.
package struct ExitCode: Equatable, Hashable, Sendable {
    package let rawValue: Int32

    private init(_ rawValue: Int32) { self.rawValue = rawValue }

    /// Done; parity holds.
    package static let done = ExitCode(0)
    /// An error; a parity mismatch.
    package static let failure = ExitCode(1)
    /// Changes are pending (`plan --detailed-exitcode`); parity: not enough evidence.
    package static let pending = ExitCode(2)
    /// A gate failed, or the change was rolled back.
    package static let gateFailed = ExitCode(3)
    /// The change was asked for, but not observed in time.
    package static let timedOut = ExitCode(4)
    /// Somebody else changed the routes in between.
    package static let conflict = ExitCode(5)
    /// The command line makes no sense (sysexits `EX_USAGE`).
    package static let usage = ExitCode(64)
    /// No router answers (sysexits `EX_UNAVAILABLE`).
    package static let unreachable = ExitCode(69)
    /// The response could not be written, to a full disk for instance (sysexits `EX_IOERR`). What was asked for may be
    /// done all the same.
    package static let unwritten = ExitCode(74)
    /// The configuration is wrong (sysexits `EX_CONFIG`).
    package static let configuration = ExitCode(78)
    /// Ctrl-C (128 + SIGINT).
    package static let interrupted = ExitCode(130)
    /// The reader of the pipe has gone (128 + SIGPIPE, as shells tell of every program of a pipeline).
    package static let readerGone = ExitCode(141)
}
