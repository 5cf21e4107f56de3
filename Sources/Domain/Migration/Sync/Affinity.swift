/// What SQLite does to a value that is put into a column (https://sqlite.org/datatype3.html, 3).
package enum Affinity: String, Sendable, Equatable {
    case integer = "INTEGER"
    case text = "TEXT"
    case blob = "BLOB"
    case real = "REAL"
    case numeric = "NUMERIC"

    /// Decides by the five rules of 3.1, in their order.
    package init(declared type: String) {
        let type = StoreName.folded(type)
        if type.contains("int") {
            self = .integer
        } else if ["char", "clob", "text"].contains(where: { type.contains($0) }) {
            self = .text
        } else if type.isEmpty || type.contains("blob") {
            self = .blob
        } else if ["real", "floa", "doub"].contains(where: { type.contains($0) }) {
            self = .real
        } else {
            self = .numeric
        }
    }

    /// Whether every value that a column of this affinity may hold is stored unchanged in a column of `other`.
    ///
    /// A column without STRICT holds any class, but never a value that its own affinity would have turned into another
    /// one. So the same affinity changes nothing; INTEGER and NUMERIC convert alike; BLOB converts nothing at all.
    ///
    /// - Parameter holdsOnlyBlobs: the column is a BLOB of a STRICT table, and no affinity changes a blob.
    package func survives(in other: Affinity, holdsOnlyBlobs: Bool = false) -> Bool {
        if other == .blob || self == other || holdsOnlyBlobs { return true }
        return [self, other].allSatisfy { $0 == .integer || $0 == .numeric }
    }
}
