internal import Migration
internal import SQLite

/// The ranges of buckets of a group in one store, and who owns them.
struct OwnedRanges {
    private struct Range {
        var low: Int
        var owner: String
        var state: String
    }

    /// In the order of their buckets; they cover all.
    private let ranges: [Range]

    init(_ group: String, in store: DatabaseConnection) throws {
        ranges = try store.query("SELECT lo, owner, state FROM _sf_own WHERE grp = ? ORDER BY lo", group) {
            Range(low: $0.int(0), owner: $0.text(1), state: $0.text(2))
        }
    }

    /// Nobody but the monolith owns anything, and nothing is on its way to another owner.
    var areAllMonoliths: Bool {
        ranges.allSatisfy { $0.owner == StoreSide.monolith.rawValue && $0.state != "fenced" }
    }

    /// Who owns a bucket, whether it may be written at the moment or not.
    func owner(of bucket: Int) -> StoreSide {
        ranges.last { $0.low <= bucket }.flatMap { StoreSide(rawValue: $0.owner) } ?? .monolith
    }

    /// Puts the first range there, or brings it to what the group's mode asks for. In the store's transaction.
    static func prepare(_ group: DataDocument.Group, _ side: StoreSide, in store: DatabaseConnection) throws {
        let state = side == .monolith ? "own" : "follow"
        let epoch = group.mode == .reads ? 1 : CaptureSQL.firstOwnedEpoch
        try store.execute(
            "INSERT OR IGNORE INTO _sf_own VALUES(?, 0, ?, 'A', ?, ?)", group.name, CaptureSQL.lastBucket, epoch, state)
        if group.mode != .reads {
            try store.execute("UPDATE _sf_own SET epoch = ?1 WHERE grp = ?2 AND epoch < ?1", epoch, group.name)
        } else if try store.int("SELECT count(*) FROM _sf_own WHERE grp = ?", group.name) ?? 0 > 1 {
            // The monolith writes by one range again, later than any owner did.
            let last = try store.lastEpoch(of: group.name) ?? epoch
            try store.execute("DELETE FROM _sf_own WHERE grp = ?", group.name)
            try store.execute(
                "INSERT INTO _sf_own VALUES(?, 0, ?, 'A', ?, ?)", group.name, CaptureSQL.lastBucket, last, state)
        }
    }

    /// Throws `PlanProblem` while the service owns users of a group that is to go back to the mode `reads`, or to be
    /// taken out of the stores.
    static func checkAllHome(_ group: String, in store: DatabaseConnection, before verb: String) throws {
        guard try store.int("SELECT count(*) FROM sqlite_master WHERE name = '_sf_own'") == 1,
            try !OwnedRanges(group, in: store).areAllMonoliths
        else { return }
        throw PlanProblem(
            "the service owns users of the group \"\(group)\", whose rows only it may write: bring them home before \(verb)"
        )
    }
}
