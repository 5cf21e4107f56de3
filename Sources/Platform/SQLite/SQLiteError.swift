import CSQLite

/// What SQLite refused, with the statement it refused.
package struct SQLiteError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Primary result code (sqlite.org/rescode.html), the low byte of `extendedCode`.
    package let code: Int32
    package let extendedCode: Int32
    package let message: String
    /// The statement, or what was being done ("open /path").
    package let sql: String

    package init(code: Int32, message: String, sql: String) {
        self.code = code & 0xFF
        extendedCode = code
        self.message = message
        self.sql = sql
    }

    /// The disk, a quota or `max_page_count` is exhausted. The transaction was rolled back; respond with 507 and keep
    /// serving reads.
    package var isFull: Bool { code == SQLITE_FULL }
    /// The store itself failed (I/O error, corrupt or vanished file, read-only medium), and further writes would fail
    /// too.
    package var isStorageFailure: Bool {
        [SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_CANTOPEN, SQLITE_READONLY].contains(code)
    }
    /// Another connection held the lock longer than the busy timeout; the same call may succeed later.
    package var isBusy: Bool { code == SQLITE_BUSY || code == SQLITE_LOCKED }
    package var isConstraint: Bool { code == SQLITE_CONSTRAINT }
    /// The row itself is refused, however often it is tried: a constraint, a value of another class than the column can
    /// hold, or one that is too large.
    package var isRefusal: Bool { isConstraint || code == SQLITE_MISMATCH || code == SQLITE_TOOBIG }
    /// A UNIQUE, PRIMARY KEY or rowid constraint: the value exists already.
    package var isUnique: Bool {
        [6, 8, 10].contains { extendedCode == CSQLite.SQLITE_CONSTRAINT | ($0 << 8) }
    }

    package var description: String { "\(message) (SQLite \(extendedCode)) in: \(sql)" }
}
