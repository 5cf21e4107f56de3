/// The known word that a mistyped one most likely meant.
package enum Suggestion {
    /// Nil when nothing is near: more than a third of the letters, at least two, would have to change.
    package static func nearest(to word: String, among known: [String]) -> String? {
        let limit = max(2, word.count / 3)
        let best = known.map { ($0, distance(word, $0)) }.min { $0.1 < $1.1 }
        guard let best, best.1 <= limit, best.1 < max(word.count, 1) else { return nil }
        return best.0
    }

    static func phrase(for word: String, among known: [String], prefix: String = "") -> String {
        nearest(to: word, among: known).map { "; did you mean \"\(prefix)\($0)\"?" } ?? ""
    }

    /// Edits of one letter (Levenshtein 1965).
    static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left.lowercased()), Array(right.lowercased()))
        var row = Array(0...right.count)
        for (i, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let above = row[j + 1]
                row[j + 1] = letter == other ? diagonal : 1 + min(diagonal, above, row[j])
                diagonal = above
            }
        }
        return row[right.count]
    }
}
