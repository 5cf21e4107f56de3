/// One of SQLite's five storage classes (sqlite.org/datatype3.html §2), copied out exactly.
///
/// Equal means stored alike: the same class and the same bytes. Swift's own `==` of texts takes two spellings of "é"
/// for one, and that of numbers takes 0.0 for -0.0.
package enum SQLValue: Sendable, Hashable {
    case null
    case int(Int64)
    case double(Double)
    case text(String)
    case blob([UInt8])
    /// A TEXT that is not valid UTF-8, kept byte for byte so that a copy stays a copy.
    case invalidText([UInt8])
}

extension SQLValue {
    package static func == (left: SQLValue, right: SQLValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.int(let left), .int(let right)): left == right
        case (.double(let left), .double(let right)): left.bitPattern == right.bitPattern
        case (.text(let left), .text(let right)): left.utf8.elementsEqual(right.utf8)
        case (.blob(let left), .blob(let right)): left == right
        case (.invalidText(let left), .invalidText(let right)): left == right
        default: false
        }
    }

    package func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .int(let int): hasher.combine(int)
        case .double(let double): hasher.combine(double.bitPattern)
        case .text(let text): for byte in text.utf8 { hasher.combine(byte) }
        case .blob(let bytes), .invalidText(let bytes): hasher.combine(bytes)
        }
    }
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
