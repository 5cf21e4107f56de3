private import Migration
private import Telemetry

/// What the agent's `/metrics` says.
enum SyncMetrics {
    /// One group at this moment.
    private struct Row {
        var group: String
        var figures: AgentBoard.Figures
        var lag: SyncLag
        var position: Int
        /// Seconds since the agent last showed itself; infinite: there is none.
        var silence: Double

        init(_ group: DataDocument.Group, _ board: AgentBoard) {
            let status = DataStatus.read(group, countsRows: false)
            self.group = group.name
            figures = board.figures(group.name)
            lag = status.lag
            position = status.position
            silence = status.silence.map { Double($0) / 1_000 } ?? .infinity
        }
    }

    static func text(_ board: AgentBoard) -> String {
        var text = MetricsText()
        let rows = board.document.groups.map { Row($0, board) }
        text.family("strangler_sync_lag_rows", .gauge, "Rows changed at the source and not carried yet.")
        for row in rows { text.sample(["group": row.group], row.lag.rows) }
        text.family("strangler_sync_lag_seconds", .gauge, "Age of the oldest change that was not carried yet.")
        for row in rows { text.sample(["group": row.group], Double(row.lag.age) / 1_000) }
        text.family("strangler_sync_heartbeat_age_seconds", .gauge, "Time since the agent last showed that it lives.")
        for row in rows { text.sample(["group": row.group], row.silence) }
        text.family("strangler_sync_position", .gauge, "Last change of the source that the target has.")
        for row in rows { text.sample(["group": row.group], row.position) }
        text.family("strangler_sync_rows_total", .counter, "Rows carried, by way.")
        for row in rows {
            text.sample(["group": row.group, "way": "change"], row.figures.carried)
            text.sample(["group": row.group, "way": "copy"], row.figures.copied)
        }
        text.family("strangler_sync_retries_total", .counter, "Steps that failed and were made again.")
        for row in rows { text.sample(["group": row.group], row.figures.retries) }
        text.family("strangler_sync_stopped", .gauge, "1 when a person must look.")
        for row in rows { text.sample(["group": row.group], row.figures.isStopped ? 1 : 0) }
        text.family("strangler_sync_copying", .gauge, "1 while rows from before are still being copied.")
        for row in rows { text.sample(["group": row.group], row.figures.isCopying ? 1 : 0) }
        return text.text
    }
}
