import CSQLite
import Glibc

/// One connection, which is used by one thread at a time. `Database` hands it out under a lock; code that opens one
/// directly keeps it to one thread.
package final class DatabaseConnection {
    let handle: OpaquePointer
    package let path: String
    /// Prepared statements by their text; idle ones are reset and unbound.
    private var statements: [String: OpaquePointer] = [:]
    private static let statementLimit = 256

    package init(path: String, configuration: DatabaseConfiguration = .init()) throws(SQLiteError) {
        self.path = path
        if configuration.creates, !configuration.readOnly {
            // SQLite creates files by umask; these hold users' data, and -wal and -shm take over the mode.
            // O_EXCL, because a file that is there already must not be opened past SQLite: closing any descriptor of it
            // drops every lock this process has on it (fcntl(2)), and then the next process that opens and closes the
            // database takes the log away from under us (https://sqlite.org/howtocorrupt.html, 2.2).
            let descriptor = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
            if descriptor >= 0 { close(descriptor) }
        }
        var opened: OpaquePointer?
        let flags = (configuration.readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX
        let code = sqlite3_open_v2(path, &opened, flags, nil)
        guard let opened else {
            throw SQLiteError(code: SQLITE_NOMEM, message: "out of memory", sql: "open \(path)")
        }
        guard code == SQLITE_OK else {
            let error = SQLiteError(code: code, message: String(cString: sqlite3_errmsg(opened)), sql: "open \(path)")
            sqlite3_close_v2(opened)
            throw error
        }
        handle = opened
        sqlite3_extended_result_codes(handle, 1)
        if configuration.keepsJournalMode { _ = sqlite_shim_leave_log(handle) }
        let timeout = configuration.busyTimeout.components
        sqlite3_busy_timeout(
            handle, Int32(clamping: timeout.seconds * 1_000 + timeout.attoseconds / 1_000_000_000_000_000))
        for function in configuration.functions {
            let code = function.register(on: handle)
            if code != SQLITE_OK { throw failure(code, "register \(function.name)") }
        }
        if !configuration.readOnly, !configuration.keepsJournalMode { try script("PRAGMA journal_mode = WAL") }
        try script(
            """
            PRAGMA synchronous = \(configuration.synchronous.rawValue);
            PRAGMA foreign_keys = \(configuration.foreignKeys ? "ON" : "OFF");
            PRAGMA recursive_triggers = \(configuration.recursiveTriggers ? "ON" : "OFF");
            PRAGMA cache_size = -\(configuration.cacheKiB);
            """)
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close_v2(handle)
    }

    // MARK: Statements

    /// Runs one statement that returns no rows (or whose rows do not matter), and returns how many rows it changed.
    @discardableResult
    package func execute(_ sql: String, _ values: any SQLBindable...) throws(SQLiteError) -> Int {
        try execute(sql, values: values)
    }

    @discardableResult
    package func execute(_ sql: String, values: [any SQLBindable]) throws(SQLiteError) -> Int {
        let statement = try prepare(sql, values)
        defer { finish(statement) }
        while try step(statement, sql) {}
        return Int(sqlite3_changes64(handle))
    }

    /// Runs one statement and maps each row; the row is valid only inside `body`.
    @discardableResult
    package func query<T>(
        _ sql: String, _ values: any SQLBindable..., row body: (DatabaseRow) throws -> T
    ) throws -> [T] {
        try query(sql, values: values, row: body)
    }

    @discardableResult
    package func query<T>(
        _ sql: String, values: [any SQLBindable], row body: (DatabaseRow) throws -> T
    ) throws -> [T] {
        let statement = try prepare(sql, values)
        defer { finish(statement) }
        var result: [T] = []
        while try step(statement, sql) { result.append(try body(DatabaseRow(statement: statement))) }
        return result
    }

    /// Gives every row to `body`, and keeps none: for walks over whole tables.
    package func each(_ sql: String, row body: (DatabaseRow) throws -> Void) throws {
        let statement = try prepare(sql, [])
        defer { finish(statement) }
        while try step(statement, sql) { try body(DatabaseRow(statement: statement)) }
    }

    /// Maps the first row; nil when there is none.
    package func first<T>(
        _ sql: String, _ values: any SQLBindable..., row body: (DatabaseRow) throws -> T
    ) throws -> T? {
        try first(sql, values: values, row: body)
    }

    package func first<T>(
        _ sql: String, values: [any SQLBindable], row body: (DatabaseRow) throws -> T
    ) throws -> T? {
        let statement = try prepare(sql, values)
        defer { finish(statement) }
        guard try step(statement, sql) else { return nil }
        return try body(DatabaseRow(statement: statement))
    }

    /// The first column of the first row as an integer; nil when there is no row or it is NULL.
    package func int(_ sql: String, _ values: any SQLBindable...) throws(SQLiteError) -> Int? {
        let statement = try prepare(sql, values)
        defer { finish(statement) }
        return try step(statement, sql) ? DatabaseRow(statement: statement).optionalInt(0) : nil
    }

    /// The first column of the first row as text; nil when there is no row or it is NULL.
    package func text(_ sql: String, _ values: any SQLBindable...) throws(SQLiteError) -> String? {
        let statement = try prepare(sql, values)
        defer { finish(statement) }
        return try step(statement, sql) ? DatabaseRow(statement: statement).optionalText(0) : nil
    }

    /// Runs several statements separated by semicolons, without values: schema and pragmas.
    package func script(_ sql: String) throws(SQLiteError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw failure(code, sql) }
    }

    /// Rowid of the last INSERT on this connection.
    package var lastInsertRowID: Int64 { sqlite3_last_insert_rowid(handle) }

    // MARK: Transactions

    package enum Transaction: String, Sendable { case deferred = "BEGIN DEFERRED", immediate = "BEGIN IMMEDIATE" }

    package var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws. `.immediate` takes the
    /// write lock at once, so that the body cannot fail half-way with BUSY_SNAPSHOT.
    @discardableResult
    package func transaction<T>(
        _ kind: Transaction = .immediate, _ body: (DatabaseConnection) throws -> T
    ) throws -> T {
        try execute(kind.rawValue)
        do {
            let result = try body(self)
            try execute("COMMIT")
            return result
        } catch {
            // Some errors (FULL, IOERR, RAISE(ROLLBACK)) have already rolled back: sqlite.org/lang_transaction.html.
            if isInTransaction { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
            throw error
        }
    }

    // MARK: The file

    /// Changes whenever *another* connection has committed; only comparable with earlier values of this connection.
    /// About 3 µs: cheap enough to poll.
    package func dataVersion() throws(SQLiteError) -> Int { try int("PRAGMA data_version") ?? 0 }

    /// Changes with every change of the schema, by anyone.
    package func schemaVersion() throws(SQLiteError) -> Int { try int("PRAGMA schema_version") ?? 0 }

    /// Whether the path leads to another file by now, or to none: the file was replaced, renamed or deleted. One
    /// `stat`.
    package var hasMoved: Bool {
        var moved: Int32 = 0
        let code = sqlite3_file_control(handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved)
        return code == SQLITE_OK && moved != 0
    }

    /// Name of a column's collation, in capitals; nil when there is no such column. No pragma tells it.
    package func collation(of column: String, in table: String) -> String? {
        var name: UnsafePointer<CChar>?
        let code = sqlite3_table_column_metadata(handle, "main", table, column, nil, &name, nil, nil, nil)
        guard code == SQLITE_OK, let name else { return nil }
        return String(cString: name).uppercased()
    }

    /// What `PRAGMA quick_check` complains about; empty when the file is sound.
    package func quickCheck() throws -> [String] {
        try query("PRAGMA quick_check") { $0.text(0) }.filter { $0 != "ok" }
    }

    /// Copies the live database page by page into `target`, replacing what is there (sqlite.org/backup.html).
    package func backup(to target: String) throws(SQLiteError) {
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(target, &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nil)
        defer { sqlite3_close_v2(opened) }
        guard code == SQLITE_OK, let opened, let backup = sqlite3_backup_init(opened, "main", handle, "main") else {
            let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            throw SQLiteError(
                code: code == SQLITE_OK ? SQLITE_ERROR : code, message: message, sql: "backup to \(target)")
        }
        let result = sqlite3_backup_step(backup, -1)
        let finished = sqlite3_backup_finish(backup)
        guard result == SQLITE_DONE, finished == SQLITE_OK else {
            let message = String(cString: sqlite3_errmsg(opened))
            throw SQLiteError(
                code: finished == SQLITE_OK ? result : finished, message: message, sql: "backup to \(target)")
        }
    }

    // MARK: Statement cache

    private func prepare(_ sql: String, _ values: [any SQLBindable]) throws(SQLiteError) -> OpaquePointer {
        let statement: OpaquePointer
        if let cached = statements.removeValue(forKey: sql) {
            statement = cached  // taken out while in use, so that a nested use of the same text gets its own
        } else {
            var prepared: OpaquePointer?
            var hasMore = false
            let code = sql.withCString { start in
                var tail: UnsafePointer<CChar>?
                let code = sqlite3_prepare_v3(handle, start, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, &tail)
                while let next = tail?.pointee, next != 0, !hasMore {
                    hasMore = !(next == 0x20 || next == 0x0A || next == 0x09 || next == 0x0D || next == 0x3B)
                    tail = tail?.successor()
                }
                return code
            }
            guard code == SQLITE_OK else { throw failure(code, sql) }
            if hasMore {
                sqlite3_finalize(prepared)
                throw SQLiteError(code: SQLITE_MISUSE, message: "more than one statement: use script", sql: sql)
            }
            guard let prepared else {
                throw SQLiteError(code: SQLITE_MISUSE, message: "no statement in the text", sql: sql)
            }
            statement = prepared
        }
        let expected = Int(sqlite3_bind_parameter_count(statement))
        guard expected == values.count else {
            finish(statement)
            throw SQLiteError(
                code: SQLITE_MISUSE, message: "the statement takes \(expected) values, \(values.count) were given",
                sql: sql)
        }
        for (place, value) in values.enumerated() {
            let code = Self.bind(value.sqlValue, to: statement, at: Int32(place + 1))
            if code != SQLITE_OK {
                let error = failure(code, sql)
                finish(statement)
                throw error
            }
        }
        return statement
    }

    private func finish(_ statement: OpaquePointer) {
        sqlite3_reset(statement)
        sqlite3_clear_bindings(statement)
        guard let text = sqlite3_sql(statement) else { return }
        if statements.count >= Self.statementLimit, let victim = statements.popFirst() {
            sqlite3_finalize(victim.value)
        }
        if let twin = statements.updateValue(statement, forKey: String(cString: text)) { sqlite3_finalize(twin) }
    }

    private func step(_ statement: OpaquePointer, _ sql: String) throws(SQLiteError) -> Bool {
        switch sqlite3_step(statement) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw failure(code, sql)
        }
    }

    private static func bind(_ value: SQLValue, to statement: OpaquePointer, at place: Int32) -> Int32 {
        switch value {
        case .null: return sqlite3_bind_null(statement, place)
        case .int(let int): return sqlite3_bind_int64(statement, place, int)
        case .double(let double): return sqlite3_bind_double(statement, place, double)
        case .text(var text):
            return text.withUTF8 { sqlite_shim_bind_text(statement, place, $0.baseAddress, UInt64($0.count)) }
        case .invalidText(let bytes):
            return bytes.withUnsafeBytes { sqlite_shim_bind_text(statement, place, $0.baseAddress, UInt64($0.count)) }
        case .blob(let bytes):
            return bytes.withUnsafeBytes { sqlite_shim_bind_blob(statement, place, $0.baseAddress, UInt64($0.count)) }
        }
    }

    func failure(_ code: Int32, _ sql: String) -> SQLiteError {
        SQLiteError(code: code, message: String(cString: sqlite3_errmsg(handle)), sql: sql)
    }
}
