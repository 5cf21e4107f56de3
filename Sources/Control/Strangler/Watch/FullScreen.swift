/// The alternate screen of a terminal with its cursor hidden, from the first `show` to `close`. On anything else it
/// does nothing.
struct FullScreen: ~Copyable {
    private let console: Console?
    private var isOpen = false

    init(_ console: Console?) { self.console = console }

    /// Columns and lines now; nil: this is no terminal.
    var size: (columns: Int, lines: Int)? { console?.screen() }

    mutating func show(_ lines: [String]) {
        guard let console else { return }
        // Written over, not cleared before: no flicker.
        console.print(
            screen: lines, before: isOpen ? "\u{1B}[H" : "\u{1B}[?1049h\u{1B}[?25l\u{1B}[H", behind: "\u{1B}[J")
        isOpen = true
    }

    /// Gives the cursor and what stood there before back.
    mutating func close() {
        guard isOpen else { return }
        isOpen = false
        console?.print(screen: [], before: "\u{1B}[?25h", behind: "\u{1B}[?1049l")
    }
}
