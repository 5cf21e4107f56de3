/// Names of tables, columns and indexes as SQLite compares them: the case of ASCII letters does not count, every other
/// character stands for itself.
package enum StoreName {
    /// The form under which equal names are the same text.
    package static func folded(_ name: String) -> String {
        String(
            decoding: name.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    package static func same(_ left: String, _ right: String) -> Bool { folded(left) == folded(right) }
}
