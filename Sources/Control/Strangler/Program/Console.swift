import Glibc
import Synchronization
import Telemetry

/// Where a command speaks: data to standard output, everything else to standard error, so that pipes see only data.
///
/// All text passes through `Printable` here, because reasons, names and paths come from elsewhere: a terminal obeys
/// nothing but the colours of `Style`.
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
    /// Columns that `COLUMNS` asks for; nil: it says nothing.
    private let askedColumns: Int?
    private let isQuiet: Bool
    /// Standard output: of this console and of the quieter one.
    package let outlet: Outlet
    private let error: @Sendable (String) -> Void
    private let state = Mutex(State())

    package init(
        outStyle: Style = .plain, errorStyle: Style = .plain, isInteractive: Bool = false, isLive: Bool = false,
        screen: @escaping @Sendable () -> (columns: Int, lines: Int)? = { nil }, askedColumns: Int? = nil,
        isQuiet: Bool = false, outlet: Outlet, error: @escaping @Sendable (String) -> Void
    ) {
        self.outStyle = outStyle
        self.errorStyle = errorStyle
        self.isInteractive = isInteractive
        self.isLive = isLive
        self.screen = screen
        self.askedColumns = askedColumns
        self.isQuiet = isQuiet
        self.outlet = outlet
        self.error = error
    }

    /// The console of this process.
    package static func standard(environment: [String: String], isQuiet: Bool) -> Console {
        let isDumb = environment["TERM"] == "dumb"
        let complaints = Outlet.descriptor(STDERR_FILENO)
        return Console(
            outStyle: .forDescriptor(STDOUT_FILENO, environment: environment),
            errorStyle: .forDescriptor(STDERR_FILENO, environment: environment),
            isInteractive: isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1,
            isLive: isatty(STDERR_FILENO) == 1, screen: { isDumb ? nil : Self.terminal() },
            askedColumns: Self.columns(environment), isQuiet: isQuiet, outlet: .descriptor(STDOUT_FILENO),
            error: { complaints.put($0) })
    }

    /// The same console, saying less.
    package func quieter() -> Console {
        Console(
            outStyle: outStyle, errorStyle: errorStyle, isInteractive: isInteractive, isLive: isLive, screen: screen,
            askedColumns: askedColumns, isQuiet: true, outlet: outlet, error: error)
    }

    /// Columns that text on standard output should keep to; nil: as many as it takes, as in a pipe.
    package var columns: Int? { askedColumns ?? screen()?.columns }

    /// Columns that `COLUMNS` asks for: a number that leaves room for a word.
    package static func columns(_ environment: [String: String]) -> Int? {
        environment["COLUMNS"].flatMap { Int($0) }.flatMap { $0 >= 20 ? $0 : nil }
    }

    // MARK: Standard output

    /// Words and tables.
    package func print(_ text: String) {
        put(outStyle.outlet(text))
    }

    /// JSON for programs.
    package func print(json text: String) {
        put(Printable.json(text))
    }

    /// A document that is piped on: every byte as it is.
    package func print(document text: String) {
        put(text)
    }

    /// Lines over those that the screen has now, with sequences of our own before them and behind.
    package func print(screen lines: [String], before: StaticString, behind: StaticString) {
        // One write, so that no half of it is seen.
        put("\(before)" + lines.map { outStyle.outlet($0) + "\u{1B}[K\n" }.joined() + "\(behind)")
    }

    private func put(_ text: String) {
        guard !text.isEmpty else { return }
        endLiveLine()
        outlet.put(text)
    }

    // MARK: Standard error

    /// A line about what goes on; silent with `--quiet`.
    package func progress(_ line: String) {
        guard !isQuiet else { return }
        say(line)
    }

    /// A line that must be seen, quiet or not: warnings and errors.
    package func say(_ line: String) {
        endLiveLine()
        error(errorStyle.outlet(line) + "\n")
    }

    /// Rewrites the one live line of a terminal; elsewhere nothing, for a log wants no flood.
    package func live(_ line: String) {
        guard isLive, !isQuiet else { return }
        state.withLock { $0.hasLiveLine = true }
        error("\r\u{1B}[K" + errorStyle.outlet(line))
    }

    package func warn(_ text: String) { say(errorStyle.paint("warning:", .warning) + " " + Printable.text(text)) }

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
}
