extension TablePlan {
    /// Where the target may refuse a row that the source accepted. Such a row stops its stream and is named then; the
    /// warning comes beforehand.
    static func narrower(
        _ columns: [DataDocument.Column], _ key: [DataDocument.Column], _ source: TableSchema, _ target: TableSchema
    ) -> [String] {
        var notes: [String] = []
        let keys = key.map(\.target)
        for column in columns {
            guard let from = source.column(column.source), let to = target.column(column.target) else { continue }
            let isKey = keys.contains(column.target)
            if to.isNotNull, !from.isNotNull, !isKey {
                notes.append(
                    "\"\(target.name)\".\"\(to.name)\" is NOT NULL in the target only: a row with NULL there would stop the stream"
                )
            }
            let holdsAnything = !source.isStrict && source.rowidColumn != from.name
            let holdsIntegers = target.rowidColumn == to.name
            if holdsAnything, holdsIntegers || target.isStrict && to.affinity != .blob {
                notes.append(
                    "\"\(target.name)\".\"\(to.name)\" holds nothing but \(to.affinity.rawValue), and SQLite lets any value into \"\(source.name)\".\"\(from.name)\": another class there would stop the stream"
                )
            }
        }
        let pairs = Dictionary(columns.map { ($0.target, $0.source) }, uniquingKeysWith: { first, _ in first })
        for index in target.unique where !index.isPrimaryKey {
            let isCovered = source.unique.contains { covers($0, index, pairs, target) }
            if !isCovered {
                notes.append(
                    "the index \"\(index.name)\" makes rows of the target's \"\(target.name)\" unique, and no index of \"\(source.name)\" is known to: two rows of the source that are one there would stop the stream"
                )
            }
        }
        func bare(_ check: String) -> String { check.filter { !$0.isWhitespace } }
        let known = Set(source.checks.map(bare))
        for check in target.checks where !known.contains(bare(check)) {
            notes.append(
                "\"\(target.name)\" has CHECK(\(check)) in the target only: a row that it refuses would stop the stream"
            )
        }
        return notes
    }

    /// Whether the target's index accepts every two rows that the source's accepts.
    private static func covers(
        _ index: UniqueIndex, _ wanted: UniqueIndex, _ pairs: [String: String], _ target: TableSchema
    ) -> Bool {
        guard let columns = index.plainColumns else {
            // Conditions and expressions are compared as texts, under the same names.
            return index.terms == wanted.terms && index.condition == wanted.condition
        }
        let held = zip(columns, index.terms.map(\.collation)).map { name, collation in
            wanted.terms.contains { term in
                term.column.flatMap { pairs[$0] } == name && (term.collation == "BINARY" || term.collation == collation)
            }
        }
        return held.allSatisfy { $0 }
    }
}
