/// Reads tokens of one statement. It knows where SQLite's grammar puts tables, columns and conditions, and steps over
/// the rest; what it does not know is told as such. Work is linear in the tokens: brackets are paired once.
package struct StatementReader {
    let tokens: [SQLToken]
    /// Of each opening bracket the place of the closing one, or the end.
    let closing: [Int: Int]
    let isCut: Bool

    init(_ tokens: [SQLToken], isCut: Bool) {
        self.tokens = tokens
        self.isCut = isCut
        var open: [Int] = []
        var closing: [Int: Int] = [:]
        for (index, token) in tokens.enumerated() where token.kind == .symbol {
            if token.text == "(" { open.append(index) }
            if token.text == ")", let start = open.popLast() { closing[start] = index }
        }
        for start in open { closing[start] = tokens.count }
        self.closing = closing
    }

    /// - Parameter isCut: tokens are missing at the end.
    package static func read(_ tokens: [SQLToken], isCut: Bool = false) -> SQLStatement {
        StatementReader(tokens, isCut: isCut).statement()
    }

    /// Every statement of a text.
    package static func statements(_ sql: String) -> [SQLStatement] {
        var splitter = StatementSplitter()
        var found: [SQLStatement] = []
        for token in SQLTokenizer.tokens(sql) {
            splitter.take(token) { found.append(read($0, isCut: $1)) }
        }
        splitter.finish { found.append(read($0, isCut: $1)) }
        return found
    }

    // MARK: Kinds

    func statement() -> SQLStatement {
        var at = 0
        if word(at, "EXPLAIN") {
            return made(.neutral("EXPLAIN"))
        }
        at = afterWith(at)
        let kind: SQLStatement.Kind
        switch upper(at) {
        case "SELECT", "VALUES": kind = .query
        case "INSERT", "REPLACE", "UPDATE", "DELETE": kind = .write
        case "BEGIN": kind = .begin
        case "COMMIT", "END": kind = .commit
        case "ROLLBACK": kind = tokens.contains { $0.isWord("TO") } ? .rollbackTo : .rollback
        case "SAVEPOINT": kind = .savepoint(name(at + 1) ?? "")
        case "RELEASE": kind = .release(name(word(at + 1, "SAVEPOINT") ? at + 2 : at + 1) ?? "")
        case "ALTER", "DROP": kind = schemaChange(at)
        case "CREATE": return creation(at)
        case "PRAGMA", "ATTACH", "DETACH", "VACUUM", "ANALYZE", "REINDEX": kind = .neutral(upper(at))
        default: return made(.unknown(token(at)?.shown ?? ""))
        }
        var statement = made(kind)
        if kind == .write, let write = write(at, to: tokens.count) { statement.writes = [write.write] }
        if kind == .write || kind == .query {
            let target = statement.writes.first?.place
            statement.reads = tables(in: 0..<tokens.count, without: target)
        }
        return statement
    }

    private func made(_ kind: SQLStatement.Kind) -> SQLStatement {
        SQLStatement(kind, of: tokens)
    }

    private func schemaChange(_ at: Int) -> SQLStatement.Kind {
        guard word(at + 1, "TABLE") else { return .neutral(upper(at)) }
        var next = at + 2
        if word(next, "IF") { next += 2 }
        guard let table = qualified(next) else { return .neutral(upper(at)) }
        return .schemaChange(verb: "\(upper(at)) TABLE", table: table.name)
    }

    /// CREATE TRIGGER name … ON table … BEGIN statements END; everything else that is created moves no rows.
    private func creation(_ at: Int) -> SQLStatement {
        var next = at + 1
        if word(next, "TEMP") || word(next, "TEMPORARY") { next += 1 }
        guard word(next, "TRIGGER") else { return made(.neutral("CREATE")) }
        next += 1
        if word(next, "IF") { next += 3 }
        guard let trigger = qualified(next),
            let on = (trigger.end..<tokens.count).first(where: { word($0, "ON") }),
            let table = qualified(on + 1),
            let begin = (table.end..<tokens.count).first(where: { word($0, "BEGIN") })
        else { return made(.unknown("CREATE TRIGGER")) }
        var statement = made(.trigger(name: trigger.name, table: table.name))
        var start = begin + 1
        for index in start..<max(start, tokens.count) where tokens[index].isSymbol(";") {
            let verb = afterWith(start)
            if let write = write(verb, to: index) { statement.writes.append(write.write) }
            statement.reads += tables(in: start..<index, without: statement.writes.last?.place)
            start = index + 1
        }
        return statement
    }

    // MARK: Tokens

    func token(_ index: Int) -> SQLToken? { tokens.indices.contains(index) ? tokens[index] : nil }
    func word(_ index: Int, _ keyword: String) -> Bool { token(index)?.isWord(keyword) ?? false }
    func symbol(_ index: Int, _ text: String) -> Bool { token(index)?.isSymbol(text) ?? false }
    func upper(_ index: Int) -> String {
        guard let token = token(index), token.kind == .word else { return "" }
        return token.text.uppercased()
    }
    func name(_ index: Int) -> String? { token(index).flatMap { $0.isName ? $0.text : nil } }

    /// What stands behind `open` and before `close`, as far as the statement reaches; a text that ends in between may
    /// turn the two around.
    func inside(_ open: Int, _ close: Int, _ end: Int) -> Range<Int> { (open + 1)..<max(open + 1, min(close, end)) }

    /// `[schema .] name`, and the place behind it. A name of the schema `temp` is none of the store's.
    func qualified(_ index: Int) -> (name: String, end: Int, isForeign: Bool)? {
        guard let first = name(index) else { return nil }
        guard symbol(index + 1, "."), let second = name(index + 2) else { return (first, index + 1, false) }
        return (second, index + 3, !StoreName.same(first, "main"))
    }

    /// The place behind a WITH clause, or the place itself.
    func afterWith(_ start: Int) -> Int {
        var at = start
        guard word(at, "WITH") else { return at }
        at += word(at + 1, "RECURSIVE") ? 2 : 1
        while name(at) != nil {
            at += 1
            if symbol(at, "("), let close = closing[at] { at = close + 1 }
            guard word(at, "AS") else { return at }
            at += 1
            if word(at, "NOT") { at += 1 }
            if word(at, "MATERIALIZED") { at += 1 }
            guard symbol(at, "("), let close = closing[at] else { return at }
            at = close + 1
            guard symbol(at, ",") else { return at }
            at += 1
        }
        return at
    }
}
