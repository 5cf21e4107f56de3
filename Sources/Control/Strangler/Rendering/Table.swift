/// Rows under headings, as wide as their content; numbers stand right, text stands left.
package struct Table: Equatable, Sendable {
    package enum Alignment: Equatable, Sendable { case left, right }

    package struct Column: Equatable, Sendable {
        package var title: String
        package var alignment: Alignment

        package static func text(_ title: String) -> Column { Column(title: title, alignment: .left) }
        package static func number(_ title: String) -> Column { Column(title: title, alignment: .right) }
    }

    package struct Cell: Equatable, Sendable, ExpressibleByStringLiteral {
        package var text: String
        package var tone: Tone

        package init(_ text: String, _ tone: Tone = .plain) {
            self.text = text
            self.tone = tone
        }
        package init(stringLiteral value: String) { self.init(value) }
    }

    package var columns: [Column]
    package var rows: [[Cell]]

    package init(_ columns: [Column], rows: [[Cell]] = []) {
        self.columns = columns
        self.rows = rows
    }

    /// The lines of the table, without white space at their ends.
    package func lines(_ style: Style) -> [String] {
        var widths = columns.map { $0.title.count }
        for row in rows {
            for (index, cell) in row.enumerated() where index < widths.count {
                widths[index] = max(widths[index], cell.text.count)
            }
        }
        let heading = line(columns.map { Cell($0.title, .faint) }, widths, style)
        return [heading] + rows.map { line($0, widths, style) }
    }

    private func line(_ cells: [Cell], _ widths: [Int], _ style: Style) -> String {
        var line = ""
        let lastWithText = cells.lastIndex { !$0.text.isEmpty } ?? -1
        for (index, cell) in cells.enumerated() where index < widths.count && index <= lastWithText {
            if index > 0 { line += "  " }
            let padding = String(repeating: " ", count: widths[index] - cell.text.count)
            switch columns[index].alignment {
            case .right: line += padding + style.paint(cell.text, cell.tone)
            case .left: line += style.paint(cell.text, cell.tone) + (index == lastWithText ? "" : padding)
            }
        }
        return line
    }
}
