import Glibc
import Synchronization

/// Where a command speaks: data to standard output, everything else to standard error, so that pipes see only data.
package final class Console: Sendable {
    private struct State {
        /// Whether the last thing on standard error is a live line that the next text must replace.
        var hasLiveLine = false
    }

    package let outStyle: Style
    package let errorStyle: Style
    /// Whether a person can answer: both standard input and standard error are terminals.
    package let isInteractive: Bool
    /// Whether standard error is a terminal, so that a line may be rewritten in place.
    package let isLive: Bool
    /// Columns and lines of the terminal that standard output is; nil: it is none, or a dumb one.
    package let screen: @Sendable () -> (columns: Int, lines: Int)?
    private let isQuiet: Bool
    private let out: @Sendable (String) -> Void
    private let error: @Sendable (String) -> Void
    private let state = Mutex(State())

    package init(
        outStyle: Style = .plain, errorStyle: Style = .plain, isInteractive: Bool = false, isLive: Bool = false,
        screen: @escaping @Sendable () -> (columns: Int, lines: Int)? = { nil }, isQuiet: Bool = false,
        out: @escaping @Sendable (String) -> Void, error: @escaping @Sendable (String) -> Void
    ) {
        self.outStyle = outStyle
        self.errorStyle = errorStyle
        self.isInteractive = isInteractive
        self.isLive = isLive
        self.screen = screen
        self.isQuiet = isQuiet
        self.out = out
        self.error = error
    }

    /// The console of this process.
    package static func standard(environment: [String: String], isQuiet: Bool) -> Console {
        let isDumb = environment["TERM"] == "dumb"
        return Console(
            outStyle: .forDescriptor(STDOUT_FILENO, environment: environment),
            errorStyle: .forDescriptor(STDERR_FILENO, environment: environment),
            isInteractive: isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1,
            isLive: isatty(STDERR_FILENO) == 1, screen: { isDumb ? nil : Self.terminal() },
            isQuiet: isQuiet,
            out: { Self.write($0, to: STDOUT_FILENO) }, error: { Self.write($0, to: STDERR_FILENO) })
    }

    /// The same console, saying less.
    package func quieter() -> Console {
        Console(
            outStyle: outStyle, errorStyle: errorStyle, isInteractive: isInteractive, isLive: isLive, screen: screen,
            isQuiet: true,
            out: out, error: error)
    }

    /// Data, as it is.
    package func print(_ text: String) {
        guard !text.isEmpty else { return }
        endLiveLine()
        out(text)
    }

    /// A line about what goes on; silent with `--quiet`.
    package func progress(_ line: String) {
        guard !isQuiet else { return }
        say(line)
    }

    /// A line that must be seen, quiet or not: warnings and errors.
    package func say(_ line: String) {
        endLiveLine()
        error(line + "\n")
    }

    /// Rewrites the one live line of a terminal; elsewhere nothing, for a log wants no flood.
    package func live(_ line: String) {
        guard isLive, !isQuiet else { return }
        state.withLock { $0.hasLiveLine = true }
        error("\r\u{1B}[K" + line)
    }

    package func warn(_ text: String) { say(errorStyle.paint("warning:", .warning) + " " + text) }

    private func endLiveLine() {
        let had = state.withLock { state in
            defer { state.hasLiveLine = false }
            return state.hasLiveLine
        }
        if had { error("\r\u{1B}[K") }
    }

    private static func terminal() -> (columns: Int, lines: Int)? {
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return (80, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                bytes = bytes.dropFirst(count)
            } else if errno != EINTR {
                return
            }
        }
    }
}
