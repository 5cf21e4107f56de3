private import Migration
private import Telemetry

/// What the agent's `/metrics` says.
enum SyncMetrics {
    static func text(_ board: AgentBoard) -> String {
        var text = MetricsText()
        let rows = board.document.groups.map { group in
            (group.name, board.figures(group.name), DataStatus.read(group, countsRows: false))
        }
        text.family("strangler_sync_lag_rows", .gauge, "Rows changed at the source and not carried yet.")
        for row in rows { text.sample(["group": row.0], row.2.lag.rows) }
        text.family("strangler_sync_lag_seconds", .gauge, "Age of the oldest change that was not carried yet.")
        for row in rows { text.sample(["group": row.0], Double(row.2.lag.age) / 1_000) }
        text.family("strangler_sync_heartbeat_age_seconds", .gauge, "Time since the agent last showed that it lives.")
        for row in rows { text.sample(["group": row.0], row.2.silence.map { Double($0) / 1_000 } ?? .infinity) }
        text.family("strangler_sync_position", .gauge, "Last change of the source that the target has.")
        for row in rows { text.sample(["group": row.0], row.2.position) }
        text.family("strangler_sync_rows_total", .counter, "Rows carried, by way.")
        for row in rows {
            text.sample(["group": row.0, "way": "change"], row.1.carried)
            text.sample(["group": row.0, "way": "copy"], row.1.copied)
        }
        text.family("strangler_sync_retries_total", .counter, "Steps that failed and were made again.")
        for row in rows { text.sample(["group": row.0], row.1.retries) }
        text.family("strangler_sync_stopped", .gauge, "1 when a person must look.")
        for row in rows { text.sample(["group": row.0], row.1.isStopped ? 1 : 0) }
        text.family("strangler_sync_copying", .gauge, "1 while rows from before are still being copied.")
        for row in rows { text.sample(["group": row.0], row.1.isCopying ? 1 : 0) }
        return text.text
    }
}
