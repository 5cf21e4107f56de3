extension StatementReader {
    /// The write whose verb stands at `start`; nil when it is none, or one of another database file.
    func write(_ start: Int, to end: Int) -> (write: SQLStatement.Write, end: Int)? {
        switch upper(start) {
        case "INSERT", "REPLACE": insertion(start, end)
        case "UPDATE": update(start, end)
        case "DELETE": deletion(start, end)
        default: nil
        }
    }

    private func insertion(_ start: Int, _ end: Int) -> (write: SQLStatement.Write, end: Int)? {
        var at = start + 1
        var replaces = word(start, "REPLACE")
        if word(at, "OR") {
            replaces = replaces || word(at + 1, "REPLACE")
            at += 2
        }
        guard word(at, "INTO"), let table = qualified(at + 1), !table.isForeign else { return nil }
        var write = made(.insert, table.name, at + 1)
        write.replaces = replaces
        at = table.end
        if word(at, "AS") { at += 2 }
        if symbol(at, "("), let close = closing[at] {
            write.columns = names(in: inside(at, close, end))
            at = close + 1
        } else if word(at, "DEFAULT") {
            write.columns = []
        }
        while at < end {
            if let close = closing[at] {
                at = close + 1
            } else if word(at, "ON"), word(at + 1, "CONFLICT") {
                at = upsert(at + 2, end, &write)
            } else {
                at += 1
            }
        }
        return (write, end)
    }

    /// `ON CONFLICT [(columns) [WHERE …]] DO NOTHING | DO UPDATE SET …`, from behind CONFLICT.
    private func upsert(_ start: Int, _ end: Int, _ write: inout SQLStatement.Write) -> Int {
        var at = start
        var target: Set<String> = []
        if symbol(at, "("), let close = closing[at] {
            target = Set(names(in: inside(at, close, end)).map(StoreName.folded))
            at = close + 1
        }
        while at < end, !word(at, "DO") { at = closing[at].map { $0 + 1 } ?? at + 1 }
        guard word(at + 1, "UPDATE") else { return at + 1 }
        write.upserts.append(target)
        let set = assignments(at + 2, end)
        write.assigned += set.columns
        return set.end
    }

    private func update(_ start: Int, _ end: Int) -> (write: SQLStatement.Write, end: Int)? {
        var at = start + 1
        var replaces = false
        if word(at, "OR") {
            replaces = word(at + 1, "REPLACE")
            at += 2
        }
        guard let table = qualified(at), !table.isForeign else { return nil }
        var write = made(.update, table.name, at)
        write.replaces = replaces
        at = table.end
        while at < end, !word(at, "SET") { at += 1 }
        let set = assignments(at, end)
        write.assigned = set.columns
        write.held = condition(from: set.end, end)
        return (write, end)
    }

    private func deletion(_ start: Int, _ end: Int) -> (write: SQLStatement.Write, end: Int)? {
        guard word(start + 1, "FROM"), let table = qualified(start + 2), !table.isForeign else { return nil }
        var write = made(.delete, table.name, start + 2)
        write.held = condition(from: table.end, end)
        return (write, end)
    }

    private func made(_ verb: SQLStatement.Write.Verb, _ table: String, _ at: Int) -> SQLStatement.Write {
        var write = SQLStatement.Write(verb: verb, table: table, place: tokens[at].place)
        write.isCut = isCut
        return write
    }

    /// The columns that SET gives values, from SET on; ends at the clause behind them.
    private func assignments(_ start: Int, _ end: Int) -> (columns: [String], end: Int) {
        var columns: [String] = []
        var at = start
        guard word(at, "SET") else { return (columns, at) }
        var isTarget = true
        at += 1
        while at < end {
            if token(at)?.isWord(among: ["FROM", "WHERE", "RETURNING", "ORDER", "LIMIT", "ON"]) == true,
                !(word(at, "FROM") && word(at - 1, "DISTINCT"))
            {
                break
            }
            if let close = closing[at] {
                if isTarget { columns += names(in: inside(at, close, end)) }
                at = close + 1
                isTarget = false
                continue
            }
            if symbol(at, ",") {
                isTarget = true
            } else {
                if isTarget, let name = name(at) { columns.append(name) }
                isTarget = false
            }
            at += 1
        }
        return (columns, at)
    }

    /// What the first WHERE outside brackets holds.
    private func condition(from start: Int, _ end: Int) -> Set<String> {
        var at = start
        while at < end, !word(at, "WHERE") { at = closing[at].map { $0 + 1 } ?? at + 1 }
        guard at < end else { return [] }
        var close = at + 1
        while close < end, token(close)?.isWord(among: ["RETURNING", "ORDER", "LIMIT"]) != true {
            close = closing[close].map { $0 + 1 } ?? close + 1
        }
        return held(inside(at, close, end), level: 0)
    }

    /// Names in a list of columns, without collations and directions.
    func names(in range: Range<Int>) -> [String] {
        var names: [String] = []
        var isFirst = true
        var at = range.lowerBound
        while at < range.upperBound {
            if symbol(at, ",") {
                isFirst = true
            } else {
                if isFirst, let name = name(at) { names.append(name) }
                isFirst = false
            }
            at = closing[at].map { $0 + 1 } ?? at + 1
        }
        return names
    }
}
