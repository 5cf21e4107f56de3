import Telemetry

/// Rows under headings, as wide as their content; numbers stand right, text stands left.
package struct Table: Equatable, Sendable {
    package enum Alignment: Equatable, Sendable { case left, right }

    package struct Column: Equatable, Sendable {
        package var title: String
        package var alignment: Alignment
        /// Of those that a narrow screen can do without, the highest goes first; 0 stays.
        package var expendable = 0

        package static func text(_ title: String, expendable: Int = 0) -> Column {
            Column(title: title, alignment: .left, expendable: expendable)
        }
        package static func number(_ title: String, expendable: Int = 0) -> Column {
            Column(title: title, alignment: .right, expendable: expendable)
        }
    }

    package struct Cell: Equatable, Sendable, ExpressibleByStringLiteral {
        /// One line: what a terminal would obey in it, a line break too, is written out.
        package var text: String
        package var tone: Tone

        package init(_ text: String, _ tone: Tone = .plain) {
            self.text = Printable.line(text)
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
    ///
    /// - Parameter width: columns to keep to, see `TableFit`; nil: as many as it takes.
    package func lines(_ style: Style, width: Int? = nil) -> [String] {
        guard let width else { return lines(style, widths: naturalWidths) }
        return TableFit(self, width: width).lines(style)
    }

    /// What each column takes without a line break in it.
    var naturalWidths: [Int] {
        var widths = columns.map { $0.title.count }
        for row in rows {
            for (index, cell) in row.enumerated() where index < widths.count {
                widths[index] = max(widths[index], cell.text.count)
            }
        }
        return widths
    }

    private func lines(_ style: Style, widths: [Int]) -> [String] {
        let heading = line(columns.map { Cell($0.title, .faint) }, widths, style)
        return [heading] + rows.map { line($0, widths, style) }
    }

    func line(_ cells: [Cell], _ widths: [Int], _ style: Style) -> String {
        var line = ""
        let lastWithText = cells.lastIndex { !$0.text.isEmpty } ?? -1
        for (index, cell) in cells.enumerated() where index < widths.count && index <= lastWithText {
            if index > 0 { line += "  " }
            let padding = String(repeating: " ", count: max(0, widths[index] - cell.text.count))
            switch columns[index].alignment {
            case .right: line += padding + style.paint(cell.text, cell.tone)
            case .left: line += style.paint(cell.text, cell.tone) + (index == lastWithText ? "" : padding)
            }
        }
        return line
    }
}
