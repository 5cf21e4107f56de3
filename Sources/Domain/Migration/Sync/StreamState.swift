/// What a stream of one group is doing, as its store keeps it.
package enum StreamState: String, Sendable, CaseIterable {
    /// Changes flow, and rows that were there before are still being copied. Next: `proving`, `stopped`.
    case copying
    /// Every row was copied, and both stores are counted and hashed to prove it. Next: `running`, `stopped`, `copying`.
    case proving
    /// The target was proven to hold every row; changes flow. Next: `stopped`, `copying` (after a repair).
    case running
    /// An event could have lost a change silently; a person must look. Next: `copying`; after a repair `running` or
    /// `proving`.
    case stopped
}

/// Why a stream stopped itself.
package enum StopReason: Error, Sendable, Equatable {
    /// Table or triggers are not what was installed.
    case captureChanged(table: String)
    /// The source's clock is behind what was applied: it was restored from a back-up, or replaced.
    case sourceWentBack(applied: Int, clock: Int)
    /// The source is another file than the one that was copied.
    case otherSource
    /// The source lacks a mark that was written into it when the target moved on: it was restored, or an older copy
    /// took its place.
    case otherHistory
    /// A row that the target's constraints refuse.
    case rowRefused(table: String, key: String, message: String)
    /// A row that would not come back from the target as it is.
    case mapBroken(table: String, key: String, columns: String)
    /// Count and digest of a table differ after its copy; the first keys that do are named.
    case proofFailed(table: String, difference: String)
    /// Capture was never installed.
    case notCreated(table: String)
    /// A table of the target was dropped or made again, or its guard triggers were taken away.
    case targetChanged(table: String)
    /// Another program wrote carried rows of the target.
    case targetWritten(table: String, writes: Int)
    /// `data.json` says something else than what was installed.
    case planChanged(table: String)
    /// A table cannot be carried as it is now.
    case notCarryable(String)
    /// The change tables were made by another release.
    case otherFormat(found: Int)
    /// A later version arrives of a row that the target's store owns itself: somebody wrote what was not theirs.
    case ownedHere(table: String, key: String)

    /// A sentence for logs and status.
    package var sentence: String {
        switch self {
        case .captureChanged(let table):
            "the table \"\(table)\" or its triggers changed after they were installed: changes may be missing"
        case .sourceWentBack(let applied, let clock):
            "the source stands at change \(clock), but \(applied) was already applied: was it restored from a back-up?"
        case .otherSource: "the source is another database than the one that was copied"
        case .rowRefused(let table, let key, let message): "the target refuses row \(key) of \"\(table)\": \(message)"
        case .mapBroken(let table, let key, let columns):
            "row \(key) of \"\(table)\" does not keep its value through the map of data.json: \(columns)"
        case .otherHistory:
            "the source or the target is not what it was when they last met: one was restored from a back-up or replaced by an older copy"
        case .targetChanged(let table):
            "the target's table \"\(table)\" was dropped or made again, or lost its guard triggers: rows may be missing"
        case .targetWritten(let table, let writes):
            "somebody else wrote the target's table \"\(table)\" (\(writes) row\(writes == 1 ? "" : "s")): it is not what the source says"
        case .planChanged(let table): "data.json says something else about \"\(table)\" than what was installed"
        case .notCarryable(let problem): problem
        case .proofFailed(let table, let difference):
            "the copy of \"\(table)\" is not what the source holds: \(difference)"
        case .notCreated(let table): "no triggers on \"\(table)\""
        case .ownedHere(let table, let key):
            "a later version of row \(key) of \"\(table)\" arrives, and the store that it comes to owns that row: both stores wrote it, or they disagree about its owner"
        case .otherFormat(let found):
            found < CaptureSQL.format
                ? "the change tables were made by an older release (format \(found), this one keeps \(CaptureSQL.format))"
                : "the change tables were made by a newer release (format \(found), this one knows \(CaptureSQL.format))"
        }
    }

    /// What to do about it.
    package var fix: String {
        switch self {
        case .captureChanged, .notCreated, .targetChanged, .planChanged:
            "strangler data create GROUP, which installs again and copies anew the tables that need it"
        case .sourceWentBack, .otherSource, .otherHistory: "strangler data backfill GROUP --restart, which copies anew"
        case .targetWritten:
            "let nobody but the agent write carried columns there, then strangler data repair GROUP"
        case .proofFailed: "strangler data repair GROUP, which makes the rows that differ equal; they are proven again"
        case .otherFormat(let found):
            found < CaptureSQL.format
                ? "strangler data create GROUP, which makes them anew and copies anew"
                : "use the newer release of strangler"
        case .ownedHere:
            "let both stores name the same owner (SELECT * FROM _sf_own in each), then strangler data create GROUP, which goes on"
        case .mapBroken: "change that row, or the map in data.json, then strangler data create GROUP"
        case .notCarryable: "change data.json or the tables, then strangler data create GROUP"
        case .rowRefused:
            // Not backfill: SQLite widens most constraints by making the table anew, and the triggers on it go with the
            // old one.
            "make the target's constraints as wide as the source's, then strangler data create GROUP, which copies anew"
        }
    }
}

extension StopReason {
    /// What a person can do about it, with the group's name in the commands.
    package func fix(_ group: String) -> String { fix.replacing("GROUP", with: group) }
}

/// How many rows a chunk of the copy takes, so that each takes about the same time.
package struct CopyPace: Sendable, Equatable {
    /// Milliseconds that one chunk may take: what a writer of the target may have to wait.
    private static let goal = 50.0
    package private(set) var rows: Int

    private let limit: Int

    /// - Parameter limit: most rows of a chunk. Default 10,000.
    package init(rows: Int = 64, limit: Int = 10_000) {
        self.rows = rows
        self.limit = limit
    }

    /// Doubles at most, halves at most; between 1 and `limit` rows.
    package mutating func took(_ time: Duration) {
        let (seconds, attoseconds) = time.components
        let milliseconds = Double(seconds) * 1_000 + Double(attoseconds) / 1e15
        let factor = min(2, max(0.5, Self.goal / max(milliseconds, 0.1)))
        rows = min(limit, max(1, Int(Double(rows) * factor)))
    }
}

/// How far a follower is behind.
package struct SyncLag: Sendable, Equatable {
    /// Rows that changed and were not carried yet.
    package var rows: Int
    /// Age of the oldest of them in milliseconds; 0 when there is none.
    package var age: Int

    package init(rows: Int, age: Int) {
        self.rows = rows
        self.age = age
    }

    /// Gates of a move: at most 200 rows and one second.
    package var isSmall: Bool { rows <= 200 && age <= 1_000 }
}
