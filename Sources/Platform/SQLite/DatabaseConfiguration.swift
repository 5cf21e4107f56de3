/// How connections to one database file behave. The defaults are those of a service that acknowledges after COMMIT.
package struct DatabaseConfiguration: Sendable {
    package enum Synchronous: String, Sendable { case off = "OFF", normal = "NORMAL", full = "FULL" }

    /// When the log is synced. `.full` (default): a commit survives power loss; `.normal`: it survives kill -9, but the
    /// last commits may be lost with the power (sqlite.org/pragma.html#pragma_synchronous).
    package var synchronous = Synchronous.full
    /// How long a statement waits for another connection's lock before `SQLiteError.isBusy`. Default 5 s.
    package var busyTimeout: Duration = .seconds(5)
    /// Default on. The applier of replicated rows turns it off on its own connection.
    package var foreignKeys = true
    /// Default on: otherwise `INSERT OR REPLACE` deletes rows without firing their DELETE triggers.
    package var recursiveTriggers = true
    /// Most connections that read at the same time. Default 4.
    package var readers = 4
    /// Page cache of each connection in KiB. Default 2,048, SQLite's own.
    package var cacheKiB = 2_048
    /// Whether a missing file is created (with mode 0600). Default true.
    package var creates = true
    /// Open for reading only. Default false.
    package var readOnly = false
    /// Whether the file's journal mode is left as it is instead of set to WAL, and its log is left alone when the last
    /// connection closes: for files of other programs. The file may have been replaced meanwhile, and the log at that
    /// path be another's. Default false.
    package var keepsJournalMode = false
    /// SQL functions every connection knows.
    package var functions: [DatabaseFunction] = []

    package init() {}
    package init(_ change: (inout DatabaseConfiguration) -> Void) { change(&self) }
}
