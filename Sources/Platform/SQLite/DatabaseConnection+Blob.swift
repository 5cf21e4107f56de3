import CSQLite

extension DatabaseConnection {
    /// A part of a stored blob, read where it lies: a statement would fetch the whole value first
    /// (sqlite.org/c3ref/blob_open.html).
    ///
    /// - Parameters:
    ///   - row: the row's `rowid`. It is looked up in the same transaction, as VACUUM may change it.
    ///   - offset: of the first byte.
    ///   - count: most bytes; fewer come at the blob's end, none beyond it.
    package func blob(
        _ table: String, _ column: String, row: Int64, from offset: Int, count: Int
    ) throws(SQLiteError) -> [UInt8] {
        let what = "blob \(table).\(column)"
        var opened: OpaquePointer?
        let code = sqlite3_blob_open(handle, "main", table, column, row, 0, &opened)
        defer { sqlite3_blob_close(opened) }
        guard code == SQLITE_OK, let opened else { throw failure(code, what) }
        let size = Int(sqlite3_blob_bytes(opened))
        guard offset >= 0, offset < size, count > 0 else { return [] }
        let wanted = min(count, size - offset)
        var result = SQLITE_OK
        let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, initialised in
            result = sqlite3_blob_read(opened, buffer.baseAddress, Int32(clamping: wanted), Int32(clamping: offset))
            initialised = result == SQLITE_OK ? wanted : 0
        }
        guard result == SQLITE_OK else { throw failure(result, what) }
        return bytes
    }
}
