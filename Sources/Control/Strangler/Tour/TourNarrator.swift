/// The voice of the tour: numbered steps, the command a user would type, and what it answered.
struct TourNarrator: Sendable {
    private let console: Console

    init(_ console: Console) { self.console = console }

    func title(_ text: String) {
        console.print("\n" + console.outStyle.paint(text, .strong) + "\n")
    }

    /// A step begins: its number, its name and one sentence about it.
    func step(_ number: Int, _ name: String, _ sentence: String) {
        let style = console.outStyle
        console.print(
            "\n" + style.paint("\(number). \(name)", .strong) + "\n" + style.paint("   " + sentence, .faint) + "\n")
    }

    /// The command of a step, as a user types it.
    func command(_ words: [String]) {
        let line = words.map { $0.contains(" ") ? "'\($0)'" : $0 }.joined(separator: " ")
        console.print("\n   " + console.outStyle.paint("$ strangler " + line, .strong) + "\n")
    }

    /// What a command answered, indented.
    func output(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : "   " + $0 }
        var block = lines.joined(separator: "\n")
        while block.hasSuffix("\n") { block.removeLast() }
        console.print(block + "\n")
    }

    func fact(_ text: String, _ tone: Tone = .good) {
        console.print("   " + console.outStyle.paint(text, tone) + "\n")
    }
}
