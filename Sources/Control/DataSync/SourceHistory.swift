internal import Migration
internal import SQLite

/// Tells whether the source's past is the one that the target followed.
///
/// Before the target moves on to a position, a random number is written into the source, which stands at that position
/// or behind it by then; the target keeps the number with the position, in one transaction. A source that has the
/// number was the target's at that moment, so it has every change up to the position. One that was restored from an
/// earlier back-up, or an older copy that took its place, cannot have it, whatever its counter says. Nothing is written
/// while nothing is carried.
///
/// The source keeps the last numbers, not only one: a target that lost its last commits with the power is behind, and
/// may be followed on.
struct SourceHistory {
    /// Numbers that a source keeps for each follower.
    static let kept = 4_096

    private let group: String
    /// Identity of the target's store.
    let store: String

    init(group: String, target: DatabaseConnection) throws {
        self.group = group
        store = try target.storeIdentity()
    }

    /// - Parameter source: in a transaction, so that the answer belongs to the snapshot.
    func check(_ source: DatabaseConnection, _ target: DatabaseConnection) throws {
        guard let known = try target.text("SELECT nonce FROM _sf_known WHERE grp = ?", group) else { return }
        let isThere = try source.int(
            "SELECT count(*) FROM _sf_history WHERE store = ? AND grp = ? AND nonce = ?", store, group, known)
        if isThere != 1 { throw StopReason.otherHistory }
        // A target from a back-up is merely behind, unless it is behind the changes that the source still has.
        let position = try target.feedPosition(of: group) ?? 0
        let trimmed = try source.int(
            """
            SELECT max(seq) FROM _sf_trimmed WHERE tbl IN (SELECT tbl FROM _sf_carried WHERE store = ? AND grp = ?)
            """, store, group)
        if position < trimmed ?? 0 { throw StopReason.otherHistory }
    }

    /// Writes a number into the source beside a snapshot of it that stands at `top`. Another past may have been
    /// restored since the snapshot was taken, and must not get the number.
    func renew(_ source: DatabaseConnection, _ target: DatabaseConnection, beyond top: Int) throws -> String {
        try check(source, target)
        guard try source.changeClock() >= top else { throw StoreReplaced() }
        return try renew(source)
    }

    /// Writes a number into the source; inside a transaction that holds its write lock and read what is carried.
    func renew(_ source: DatabaseConnection) throws -> String {
        let nonce = Self.newNonce()
        try source.execute(
            "INSERT INTO _sf_history(store, grp, nonce, seq) VALUES(?, ?, ?, (SELECT n FROM _sf_clk))", store, group,
            nonce)
        let last = Int(source.lastInsertRowID)
        if last % 64 == 0 {
            try source.execute(
                """
                DELETE FROM _sf_history WHERE store = ?1 AND grp = ?2 AND id <= (
                    SELECT id FROM _sf_history WHERE store = ?1 AND grp = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)
                """, store, group, Self.kept)
        }
        return nonce
    }

    /// Keeps the number with the position, in the target's transaction that moves it.
    func settle(_ nonce: String, in target: DatabaseConnection) throws {
        try target.execute("UPDATE _sf_known SET nonce = ? WHERE grp = ?", nonce, group)
    }

    static func newNonce() -> String {
        var random = SystemRandomNumberGenerator()
        return String(random.next() as UInt64, radix: 16) + String(random.next() as UInt64, radix: 16)
    }
}
