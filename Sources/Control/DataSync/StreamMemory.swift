package import Migration
internal import SQLite

/// What the target remembers of a stream, apart from the rows: how often its copy was begun, and why it was stopped.
package enum StreamMemory {
    /// For the monolith's store, which other programs write all the time: their locks last for a moment, so the stream
    /// itself tries again.
    static let besideWriters = DatabaseConfiguration {
        $0.creates = false
        $0.keepsJournalMode = true
        $0.busyTimeout = .milliseconds(10)
    }

    /// For the store into which rows are carried.
    static let follower = DatabaseConfiguration {
        $0.creates = false
        $0.keepsJournalMode = true
        // Parents and children arrive in any order; constraints across rows are the owner's business.
        $0.foreignKeys = false
        // As the program's own connections: its triggers may write their own table, and were made for SQLite's default.
        $0.recursiveTriggers = false
        // Data and position are lost together or not at all, so the log need not be synced with every commit.
        $0.synchronous = .normal
        $0.busyTimeout = .milliseconds(500)
    }

    static let besideService = DatabaseConfiguration {
        $0.creates = false
        $0.keepsJournalMode = true
        $0.busyTimeout = .milliseconds(500)
    }

    static func isInstalled(_ store: DatabaseConnection) throws -> Bool {
        try store.int(
            "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('_sf_pos', '_sf_chg', '_sf_history', '_sf_plan')"
        ) == 4
    }

    static func checkInstalled(_ group: DataDocument.Group, _ store: DatabaseConnection) throws {
        if try !isInstalled(store) { throw StopReason.notCreated(table: group.tables.first?.name ?? "") }
    }

    /// How often the group's copy was begun; nil when capture was never installed.
    static func generation(_ group: DataDocument.Group, _ target: DatabaseConnection) throws -> Int? {
        guard try target.int("SELECT count(*) FROM sqlite_master WHERE name = '_sf_known'") == 1 else { return nil }
        return try target.int("SELECT gen FROM _sf_known WHERE grp = ?", group.name)
    }

    /// Keeps the reason where status finds it.
    ///
    /// - Parameter generation: the generation of the copy that is stopped; a copy that was begun since is not stopped.
    package static func markStopped(_ group: DataDocument.Group, _ reason: StopReason, generation: Int?) throws {
        let target = try DatabaseConnection(path: group.target, configuration: besideService)
        try target.transaction { target in
            guard try target.int(hasStreams) == 1, try StreamMemory.generation(group, target) == generation else {
                return
            }
            try target.execute(
                "INSERT OR REPLACE INTO _sf_stream(grp, state, reason, ts, fix) VALUES(?, 'stopped', ?, ?, ?)",
                group.name, reason.sentence, Clock.milliseconds(), reason.fix(group.name, isBack: group.isBack))
        }
    }

    /// What the target remembers of the stream: how often its copy was begun, and why it was stopped, by this agent or
    /// one before it.
    static func memory(_ group: DataDocument.Group) throws -> (generation: Int?, stop: String?) {
        let target = try DatabaseConnection(path: group.target, configuration: besideService)
        guard try target.int(hasStreams) == 1 else { return (nil, nil) }
        return try target.transaction(.deferred) { target in
            (
                try StreamMemory.generation(group, target),
                try target.text("SELECT reason FROM _sf_stream WHERE grp = ? AND state = 'stopped'", group.name)
            )
        }
    }

    private static let hasStreams = "SELECT count(*) FROM sqlite_master WHERE name = '_sf_stream'"
}
