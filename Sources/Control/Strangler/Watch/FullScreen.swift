/// The alternate screen of a terminal with its cursor hidden, from the first `show` to `close`. On anything else it does nothing.
struct FullScreen: ~Copyable {
    private let console: Console?
    private var isOpen = false

    init(_ console: Console?) { self.console = console }

    /// Columns and lines now; nil: this is no terminal.
    var size: (columns: Int, lines: Int)? { console?.screen() }

    mutating func show(_ lines: [String]) {
        guard let console else { return }
        var text = isOpen ? "" : "\u{1B}[?1049h\u{1B}[?25l"
        isOpen = true
        // Written over, not cleared before: no flicker.
        text += "\u{1B}[H" + lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J"
        console.print(text)
    }

    /// Gives the cursor and what stood there before back.
    mutating func close() {
        guard isOpen else { return }
        isOpen = false
        console?.print("\u{1B}[?25h\u{1B}[?1049l")
    }
}
