internal import Migration
internal import SQLite

/// Keeps what a later version overwrites before it was carried to anybody.
///
/// By the protocol there is no such row: a range changes its owner only when the other side has everything. Where
/// somebody made another side the owner by force, the later epoch is the truth for every store, and what the former
/// owner had acknowledged meanwhile is kept here with it, for a person to look at. Nothing is decided by time.
struct Quarantine {
    private let group: DataDocument.Group
    /// The target's identity.
    private let mine: String
    /// How much of the target's own feed the source has.
    private let known: Int

    init(_ group: DataDocument.Group, target: String, known: Int) {
        self.group = group
        mine = target
        self.known = known
    }

    private static let held =
        "SELECT org, feed, epoch, seq FROM _sf_chg WHERE " + ChangeKey.place

    /// Keeps both rows, in the target's transaction, when the target wrote its own and the source does not have that.
    /// - Parameter row: what is about to be written; nil: the row is about to be deleted.
    func keep(_ change: ChangeBatch.Change, row: [SQLValue]?, in target: DatabaseConnection) throws {
        let plan = change.plan
        let held = try target.first(
            Self.held, values: [SQLValue.text(plan.target)] + ChangeKey.padded(change.key)
        ) { (origin: $0.text(0), feed: $0.int(1), epoch: $0.int(2), seq: $0.int(3)) }
        guard let held, held.origin == mine, held.feed > known else { return }
        let sql = RowSQL(plan)
        let before = try target.first(sql.targetRow, values: sql.twice(change.key)) { $0.values }
        guard before != row else { return }
        let images: [any SQLBindable] = [Self.image(plan, before), Self.image(plan, row)]
        let versions: [any SQLBindable] = [
            held.epoch, held.seq, change.epoch, change.seq, change.origin, Clock.milliseconds(),
        ]
        try target.execute(
            """
            INSERT INTO _sf_quarantine(grp, tbl, key, mine, theirs, epoch, seq, their_epoch, their_seq, their_org, ts)
                VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, values: [group.name, plan.target, ChangeKey.text(change.key)] + images + versions)
    }

    /// How many rows a store keeps of a group.
    static func count(_ group: String, in store: DatabaseConnection) throws -> Int {
        guard try store.int("SELECT count(*) FROM sqlite_master WHERE name = '_sf_quarantine'") == 1 else { return 0 }
        return try store.int("SELECT count(*) FROM _sf_quarantine WHERE grp = ?", group) ?? 0
    }

    /// Throws `PlanProblem` while a store keeps rows that nobody has looked at.
    static func checkEmpty(_ group: String, in store: DatabaseConnection) throws {
        let count = try count(group, in: store)
        guard count > 0 else { return }
        throw PlanProblem(
            "\(store.path) keeps \(count) row\(count == 1 ? "" : "s") of the group \"\(group)\" that a later owner overwrote: look at them (SELECT * FROM _sf_quarantine), and delete them there once they are dealt with"
        )
    }

    /// The row as SQL would write it: column = value, …
    private static func image(_ plan: TablePlan, _ row: [SQLValue]?) -> SQLValue {
        guard let row else { return .null }
        return .text(
            zip(plan.targetColumns, row).map { "\(CaptureSQL.identifier($0)) = \(literal($1))" }.joined(separator: ", ")
        )
    }

    private static func literal(_ value: SQLValue) -> String {
        switch value {
        case .null: "NULL"
        case .int(let number): "\(number)"
        case .double(let number): "\(number)"
        case .text(let text): CaptureSQL.literal(text)
        case .blob(let bytes), .invalidText(let bytes): "X'\(hexadecimal(bytes))'"
        }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
