import Arguments
package import ControlKit

/// What a command found or did: once for a person, once for a program. Rendering it has no effect on anything.
package struct Answer: Equatable, Sendable {
    /// A part of the text form.
    package enum Block: Equatable, Sendable {
        /// A paragraph; the first one of a response says the whole of it.
        case sentence(String, Tone = .plain)
        case table(Table)
        /// Lines that stand as they are, such as a document or a diff.
        case lines([String])
        /// Nothing but the text, without surrounding space: for documents that are piped on.
        case raw(String)
    }

    /// A command the user may want next.
    package struct NextStep: Equatable, Sendable {
        package var command: String
        package var reason: String

        package init(_ command: String, _ reason: String) {
            self.command = command
            self.reason = reason
        }
    }

    package var exit: ExitCode
    package var blocks: [Block]
    /// The members of the JSON form; `next_steps` is added to them.
    package var data: OutputValue
    package var nextSteps: [NextStep]
    /// All of it was printed as it happened: nothing is left to say.
    package var isSaid = false

    /// Of a command that speaks while it runs.
    package static var said: Answer {
        var answer = Answer([], data: .null)
        answer.isSaid = true
        return answer
    }

    package init(exit: ExitCode = .done, _ blocks: [Block], data: OutputValue, next: [NextStep] = []) {
        self.exit = exit
        self.blocks = blocks
        self.data = data
        self.nextSteps = next
    }

    /// A document that is piped on, when it is all there is.
    package var rawDocument: String? {
        if blocks.count == 1, case .raw(let text) = blocks[0] { text } else { nil }
    }

    /// The text form; ends with a line break unless it is empty.
    ///
    /// - Parameter width: columns that prose and tables keep to; nil: as many as they take. Commands and documents are
    ///   copied, so they are not broken.
    package func text(_ style: Style, width: Int? = nil) -> String {
        if let rawDocument { return rawDocument }
        var paragraphs: [String] = []
        for block in blocks {
            switch block {
            case .sentence(let text, let tone):
                let lines = text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line in
                    width.map { WrappedText.lines(String(line), width: $0) } ?? [String(line)]
                }
                paragraphs.append(lines.map { style.paint($0, tone) }.joined(separator: "\n"))
            case .table(let table):
                if !table.rows.isEmpty { paragraphs.append(table.lines(style, width: width).joined(separator: "\n")) }
            case .lines(let lines):
                if !lines.isEmpty { paragraphs.append(lines.joined(separator: "\n")) }
            case .raw(let text): paragraphs.append(text)
            }
        }
        if !nextSteps.isEmpty { paragraphs.append(nextLines(style, width).joined(separator: "\n")) }
        return paragraphs.isEmpty ? "" : paragraphs.joined(separator: "\n\n") + "\n"
    }

    /// The JSON form: `data` with `next_steps` at its end.
    package var document: OutputValue {
        guard case .object = data else { return data }
        var document = data
        document["next_steps"] = .array(
            nextSteps.map { ["command": .string($0.command), "reason": .string($0.reason)] })
        return document
    }

    private func nextLines(_ style: Style, _ width: Int?) -> [String] {
        let widest = nextSteps.map { $0.command.count }.max() ?? 0
        let longest = nextSteps.map { $0.reason.count }.max() ?? 0
        let isNarrow = width.map { widest + longest + 4 > $0 } ?? false
        return [style.paint("next:", .faint)]
            + nextSteps.flatMap { step in
                let command = "  " + style.paint(step.command, .strong)
                if isNarrow {
                    let reason = WrappedText.lines("      " + step.reason, width: width ?? .max)
                    return [command] + reason.map { style.paint($0, .faint) }
                }
                let padding = String(repeating: " ", count: widest - step.command.count)
                return [command + padding + "  " + style.paint(step.reason, .faint)]
            }
    }
}
