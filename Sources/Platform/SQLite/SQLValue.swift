/// One of SQLite's five storage classes (sqlite.org/datatype3.html §2), copied out exactly.
package enum SQLValue: Sendable, Equatable, Hashable {
    case null
    case int(Int64)
    case double(Double)
    case text(String)
    case blob([UInt8])
    /// A TEXT that is not valid UTF-8, kept byte for byte so that a copy stays a copy.
    case invalidText([UInt8])
}

/// What can stand for a `?` in a statement.
package protocol SQLBindable {
    var sqlValue: SQLValue { get }
}

extension SQLValue: SQLBindable {
    package var sqlValue: SQLValue { self }
}
extension Int: SQLBindable {
    package var sqlValue: SQLValue { .int(Int64(self)) }
}
extension Int64: SQLBindable {
    package var sqlValue: SQLValue { .int(self) }
}
extension Int32: SQLBindable {
    package var sqlValue: SQLValue { .int(Int64(self)) }
}
extension UInt32: SQLBindable {
    package var sqlValue: SQLValue { .int(Int64(self)) }
}
extension Double: SQLBindable {
    package var sqlValue: SQLValue { .double(self) }
}
extension Bool: SQLBindable {
    /// 1 or 0: SQLite has no Boolean class.
    package var sqlValue: SQLValue { .int(self ? 1 : 0) }
}
extension String: SQLBindable {
    package var sqlValue: SQLValue { .text(self) }
}
extension Substring: SQLBindable {
    package var sqlValue: SQLValue { .text(String(self)) }
}
extension [UInt8]: SQLBindable {
    package var sqlValue: SQLValue { .blob(self) }
}
extension Optional: SQLBindable where Wrapped: SQLBindable {
    package var sqlValue: SQLValue { self?.sqlValue ?? .null }
}
