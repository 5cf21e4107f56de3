extension StatementReader {
    /// Brackets within brackets that a condition is followed into.
    private static let deepest = 40

    /// Columns that a condition holds to given values, folded: of AND what either side holds, of OR what both do.
    func held(_ range: Range<Int>, level: Int) -> Set<String> {
        guard !range.isEmpty, level < Self.deepest else { return [] }
        if let close = closing[range.lowerBound], close == range.upperBound - 1 {
            return held((range.lowerBound + 1)..<close, level: level + 1)
        }
        var alternatives: [[Range<Int>]] = [[]]
        var start = range.lowerBound
        var isBetween = false
        var cases = 0
        var at = range.lowerBound
        while at < range.upperBound {
            if let close = closing[at] {
                at = close + 1
                continue
            }
            switch upper(at) {
            case "CASE": cases += 1
            case "END": cases -= 1
            case "BETWEEN": isBetween = true
            case "AND" where isBetween: isBetween = false
            case "AND" where cases == 0, "OR" where cases == 0:
                alternatives[alternatives.count - 1].append(start..<at)
                if word(at, "OR") { alternatives.append([]) }
                start = at + 1
            default: break
            }
            at += 1
        }
        if start <= range.upperBound { alternatives[alternatives.count - 1].append(start..<range.upperBound) }
        var common: Set<String>?
        for terms in alternatives {
            let all = terms.reduce(into: Set<String>()) { $0.formUnion(term($1, level: level)) }
            common = common.map { $0.intersection(all) } ?? all
        }
        return common ?? []
    }

    private func term(_ range: Range<Int>, level: Int) -> Set<String> {
        guard let first = token(range.lowerBound), !range.isEmpty else { return [] }
        if first.isSymbol("("), let close = closing[range.lowerBound] {
            if close == range.upperBound - 1 { return held(range, level: level) }
            // (a, b) = (?, ?)
            guard symbol(close + 1, "="), symbol(close + 2, "(") else { return [] }
            return Set(names(in: (range.lowerBound + 1)..<close).map(StoreName.folded))
        }
        if let column = column(range.lowerBound), column.end < range.upperBound {
            let rest = column.end
            if symbol(rest, "=") || symbol(rest, "==") || (word(rest, "IS") && !word(rest + 1, "NOT")) {
                return isValue((rest + 1)..<range.upperBound) ? [column.name] : []
            }
            if word(rest, "IN"), symbol(rest + 1, "("),
                token(rest + 2)?.isWord(among: ["SELECT", "VALUES", "WITH"]) == false
            {
                return [column.name]
            }
            return []
        }
        // ? = column
        guard !first.isName || first.kind == .string, symbol(range.lowerBound + 1, "="),
            let column = column(range.lowerBound + 2), column.end == range.upperBound
        else { return [] }
        return [column.name]
    }

    /// `[alias .] column`, folded, and the place behind it.
    private func column(_ at: Int) -> (name: String, end: Int)? {
        guard let first = token(at), first.kind == .word || first.kind == .quotedName else { return nil }
        var end = at + 1
        var name = first.text
        while symbol(end, "."), let next = self.name(end + 1) {
            name = next
            end += 2
        }
        if symbol(end, "(") { return nil }
        return (StoreName.folded(name), end)
    }

    /// Whether it depends on no other row: parameters, literals, functions of them, one row of a query, NEW and OLD of
    /// a trigger. A bare name is another column, and so as many values as that has.
    private func isValue(_ range: Range<Int>) -> Bool {
        var at = range.lowerBound
        guard !range.isEmpty else { return isCut }
        while at < range.upperBound {
            guard let token = token(at) else { return false }
            if let close = closing[at] {
                at = close + 1
            } else if token.isWord("COLLATE") {
                at += 2
            } else if token.isWord(among: ["NEW", "OLD"]), symbol(at + 1, ".") {
                at += 3
            } else if token.isWord("NULL") {
                return false
            } else if token.kind == .quotedName || (token.kind == .word && !symbol(at + 1, "(")) {
                return false
            } else {
                at += 1
            }
        }
        return true
    }

    // MARK: Tables that are read

    /// Tables behind FROM, JOIN and IN, in their order, each once; not those that a WITH names.
    /// - Parameter target: where the table that is written stands.
    func tables(in range: Range<Int>, without target: SQLPlace?) -> [String] {
        /// What a pair of brackets, or the statement, is at.
        struct Frame {
            var isFrom = false
            var awaitsTable = false
        }
        var frames = [Frame()]
        var named: Set<String> = []
        var found: [String] = []
        var seen: Set<String> = []
        var at = range.lowerBound
        while at < range.upperBound, let token = token(at) {
            var step = 1
            if token.isSymbol("(") {
                let isQuery = self.token(at + 1)?.isWord(among: ["SELECT", "VALUES", "WITH"]) ?? false
                let awaits = frames[frames.count - 1].awaitsTable && !isQuery
                frames[frames.count - 1].awaitsTable = false
                frames.append(Frame(isFrom: awaits, awaitsTable: awaits))
            } else if token.isSymbol(")") {
                if frames.count > 1 { frames.removeLast() }
            } else if token.isSymbol(",") {
                frames[frames.count - 1].awaitsTable = frames[frames.count - 1].isFrom
            } else if token.isWord("WITH") {
                named.formUnion(commonTables(at))
            } else if token.isWord("FROM"), !word(at - 1, "DISTINCT") {
                frames[frames.count - 1] = Frame(isFrom: true, awaitsTable: true)
            } else if token.isWord("JOIN") {
                frames[frames.count - 1] = Frame(isFrom: true, awaitsTable: true)
            } else if token.isWord(among: Self.behindFrom) {
                frames[frames.count - 1] = Frame()
            } else if frames[frames.count - 1].awaitsTable || word(at - 1, "IN"), let table = qualified(at) {
                frames[frames.count - 1].awaitsTable = false
                step = table.end - at
                let folded = StoreName.folded(table.name)
                if !symbol(table.end, "("), !table.isForeign, target.map({ token.place != $0 }) ?? true,
                    token.kind != .string || !word(at - 1, "IN"), seen.insert(folded).inserted
                {
                    found.append(table.name)
                }
            }
            at += step
        }
        return found.filter { !named.contains(StoreName.folded($0)) }
    }

    private static let behindFrom: Set<String> = [
        "WHERE", "GROUP", "ORDER", "LIMIT", "HAVING", "WINDOW", "UNION", "EXCEPT", "INTERSECT", "RETURNING", "SELECT",
        "SET", "VALUES",
    ]

    /// The names that a WITH at this place gives to queries, folded.
    private func commonTables(_ start: Int) -> [String] {
        var names: [String] = []
        var at = word(start + 1, "RECURSIVE") ? start + 2 : start + 1
        while let name = name(at) {
            names.append(StoreName.folded(name))
            at += 1
            if symbol(at, "("), let close = closing[at] { at = close + 1 }
            while word(at, "AS") || word(at, "NOT") || word(at, "MATERIALIZED") { at += 1 }
            guard symbol(at, "("), let close = closing[at], symbol(close + 1, ",") else { break }
            at = close + 2
        }
        return names
    }
}
