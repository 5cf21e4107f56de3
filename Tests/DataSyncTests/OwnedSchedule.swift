import DataSync
import SQLite
import TestSupport

@testable import Migration

/// One random history of a hub, a service that owns users and a reader behind the hub, drawn from a seed: programs
/// write on both sides, ranges change their owner step by step, agents are killed and delayed.
///
/// Not Sendable in truth: everything happens in the thread of the test, also what the streams call back.
final class OwnedSchedule: @unchecked Sendable {
    struct Killed: Error {}

    struct Doc: Equatable {
        var user: String
        var title: String
        var count: Int
    }

    let stores: OwnedStores
    private var dice: SplitMix
    private let mistakes: FaultInjection.Mistakes
    private var move: RangeMove
    /// What was acknowledged: the rows that every store must end with.
    private var docs: [String: Doc] = [:]
    private var notes: [String: String] = [:]
    private(set) var violations: [String] = []
    private(set) var kills = 0
    private(set) var refusals = 0
    private(set) var serviceWrites = 0
    private(set) var trimmed = 0
    var moves: Int { move.finished }

    private enum Way: CaseIterable { case there, back, onward }
    private var streams: [Way: SyncStream] = [:]
    private var underWay: Set<Way> = []
    private var calm = false
    private var made = 0
    /// Who wrote a user's rows in an epoch.
    private var writers: [String: String] = [:]
    private var versions: [String: [Int]] = [:]

    init(seed: UInt64, mistakes: FaultInjection.Mistakes = [], recursiveTriggers: Bool = true) throws {
        stores = try OwnedStores(recursiveTriggers: recursiveTriggers)
        dice = SplitMix(seed: seed)
        self.mistakes = mistakes
        move = RangeMove(stores)
    }

    /// Runs the history to its end, lets everything come to rest, and says whether nothing was violated.
    func run(turns: Int = 120) throws -> Bool {
        for _ in 0..<20 { try write(.monolith) }
        try stores.install()
        _ = try CaptureInstaller(stores.followed).install(source: stores.hub, target: stores.reader)
        for _ in 0..<turns { try turn() }
        calm = true
        try settle()
        try compare()
        try returnNothing()
        return violations.isEmpty
    }

    /// What the service wrote is not carried back to it.
    private func returnNothing() throws {
        let mine =
            "owner = (SELECT key FROM _sf_key JOIN _sf_own ON bucket BETWEEN lo AND hi WHERE owner = 'B' LIMIT 1)"
        guard try stores.service.execute("UPDATE papers SET n = n + 1 WHERE \(mine)") > 0 else { return }
        _ = try step(.back)
        let outcome = try step(.there)
        if outcome != .idle {
            violations.append("the service's own row goes back to it: \(String(describing: outcome))")
        }
    }

    private func turn() throws {
        for _ in 0..<dice.below(3) { try write(dice.below(2) == 0 ? .monolith : .service) }
        try step(Way.allCases[dice.below(3)])
        if dice.below(3) > 0 { try move.advance(&dice) }
        switch dice.below(60) {
        case 0: try resetPosition()
        case 1, 2: _ = try StoreVerifier(stores.group).verify()
        case 3: _ = try StoreVerifier(stores.followed).verify()
        case 4: streams = [:]
        default: break
        }
        if dice.below(6) == 0 {
            for stream in streams.values where !stream.isFilling { trimmed += try stream.trim(limit: 3) }
        }
        try checkVersions()
    }

    // MARK: Agents

    private func group(_ way: Way) throws -> DataDocument.Group {
        switch way {
        case .there: stores.group
        case .back: try WayBack.group(of: stores.group)
        case .onward: stores.followed
        }
    }

    @discardableResult
    private func step(_ way: Way) throws -> SyncStream.Outcome? {
        guard underWay.insert(way).inserted else { return nil }
        defer { underWay.remove(way) }
        do {
            let stream =
                try streams[way]
                ?? SyncStream(try group(way), pace: CopyPace(rows: 4, limit: 4), faults: faults(way))
            streams[way] = stream
            return try stream.step()
        } catch is Killed {
            streams[way] = nil
        } catch is StreamNotDue {
            return .idle
        } catch let error as SQLiteError where error.isBusy {
        }
        return nil
    }

    private func faults(_ way: Way) -> FaultInjection {
        var faults = FaultInjection()
        faults.mistakes = mistakes
        faults.reached = { [unowned self] place in
            if calm { return }
            switch dice.below(30) {
            case 0:
                kills += 1
                throw Killed()
            case 1, 2, 3: try write(dice.below(2) == 0 ? .monolith : .service)
            // Delayed: others go on between two halves of a step, while it holds no lock.
            case 4 where place == .snapshotTaken || place == .historyMarked:
                try step(Way.allCases[dice.below(3)])
            case 5 where place == .snapshotTaken || place == .historyMarked: try move.advance(&dice)
            default: break
            }
        }
        return faults
    }

    /// A position that is forgotten: everything since is carried once more.
    private func resetPosition() throws {
        let store = dice.below(2) == 0 ? stores.hub : stores.service
        let other = store === stores.hub ? stores.service : stores.hub
        // Nothing from before a proof can be asked for again: it may be trimmed.
        let low = try max(
            other.int("SELECT max(seq) FROM _sf_trimmed") ?? 0,
            store.int("SELECT max(seq) FROM _sf_proof WHERE grp = 'g'") ?? 0)
        let position = try store.int("SELECT seq FROM _sf_pos WHERE peer = 'g'") ?? 0
        guard position > low else { return }
        try store.execute("UPDATE _sf_pos SET seq = ? WHERE peer = 'g'", low + dice.below(position - low))
    }

    private func settle() throws {
        streams = [:]
        for _ in 0..<400 {
            let outcomes = try Way.allCases.map { try step($0) }
            let isMoving = try move.finish()
            if !isMoving, outcomes.allSatisfy({ $0 == .idle }) { return }
        }
        violations.append("the streams never rest: rows go round")
    }

    // MARK: Programs

    private func store(_ side: StoreSide) -> DatabaseConnection { side == .monolith ? stores.hub : stores.service }

    private func user(_ side: StoreSide) -> String {
        // A newcomer now and then, at the monolith.
        if side == .monolith, dice.below(12) == 0 {
            made += 1
            return "new\(made)"
        }
        let known = 12 + made
        let number = dice.below(known)
        return number < 12 ? "u\(number)" : "new\(number - 11)"
    }

    /// One transaction of a program at one of the sides.
    func write(_ side: StoreSide) throws {
        let user = user(side)
        let (docsBefore, notesBefore) = (docs, notes)
        do {
            try store(side).transaction { store in
                for _ in 0...dice.below(2) { try statement(side, user, store) }
            }
            // A statement that finds no row writes none.
            guard (docs, notes) != (docsBefore, notesBefore) else { return }
            if side == .service { serviceWrites += 1 }
            try noteWriter(side, user)
        } catch let error as SQLiteError where error.isBusy || error.message == "SF_FENCED" {
            (docs, notes) = (docsBefore, notesBefore)
            if !error.isBusy { refusals += 1 }
        }
    }

    /// I2: in an epoch one side writes.
    private func noteWriter(_ side: StoreSide, _ user: String) throws {
        guard try store(side).int("SELECT count(*) FROM sqlite_master WHERE name = '_sf_key'") == 1,
            try store(side).int("SELECT 1 FROM _sf_key WHERE key = ?", user) == 1
        else { return }
        let epoch = try store(side).int(
            "SELECT epoch FROM _sf_own WHERE grp = 'g' AND lo <= ? ORDER BY lo DESC LIMIT 1", stores.bucket(user))
        let name = "\(user) in epoch \(epoch ?? 0)"
        if let other = writers[name], other != side.rawValue { violations.append("I2: both sides wrote \(name)") }
        writers[name] = side.rawValue
    }

    private func statement(_ side: StoreSide, _ user: String, _ store: DatabaseConnection) throws {
        let (table, owner) = side == .monolith ? ("docs", "user") : ("papers", "owner")
        let mine = docs.filter { $0.value.user == user }.keys.sorted()
        let some = mine.isEmpty ? "none" : mine[dice.below(mine.count)]
        let slot = dice.below(3)
        let text = "t\(dice.below(100))"
        switch dice.below(10) {
        case 0, 1:
            made += 1
            let id = "d\(made)"
            try store.execute("INSERT INTO \(table)(id, \(owner), title) VALUES(?, ?, ?)", id, user, text)
            docs[id] = Doc(user: user, title: text, count: 0)
        case 2, 3, 4:
            // What was read before is written one higher: a write that is lost, or happens twice, shows in the sum.
            if try store.execute("UPDATE \(table) SET n = n + 1 WHERE id = ? AND \(owner) = ?", some, user) == 1 {
                docs[some]?.count += 1
            }
        case 5:
            if try store.execute("DELETE FROM \(table) WHERE id = ? AND \(owner) = ?", some, user) == 1 {
                docs[some] = nil
            }
        case 6:
            try store.execute("INSERT OR REPLACE INTO notes VALUES(?, ?, ?)", user, slot, text)
            notes["\(user)/\(slot)"] = text
        case 7:
            try store.execute(
                "INSERT INTO notes VALUES(?, ?, ?) ON CONFLICT(user, slot) DO UPDATE SET body = excluded.body", user,
                slot,
                text)
            notes["\(user)/\(slot)"] = text
        case 8:
            if try store.execute("DELETE FROM notes WHERE user = ? AND slot = ?", user, slot) == 1 {
                notes["\(user)/\(slot)"] = nil
            }
        default:
            // A row is given to another user, where both are this side's.
            let heir = "u\(dice.below(12))"
            if try store.execute("UPDATE \(table) SET \(owner) = ? WHERE id = ? AND \(owner) = ?", heir, some, user)
                == 1
            {
                docs[some]?.user = heir
            }
        }
    }

    // MARK: Invariants

    /// I7: no version of a row goes backwards in any store.
    private func checkVersions() throws {
        for (name, store) in [("hub", stores.hub), ("service", stores.service), ("reader", stores.reader)] {
            try store.query("SELECT tbl, k1, k2, epoch, seq FROM _sf_chg") { row in
                let key = "\(name) \(row.text(0)) \(row.text(1)) \(row.text(2))"
                let version = [row.int(3), row.int(4)]
                if let before = versions[key], version.lexicographicallyPrecedes(before) {
                    violations.append("I7: \(key) went from \(before) to \(version)")
                }
                versions[key] = version
            }
        }
    }

    /// I6, I8, I10: each acknowledged write has its effect once, every store holds the same, and what was deleted is
    /// gone.
    private func compare() throws {
        let wanted =
            docs.map { "\($0.key) \($0.value.user) \($0.value.title) \($0.value.count)" }.sorted()
            + notes.map { "\($0.key) \($0.value)" }.sorted()
        let stores = [
            ("hub", stores.hub, "docs", "user"), ("service", stores.service, "papers", "owner"),
            ("reader", stores.reader, "docs", "user"),
        ]
        for (name, store, table, owner) in stores {
            let held =
                try store.query("SELECT id || ' ' || \(owner) || ' ' || title || ' ' || n FROM \(table)") { $0.text(0) }
                .sorted()
                + store.query("SELECT user || '/' || slot || ' ' || body FROM notes") { $0.text(0) }.sorted()
            if held != wanted {
                let difference = Set(held).symmetricDifference(wanted).sorted().prefix(4)
                violations.append("the \(name) differs from what was acknowledged: \(difference)")
            }
        }
    }
}
