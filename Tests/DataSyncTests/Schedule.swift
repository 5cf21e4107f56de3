import DataSync
private import Foundation
import SQLite
import TestSupport

@testable import Migration

/// One random history of a monolith that writes and an agent that is killed, drawn from a seed.
///
/// Not Sendable in truth: everything happens in the thread of the test, also what the agent's steps call back.
final class Schedule: @unchecked Sendable {
    struct Killed: Error {}

    /// How many histories a test runs: the number that every build has time for, times STRANGLER_HISTORIES.
    static func seeds(_ count: UInt64) -> UInt64 {
        let times = ProcessInfo.processInfo.environment["STRANGLER_HISTORIES"].flatMap(UInt64.init) ?? 1
        return count * min(max(times, 1), 10_000)
    }

    let stores: StorePair
    private var dice: SplitMix
    private let mistakes: FaultInjection.Mistakes
    /// What went wrong on the way: the target of a running stream was not what the source had been.
    private(set) var violations: [String] = []
    private(set) var kills = 0
    private(set) var interleavings = 0

    /// - Parameter isLogged: whether the source has a write-ahead log; without one a writer that meets the agent gives
    ///   up at once.
    init(
        seed: UInt64, mistakes: FaultInjection.Mistakes = [], recursiveTriggers: Bool = true, isLogged: Bool = true
    ) throws {
        stores = try StorePair(recursiveTriggers: recursiveTriggers)
        if !isLogged { try stores.source.script("PRAGMA journal_mode = DELETE; PRAGMA busy_timeout = 0") }
        dice = SplitMix(seed: seed)
        self.mistakes = mistakes
    }

    /// Runs the history to its end, lets the agent catch up, and says whether both stores hold the same.
    func run(turns: Int = 40) throws -> Bool {
        for _ in 0..<30 { try write() }
        // Without its indexes the target refuses nothing, and nothing but the notes says which rows REPLACE deleted.
        if dice.below(2) == 0 { try stores.dropTargetIndexes() }
        if dice.below(2) == 0 { try strays() }
        try stores.install()
        var stream: SyncStream?
        for _ in 0..<turns {
            if dice.below(3) == 0 { try write() }
            if dice.below(3) == 0 { try serve() }
            if dice.below(40) == 0 { try copyAnew() }
            let versions = try stores.versions()
            do {
                let running =
                    try stream ?? SyncStream(stores.group, pace: CopyPace(rows: 4, limit: 4), faults: faults())
                stream = running
                let before = interleavings
                _ = try running.step()
                if !running.isFilling, before == interleavings, try !stores.isEqual {
                    violations.append("a step ended with another state than the source's")
                }
            } catch is Killed {
                stream = nil
            }
            for (key, version) in try stores.versions() where versions[key].map({ $0 != version }) ?? false {
                violations.append("\(key) had version \(versions[key] ?? 0) and has \(version)")
            }
            if dice.below(10) == 0 { stream = nil }
        }
        calm = true
        stream = nil
        try stores.catchUp(try SyncStream(stores.group, faults: faults()))
        return try stores.isEqual && violations.isEmpty
    }

    private var calm = false

    private func faults() -> FaultInjection {
        var faults = FaultInjection()
        faults.mistakes = mistakes
        faults.reached = { [unowned self] _ in
            if calm { return }
            switch dice.below(40) {
            case 0:
                kills += 1
                throw Killed()
            case 1, 2:
                interleavings += 1
                try write()
            default: break
            }
        }
        return faults
    }

    // MARK: The service

    /// Rows that were in the target before anything was carried: some that the source does not have, some that it has
    /// otherwise.
    private func strays() throws {
        for _ in 0..<6 {
            try stores.target.execute(
                "INSERT OR IGNORE INTO people(id, mail, version) VALUES(?, ?, 7)", user(), mail())
            try stores.target.execute(
                "INSERT OR IGNORE INTO items VALUES(?, NULL, ?)", dice.below(40), dice.below(40))
            try stores.target.execute(
                "INSERT OR IGNORE INTO labels VALUES(?, ?, ?, 7, ?, ?, 1, 1, ?, NULL)", user(), dice.below(3), user(),
                mail(), title(), user())
        }
    }

    /// The service counts on columns of its own.
    private func serve() throws {
        try stores.target.execute("UPDATE people SET version = version + 1 WHERE rowid % 3 = ?", dice.below(3))
        try stores.target.execute("UPDATE labels SET version = version + 1 WHERE b = ?", dice.below(3))
    }

    private func copyAnew() throws {
        let store = try stores.source.text("SELECT id FROM _sf_store") ?? ""
        try stores.target.transaction { try CaptureInstaller.copyAnew($0, "all", store: store) }
    }

    // MARK: The monolith

    /// One transaction of one to four statements in every form that SQL has; some are given up.
    func write() throws {
        struct GivenUp: Error {}
        let isGivenUp = dice.below(8) == 0
        do {
            try stores.source.transaction { tx in
                for _ in 0...dice.below(4) {
                    do {
                        try statement(tx)
                    } catch let error as SQLiteError where error.isConstraint {
                        // The application goes on after a failed statement, as applications do.
                    }
                }
                if isGivenUp { throw GivenUp() }
            }
        } catch is GivenUp {
        } catch let error as SQLiteError where error.isBusy {
        }
    }

    private func user() -> String { "\(dice.below(2) == 0 ? "u" : "U")\(dice.below(14))" }
    private func title() -> String { "t\(dice.below(6))" + String(repeating: " ", count: dice.below(3)) }
    private func mail() -> String { "\(dice.below(2) == 0 ? "m" : "M")\(dice.below(12))" }

    private func statement(_ tx: DatabaseConnection) throws {
        let n = dice.below(1_000)
        switch dice.below(22) {
        case 0, 1:
            try tx.execute("INSERT INTO users VALUES(?, ?, ?, ?)", user(), mail(), Double(n) / 7, [UInt8(n & 0xFF)])
        case 2: try tx.execute("INSERT OR IGNORE INTO users VALUES(?, ?, ?, NULL)", user(), mail(), -0.0)
        case 3, 4: try tx.execute("INSERT OR REPLACE INTO users VALUES(?, ?, ?, NULL)", user(), mail(), Double.infinity)
        case 5:
            try tx.execute(
                "INSERT INTO users VALUES(?, ?, 1, NULL) ON CONFLICT(id) DO UPDATE SET n = n + 1, email = excluded.email",
                user(), mail())
        case 6: try tx.execute("UPDATE OR REPLACE users SET email = ? WHERE id = ?", mail(), user())
        case 7: try tx.execute("UPDATE users SET id = ? WHERE id = ?", user(), user())
        case 8: try tx.execute("DELETE FROM users WHERE id = ?", user())
        case 9:
            // Two users swap their addresses.
            let (first, second) = (user(), user())
            try tx.execute("UPDATE users SET email = 'swap-' || email WHERE id IN (?, ?)", first, second)
            try tx.execute(
                "UPDATE users SET email = (SELECT substr(o.email, 6) FROM users o WHERE o.email LIKE 'swap-%' AND o.id <> users.id) WHERE email LIKE 'swap-%' AND (SELECT count(*) FROM users WHERE email LIKE 'swap-%') = 2"
            )
        case 10:
            try tx.execute(
                "INSERT OR REPLACE INTO items VALUES(?, (SELECT id FROM users ORDER BY rowid * ? % 31 LIMIT 1), ?)",
                dice.below(20), dice.below(31), dice.below(20))
        case 11: try tx.execute("UPDATE items SET place = -place - 1 WHERE id % 3 = ?", dice.below(3))
        case 12:
            let key = dice.below(2) == 0 ? "id" : "rowid"
            try tx.execute("UPDATE OR IGNORE items SET \(key) = id + ? WHERE id < 12", dice.below(9))
        case 13: try tx.execute("DELETE FROM \(dice.below(6) == 0 ? "items" : "pairs WHERE b > 3")")
        case 14: try tx.execute("INSERT OR REPLACE INTO pairs VALUES(?, ?, ?)", user(), dice.below(5), n)
        case 15, 16:
            let verb = ["INSERT OR REPLACE", "INSERT OR IGNORE", "REPLACE"][dice.below(3)]
            try tx.execute(
                "\(verb) INTO tags VALUES(?, ?, ?, ?, ?, ?, ?, ?)", user(), dice.below(3), user(), mail(), title(),
                dice.below(5), dice.below(2), user())
        case 17:
            let column = ["slug", "title", "code"][dice.below(3)]
            try tx.execute(
                "UPDATE OR REPLACE tags SET \(column) = ? WHERE b = ?", column == "title" ? title() : mail(),
                dice.below(3))
        case 18:
            try tx.execute(
                "UPDATE OR REPLACE tags SET live = 1 - live, slot = ? WHERE b = ?", dice.below(5), dice.below(3))
        case 19: try rotate(tx)
        case 20:
            try tx.execute(
                "UPDATE OR REPLACE tags SET \(["a", "c"][dice.below(2)]) = ?, b = ? WHERE b = ?", user(), dice.below(3),
                dice.below(3))
        default: try tx.execute("UPDATE OR REPLACE pairs SET b = b + 1, a = ? WHERE b = ?", user(), dice.below(5))
        }
    }

    /// Up to three tags pass what is unique about them on to the next one.
    private func rotate(_ tx: DatabaseConnection) throws {
        let column = ["slug", "title", "slot", "code"][dice.below(4)]
        let rows = try tx.query(
            "SELECT rowid, \(column) FROM tags WHERE live = 1 ORDER BY rowid * ? % 31 LIMIT 3", dice.below(31)
        ) { (rowid: $0.int(0), value: $0.value(1)) }
        for row in rows {
            try tx.execute("UPDATE tags SET \(column) = ? WHERE rowid = ?", -1_000 - row.rowid, row.rowid)
        }
        for (place, row) in rows.enumerated() {
            try tx.execute(
                "UPDATE tags SET \(column) = ? WHERE rowid = ?", rows[(place + 1) % rows.count].value, row.rowid)
        }
    }
}
