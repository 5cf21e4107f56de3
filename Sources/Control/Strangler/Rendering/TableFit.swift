import Arguments

/// A table in so many columns of the screen. In this order, until it fits: titles and texts are broken into several
/// lines, columns that can be done without are left out and named, and each row is written as a list of its cells.
struct TableFit {
    private let table: Table
    private let width: Int
    private let widths: [Int]
    private let leftOut: [String]
    private var fits: Bool { Self.total(widths) <= width }

    /// A text is not made narrower than this, and not than a word of its title.
    private static let leastText = 10

    init(_ table: Table, width: Int) {
        var shown = table
        var leftOut: [String] = []
        var widths = Self.widths(of: shown, within: width)
        while Self.total(widths) > width,
            let goes = shown.columns.indices.max(by: { shown.columns[$0].expendable < shown.columns[$1].expendable }),
            shown.columns[goes].expendable > 0
        {
            leftOut.append(shown.columns[goes].title)
            shown.columns.remove(at: goes)
            for row in shown.rows.indices where shown.rows[row].indices.contains(goes) {
                shown.rows[row].remove(at: goes)
            }
            widths = Self.widths(of: shown, within: width)
        }
        let fits = Self.total(widths) <= width
        // A list has room for every cell.
        self.table = fits ? shown : table
        self.leftOut = fits ? leftOut : []
        self.widths = widths
        self.width = width
    }

    func lines(_ style: Style) -> [String] {
        guard fits else { return lists(style) }
        let heading = table.columns.map { Table.Cell($0.title, .faint) }
        var lines = ([heading] + table.rows).flatMap { broken($0, style) }
        if !leftOut.isEmpty {
            let names = leftOut.joined(separator: ", ")
            lines += WrappedText.lines("not shown, for want of columns: \(names)", width: width).map {
                style.paint($0, .faint)
            }
        }
        return lines
    }

    /// One row on as many lines as its longest cell takes.
    private func broken(_ cells: [Table.Cell], _ style: Style) -> [String] {
        let pieces = zip(cells, widths).map { WrappedText.lines($0.text, width: $1) }
        return (0..<(pieces.map(\.count).max() ?? 0)).map { number in
            let line = zip(cells, pieces).map { cell, pieces in
                Table.Cell(pieces.indices.contains(number) ? pieces[number] : "", cell.tone)
            }
            return table.line(line, widths, style)
        }
    }

    private func lists(_ style: Style) -> [String] {
        table.rows.enumerated().flatMap { number, row in
            let cells = zip(table.columns, row).filter { !$1.text.isEmpty }
            return (number > 0 ? [""] : [])
                + cells.flatMap { column, cell in
                    let lines = WrappedText.lines("\(column.title): \(cell.text)", width: width - 2)
                    return lines.enumerated().map { $0 == 0 ? $1 : "  " + $1 }
                }.map { style.paint($0, .plain) }
        }
    }

    // MARK: Widths

    private static func total(_ widths: [Int]) -> Int { widths.reduce(0, +) + 2 * max(0, widths.count - 1) }

    /// From what each column would take, a step at a time from the widest that can give.
    private static func widths(of table: Table, within width: Int) -> [Int] {
        var widths = table.naturalWidths
        let least = table.columns.indices.map { index in
            let word = table.columns[index].title.split(separator: " ").map(\.count).max() ?? 0
            let content = table.rows.compactMap { $0.indices.contains(index) ? $0[index].text.count : nil }.max() ?? 0
            // Digits are not broken.
            return max(word, table.columns[index].alignment == .right ? content : min(content, leastText))
        }
        while total(widths) > width,
            let gives = widths.indices.filter({ widths[$0] > least[$0] }).max(by: { widths[$0] < widths[$1] })
        {
            widths[gives] -= 1
        }
        return widths
    }
}
