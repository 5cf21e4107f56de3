import ControlKit

/// A frame of `strangler top` as lines that fit a screen. Pure.
package enum TopReport {
    private struct Column: Sendable {
        let column: Table.Column
        /// What goes first when the screen is narrow; 0 stays.
        let expendable: Int
        let cell: @Sendable (TopFrame.Row) -> Table.Cell
    }

    private static let columns: [Column] = [
        Column(column: .text("ROUTE"), expendable: 0) { .init($0.route, .strong) },
        Column(column: .text("SIDE"), expendable: 0) { .init($0.side) },
        Column(column: .text("UPSTREAM"), expendable: 9) { .init($0.upstream) },
        Column(column: .number("ASKED"), expendable: 5) { .init(Decimal.percent($0.asked)) },
        Column(column: .number("SEEN"), expendable: 3) {
            .init($0.seen.map { Decimal.fixed($0, places: 1) + "%" } ?? "-")
        },
        Column(column: .number("RATE/S"), expendable: 0) { .init(Decimal.fixed($0.rate, places: 1)) },
        Column(column: .number("ERRORS"), expendable: 0) { row in
            .init(share(row.errorShare), row.errorShare ?? 0 > 0 ? .bad : .plain)
        },
        Column(column: .number("P50"), expendable: 4) { .init(latency($0.p50)) },
        Column(column: .number("P90"), expendable: 6) { .init(latency($0.p90)) },
        Column(column: .number("P99"), expendable: 1) { .init(latency($0.p99)) },
        Column(column: .number("IN FLIGHT"), expendable: 2) { .init("\($0.inFlight)") },
        Column(column: .number("LONG"), expendable: 7) { .init($0.longLived > 0 ? "\($0.longLived)" : "-") },
        Column(column: .text("COPIES/S"), expendable: 8) { row in
            guard let mirror = row.mirror else { return .init("-") }
            func one(_ value: Double) -> String { Decimal.fixed(value, places: 1) }
            let text = "\(one(mirror.answered)) ok, \(one(mirror.failed)) failed, \(one(mirror.skipped)) skipped"
            return .init(text, mirror.failed > 0 ? .warning : .plain)
        },
    ]

    /// - Parameters:
    ///   - width: Columns of the screen; nil: as wide as it takes.
    ///   - height: Lines of the screen; nil: as long as it takes.
    package static func lines(_ frame: TopFrame, width: Int? = nil, height: Int? = nil, _ style: Style) -> [String] {
        var lines = [headline(frame, style), ""]
        if let width, headline(frame, .plain).count > width {
            lines[0] = String(headline(frame, .plain).prefix(max(0, width)))
        }
        let table = self.table(frame, width: width)
        if table.columns.isEmpty { return lines }
        var body = table.lines(style)
        // Narrower than the columns that stay: cut, and without colour, whose sequences must not be cut.
        if let width, table.lines(.plain).contains(where: { $0.count > width }) {
            body = table.lines(.plain).map { String($0.prefix(max(0, width))) }
        }
        if let height, lines.count + body.count > height, height > lines.count + 2 {
            let hidden = lines.count + body.count - height + 1
            body.removeLast(hidden)
            body.append(style.paint("\(hidden) more", .faint))
        }
        lines += body
        return lines
    }

    private static func headline(_ frame: TopFrame, _ style: Style) -> String {
        let rate = "\(Decimal.fixed(frame.rate, places: 1)) requests/s"
        let errors = frame.errorShare.map { ", \(share($0)) failed" } ?? ""
        let rest =
            " · revision \(frame.revision) · \(frame.connections) connections · over "
            + "\(Decimal.fixed(frame.seconds, places: 1)) s" + (frame.isRestart ? " · the router began anew" : "")
        return style.paint(rate + errors, .strong) + style.paint(rest, .faint)
    }

    /// The table with as many columns as fit; in the last resort, names are cut.
    private static func table(_ frame: TopFrame, width: Int?) -> Table {
        var shown = columns
        while true {
            var table = Table(shown.map(\.column), rows: frame.rows.map { row in shown.map { $0.cell(row) } })
            guard let width else { return table }
            let needed = table.lines(.plain).map(\.count).max() ?? 0
            if needed <= width { return table }
            if let goes = shown.indices.max(by: { shown[$0].expendable < shown[$1].expendable }),
                shown[goes].expendable > 0
            {
                shown.remove(at: goes)
                continue
            }
            let longest = frame.rows.map(\.route.count).max() ?? 0
            let room = max(3, longest - (needed - width))
            for index in table.rows.indices where table.rows[index][0].text.count > room {
                table.rows[index][0].text = String(table.rows[index][0].text.prefix(room - 1)) + "…"
            }
            return table
        }
    }

    private static func share(_ share: Double?) -> String {
        share.map { $0 == 0 ? "0%" : Decimal.fixed($0 * 100, places: 2) + "%" } ?? "-"
    }

    private static func latency(_ milliseconds: Double?) -> String {
        milliseconds.map { Decimal.milliseconds($0) } ?? "-"
    }
}
