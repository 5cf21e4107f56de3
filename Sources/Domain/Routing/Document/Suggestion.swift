/// "Did you mean": the candidate nearest to what was written.
package enum Suggestion {
    /// nil when nothing is near enough to be meant.
    package static func nearest(to text: String, among candidates: some Sequence<String>) -> String? {
        let limit = max(1, text.utf8.count / 3)
        var best: (distance: Int, candidate: String)?
        for candidate in candidates where candidate != text {
            if candidate.lowercased() == text.lowercased() { return candidate }
            let distance = distance(Array(text.lowercased().utf8), Array(candidate.lowercased().utf8), limit: limit)
            if distance <= limit, distance < best?.distance ?? .max { best = (distance, candidate) }
        }
        return best?.candidate
    }

    /// The sentence, or nil.
    package static func sentence(for text: String, among candidates: some Sequence<String>) -> String? {
        nearest(to: text, among: candidates).map { "did you mean \"\($0)\"?" }
    }

    /// Edits (insert, delete, replace, swap of neighbours) between two texts; anything beyond `limit` counts as
    /// limit + 1.
    private static func distance(_ left: [UInt8], _ right: [UInt8], limit: Int) -> Int {
        guard abs(left.count - right.count) <= limit, left.count <= 256 else { return limit + 1 }
        var older: [Int] = []
        var previous = Array(0...right.count)
        for row in 0..<left.count {
            var current = [row + 1]
            for column in 0..<right.count {
                var cost = min(previous[column + 1] + 1, current[column] + 1)
                cost = min(cost, previous[column] + (left[row] == right[column] ? 0 : 1))
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    cost = min(cost, older[column - 1] + 1)
                }
                current.append(cost)
            }
            older = previous
            previous = current
        }
        return previous[right.count]
    }
}
