private import Glibc
package import Migration
private import SQLite
private import Synchronization
package import Telemetry

/// Runs the streams of all groups in one thread until it is asked to stop.
package final class SyncAgent: Sendable {
    private let document: DataDocument
    private let logger: Logger
    private let isStopping = Atomic<Bool>(false)
    private let figures = Mutex<[String: Figures]>([:])

    /// What `/metrics` shows of one group.
    private struct Figures: Sendable {
        var lag = SyncLag(rows: 0, age: 0)
        var carried = 0
        var copied = 0
        var retries = 0
        var isStopped = false
        var isCopying = true
    }

    package init(_ document: DataDocument, logger: Logger) {
        self.document = document
        self.logger = logger
    }

    /// Lets the step under way finish; `run` returns after it.
    package func stop() { isStopping.store(true, ordering: .relaxed) }

    /// One group while the agent runs; used by the agent's thread only.
    private final class Lane {
        let group: DataDocument.Group
        let lock: SyncLock
        var stream: SyncStream?
        var nextTry = 0
        init(_ group: DataDocument.Group, _ lock: SyncLock) {
            self.group = group
            self.lock = lock
        }
    }

    /// Carries rows until stopped, or (`once`) until every group has caught up.
    ///
    /// - Returns: the groups that stand still because a person must look.
    /// - Throws: `AgentProblem` when another agent serves a target.
    package func run(once: Bool = false) throws -> [String] {
        let lanes = try document.groups.map { group in
            guard let lock = SyncLock(target: group.target) else {
                throw AgentProblem(group: group.name, target: group.target)
            }
            return Lane(group, lock)
        }
        let hearts = Hearts(Set(document.groups.map(\.source)).sorted(), every: document.heartbeat)
        while !isStopping.load(ordering: .relaxed) {
            hearts.beat()
            var isBusy = false
            var isBehind = false
            for lane in lanes {
                switch turn(lane) {
                case .carried(let changes, let copied)?: isBusy = isBusy || changes > 0 || copied > 0
                case .idle?: break
                case nil: if !isStopped(lane.group) { isBehind = true }
                }
                if lane.stream?.isFilling == true { (isBusy, isBehind) = (true, true) }
            }
            if once, !isBusy, !isBehind { break }
            // 10 ms is what an idle change may wait; asking costs two pragmas per group.
            usleep(isBusy ? 500 : 10_000)
        }
        return document.groups.map(\.name).filter { name in figures.withLock { $0[name]?.isStopped ?? true } }
    }

    private func isStopped(_ group: DataDocument.Group) -> Bool {
        figures.withLock { $0[group.name]?.isStopped ?? false }
    }

    /// One step of a group; nil when it could not be made.
    private func turn(_ lane: Lane) -> SyncStream.Outcome? {
        if lane.stream == nil, Clock.milliseconds() < lane.nextTry { return nil }
        do {
            if lane.stream == nil, try isMarkedStopped(lane.group) {
                lane.nextTry = Clock.milliseconds() + 1_000
                figures.withLock { $0[lane.group.name, default: Figures()].isStopped = true }
                return nil
            }
            let stream = try lane.stream ?? SyncStream(lane.group)
            lane.stream = stream
            let outcome = try stream.step()
            update(lane.group) { figures in
                figures.isStopped = false
                figures.isCopying = stream.isFilling
                if case .carried(let changes, let copied) = outcome {
                    figures.carried += changes
                    figures.copied += copied
                }
            }
            return outcome
        } catch let reason as StopReason {
            lane.stream = nil
            lane.nextTry = Clock.milliseconds() + 1_000
            if !isStopped(lane.group) {
                logger.error(
                    "stream stopped: \(reason.sentence)", ["group": lane.group.name, "fix": reason.fix])
            }
            update(lane.group) { $0.isStopped = true }
            do {
                try SyncStream.markStopped(lane.group, reason)
            } catch {
                logger.error("the reason could not be stored: \(error)", ["group": lane.group.name])
            }
        } catch {
            // Locked, full, or away for a moment: the step left nothing behind, so it is simply made again.
            lane.stream = nil
            lane.nextTry = Clock.milliseconds() + 100
            update(lane.group) { $0.retries += 1 }
            logger.warning("a step failed and is made again: \(error)", ["group": lane.group.name])
        }
        return nil
    }

    private func isMarkedStopped(_ group: DataDocument.Group) throws -> Bool {
        let target = try DatabaseConnection(
            path: group.target,
            configuration: .init {
                $0.creates = false
                $0.keepsJournalMode = true
            })
        guard try target.int("SELECT count(*) FROM sqlite_master WHERE name = '_sf_stream'") == 1 else { return false }
        return try target.text("SELECT state FROM _sf_stream WHERE grp = ?", group.name) == "stopped"
    }

    private func update(_ group: DataDocument.Group, _ change: (inout Figures) -> Void) {
        figures.withLock { change(&$0[group.name, default: Figures()]) }
    }

    /// Prometheus text; reads the lag from the stores.
    package func metrics() -> String {
        var text = MetricsText()
        let all = figures.withLock { $0 }
        let rows = document.groups.map { group in
            (group.name, all[group.name] ?? Figures(), DataStatus.read(group, countsRows: false))
        }
        text.family("strangler_sync_lag_rows", .gauge, "Rows changed at the source and not carried yet.")
        for row in rows { text.sample(["group": row.0], row.2.lag.rows) }
        text.family("strangler_sync_lag_seconds", .gauge, "Age of the oldest change that was not carried yet.")
        for row in rows { text.sample(["group": row.0], Double(row.2.lag.age) / 1_000) }
        text.family("strangler_sync_heartbeat_age_seconds", .gauge, "Time since the source's stamp reached the target.")
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

/// Another agent serves a target.
package struct AgentProblem: Error, Sendable, Equatable {
    package let group: String
    package let target: String
}

/// Stamps the sources, so that an idle stream and a dead one look different.
private final class Hearts {
    private let paths: [String]
    private let interval: Int
    private var connections: [String: DatabaseConnection] = [:]
    private var last = 0

    init(_ paths: [String], every interval: Duration) {
        self.paths = paths
        let parts = interval.components
        self.interval = max(10, Int(clamping: parts.seconds * 1_000 + parts.attoseconds / 1_000_000_000_000_000))
    }

    func beat() {
        let now = Clock.milliseconds()
        guard now - last >= interval || now < last else { return }
        last = now
        for path in paths {
            do {
                let connection = try connections[path] ?? open(path)
                connections[path] = connection
                try connection.execute("INSERT OR REPLACE INTO _sf_heartbeat VALUES('A', ?)", now)
            } catch {
                // The writer comes first: a stamp that finds the store locked is left out, the next one tells the same.
                connections[path] = nil
            }
        }
    }

    private func open(_ path: String) throws(SQLiteError) -> DatabaseConnection {
        try DatabaseConnection(
            path: path,
            configuration: .init {
                $0.creates = false
                $0.keepsJournalMode = true
                $0.busyTimeout = .milliseconds(5)
                $0.synchronous = .normal
            })
    }
}
