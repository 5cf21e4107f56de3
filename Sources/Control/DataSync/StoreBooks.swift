package import Migration
package import SQLite

/// What a store with change tables says of itself and of the groups that it takes part in: one statement for each
/// question, whoever asks.
extension DatabaseConnection {
    /// Random, made with the change tables. What the store wrote itself carries it as its origin.
    package func storeIdentity() throws(SQLiteError) -> String { try text("SELECT id FROM _sf_store") ?? "" }

    /// The store's commit counter. SQLite has one writer, so its order is that of the commits.
    package func changeClock() throws(SQLiteError) -> Int { try int("SELECT n FROM _sf_clk") ?? 0 }

    /// How far this store is in the other side's feed of a group; nil: it follows none.
    package func feedPosition(of group: String) throws(SQLiteError) -> Int? {
        try int("SELECT seq FROM _sf_pos WHERE peer = ?", group)
    }

    /// The state of the stream that ends in this store; nil: there is none.
    package func streamState(of group: String) throws(SQLiteError) -> StreamState? {
        try text("SELECT state FROM _sf_stream WHERE grp = ?", group).flatMap(StreamState.init(rawValue:))
    }

    /// Says what the stream that ends in this store does, and with it that it does not stand still.
    func markStream(of group: String, _ state: StreamState) throws(SQLiteError) {
        try execute(
            "INSERT OR REPLACE INTO _sf_stream(grp, state, reason, ts) VALUES(?, ?, NULL, ?)", group, state.rawValue,
            Clock.milliseconds())
    }

    /// Whether this store takes no more writes of some users who are on their way to the other side.
    package func hasFence(of group: String) throws(SQLiteError) -> Bool {
        try int("SELECT 1 FROM _sf_own WHERE grp = ? AND state = 'fenced' LIMIT 1", group) == 1
    }

    /// The latest epoch of a group's ranges; nil: the store knows of none.
    func lastEpoch(of group: String) throws(SQLiteError) -> Int? {
        try int("SELECT max(epoch) FROM _sf_own WHERE grp = ?", group)
    }

    /// How often programs other than the agent wrote carried rows of a table of this store.
    func foreignWrites(to table: String) throws(SQLiteError) -> Int {
        try int("SELECT n FROM _sf_foreign WHERE tbl = ?", table) ?? 0
    }
}
