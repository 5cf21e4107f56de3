private import Migration
private import Telemetry

/// What the agent's `/metrics` says.
enum SyncMetrics {
    /// One group at this moment.
    private struct Row {
        var group: String
        var isBack: Bool
        var figures: AgentBoard.Figures
        var lag: SyncLag
        var position: Int
        /// Seconds since the agent last showed itself; infinite: there is none.
        var silence: Double

        init(_ status: DataStatus, _ board: AgentBoard) {
            group = status.group
            isBack = status.isBack
            figures = board.figures(status.stream)
            lag = status.lag
            position = status.position
            silence = status.silence.map { Double($0) / 1_000 } ?? .infinity
        }

        /// The way there is what it was before there were two.
        var labels: KeyValuePairs<String, String> {
            isBack ? ["group": group, "direction": "back"] : ["group": group]
        }

        func labels(way: String) -> KeyValuePairs<String, String> {
            isBack ? ["group": group, "direction": "back", "way": way] : ["group": group, "way": way]
        }
    }

    static func text(_ board: AgentBoard) -> String {
        var text = MetricsText()
        let rows = board.document.groups.flatMap { group in
            DataStatus.readAll(group, countsRows: false).map { Row($0, board) }
        }
        text.family("strangler_sync_lag_rows", .gauge, "Rows changed at the source and not carried yet.")
        for row in rows { text.sample(row.labels, row.lag.rows) }
        text.family("strangler_sync_lag_seconds", .gauge, "Age of the oldest change that was not carried yet.")
        for row in rows { text.sample(row.labels, Double(row.lag.age) / 1_000) }
        text.family("strangler_sync_heartbeat_age_seconds", .gauge, "Time since the agent last showed that it lives.")
        for row in rows { text.sample(row.labels, row.silence) }
        text.family("strangler_sync_position", .gauge, "Last change of the source that the target has.")
        for row in rows { text.sample(row.labels, row.position) }
        text.family("strangler_sync_rows_total", .counter, "Rows carried, by way.")
        for row in rows {
            text.sample(row.labels(way: "change"), row.figures.carried)
            text.sample(row.labels(way: "copy"), row.figures.copied)
        }
        text.family("strangler_sync_retries_total", .counter, "Steps that failed and were made again.")
        for row in rows { text.sample(row.labels, row.figures.retries) }
        text.family("strangler_sync_stopped", .gauge, "1 when a person must look.")
        for row in rows { text.sample(row.labels, row.figures.isStopped ? 1 : 0) }
        text.family("strangler_sync_copying", .gauge, "1 while rows from before are still being copied.")
        for row in rows { text.sample(row.labels, row.figures.isCopying ? 1 : 0) }
        return text.text
    }
}
