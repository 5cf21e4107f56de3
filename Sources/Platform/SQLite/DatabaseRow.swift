import CSQLite

/// The row a statement stands on: valid only inside the closure that received it. Columns count from 0.
package struct DatabaseRow {
    let statement: OpaquePointer

    /// Number of columns.
    package var count: Int { Int(sqlite3_column_count(statement)) }

    package func name(_ column: Int) -> String {
        sqlite3_column_name(statement, Int32(column)).map { String(cString: $0) } ?? ""
    }

    package func isNull(_ column: Int) -> Bool { sqlite3_column_type(statement, Int32(column)) == SQLITE_NULL }

    /// The column as an integer; NULL reads as 0 (ask `isNull` or `optionalInt`).
    package func int(_ column: Int) -> Int { Int(sqlite3_column_int64(statement, Int32(column))) }
    package func int64(_ column: Int) -> Int64 { sqlite3_column_int64(statement, Int32(column)) }
    package func double(_ column: Int) -> Double { sqlite3_column_double(statement, Int32(column)) }
    package func bool(_ column: Int) -> Bool { int64(column) != 0 }

    /// The column as text; NULL reads as "".
    package func text(_ column: Int) -> String {
        guard let bytes = sqlite3_column_text(statement, Int32(column)) else { return "" }
        let count = Int(sqlite3_column_bytes(statement, Int32(column)))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    /// The column as bytes; NULL reads as none.
    package func blob(_ column: Int) -> [UInt8] {
        guard let bytes = sqlite3_column_blob(statement, Int32(column)) else { return [] }
        return Array(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(statement, Int32(column)))))
    }

    package func optionalInt(_ column: Int) -> Int? { isNull(column) ? nil : int(column) }
    package func optionalText(_ column: Int) -> String? { isNull(column) ? nil : text(column) }

    /// Gives the bytes of a text or blob to `body` where SQLite keeps them, uncopied.
    package func withBytes<T>(_ column: Int, _ body: (UnsafeRawBufferPointer) -> T) -> T {
        let start =
            sqlite3_column_type(statement, Int32(column)) == SQLITE_TEXT
            ? UnsafeRawPointer(sqlite3_column_text(statement, Int32(column)))
            : sqlite3_column_blob(statement, Int32(column))
        let count = start == nil ? 0 : Int(sqlite3_column_bytes(statement, Int32(column)))
        return body(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// SQLite's number of the column's storage class: 1 integer, 2 real, 3 text, 4 blob, 5 NULL.
    package func storageClass(_ column: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: sqlite3_column_type(statement, Int32(column)))
    }

    /// The column in its storage class, without conversion or repair.
    package func value(_ column: Int) -> SQLValue {
        switch sqlite3_column_type(statement, Int32(column)) {
        case SQLITE_INTEGER: return .int(int64(column))
        case SQLITE_FLOAT: return .double(double(column))
        case SQLITE_BLOB: return .blob(blob(column))
        case SQLITE_TEXT:
            guard let start = sqlite3_column_text(statement, Int32(column)) else { return .text("") }
            let count = Int(sqlite3_column_bytes(statement, Int32(column)))
            let bytes = UnsafeBufferPointer(start: start, count: count)
            return String(validating: bytes, as: UTF8.self).map(SQLValue.text) ?? .invalidText(Array(bytes))
        default: return .null
        }
    }

    /// Every column, in order.
    package var values: [SQLValue] { (0..<count).map(value) }
}
