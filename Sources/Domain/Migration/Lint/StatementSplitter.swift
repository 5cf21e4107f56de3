/// Gathers tokens to statements. A statement ends at its semicolon; in a log that has none, at a line that begins with
/// the verb of another one where the statement before it can end. The body of a trigger keeps its semicolons.
package struct StatementSplitter: Sendable {
    /// Tokens of one statement that are kept; of an INSERT with more values, what matters stands before.
    package static let longestStatement = 20_000

    private var tokens: [SQLToken] = []
    private var isCut = false
    private var depth = 0
    /// CASE without its END, in a trigger; below zero behind the END of the body.
    private var cases = 0
    private var hasBody = false
    private var last: SQLToken?
    /// The verb of the statement, behind WITH and EXPLAIN; nil while it is still to come.
    private var verb: String?
    private var sawRows = false
    private var sawCase = false
    /// A token at the beginning of a line that may begin a statement, held until the next one is known.
    private var held: SQLToken?

    package init() {}

    /// Takes one token and hands on the statement that it ends, and whether that was too long to be kept whole.
    package mutating func take(_ token: SQLToken, _ emit: ([SQLToken], _ isCut: Bool) -> Void) {
        if let first = held {
            held = nil
            // REPLACE is a function too, and ALTER TABLE drops columns.
            let goesOn =
                first.isWord("REPLACE") ? !token.isWord("INTO") : first.isWord("DROP") && token.isWord("COLUMN")
            if !goesOn { end(emit) }
            append(first, emit)
        }
        if token.startsLine, mayEnd(before: token) {
            held = token
        } else {
            append(token, emit)
        }
    }

    /// The input ends.
    package mutating func finish(_ emit: ([SQLToken], _ isCut: Bool) -> Void) {
        if let first = held {
            held = nil
            if !first.isWord("REPLACE") { end(emit) }
            append(first, emit)
        }
        end(emit)
    }

    private mutating func append(_ token: SQLToken, _ emit: ([SQLToken], _ isCut: Bool) -> Void) {
        note(token)
        if token.kind == .symbol {
            switch token.text {
            case "(": depth += 1
            case ")": depth = max(0, depth - 1)
            case ";" where !isTrigger || !hasBody || isComplete:
                return end(emit)
            default: break
            }
        } else if isTrigger, token.kind == .word {
            if token.isWord("BEGIN"), !hasBody {
                hasBody = true
            } else if token.isWord("CASE") {
                cases += 1
            } else if token.isWord("END") {
                cases -= 1
            }
        }
        guard tokens.count < Self.longestStatement else {
            isCut = true
            return
        }
        tokens.append(token)
    }

    private mutating func end(_ emit: ([SQLToken], _ isCut: Bool) -> Void) {
        if !tokens.isEmpty { emit(tokens, isCut) }
        tokens.removeAll(keepingCapacity: true)
        (isCut, depth, cases, hasBody, last, verb, sawRows, sawCase) = (false, 0, 0, false, nil, nil, false, false)
    }

    /// Keeps what decides where the statement can end, so that no decision looks at all of it again.
    private mutating func note(_ token: SQLToken) {
        last = token
        guard token.kind == .word, depth == 0 else { return }
        let word = token.text.uppercased()
        if tokens.isEmpty, word != "WITH", word != "EXPLAIN" {
            verb = word
        } else if verb == nil, Self.mainVerbs.contains(word) {
            verb = word
        }
        if Self.rows.contains(word) { sawRows = true }
        if word == "CASE" { sawCase = true }
    }

    /// The trigger's body was closed by its END.
    private var isComplete: Bool { hasBody && cases < 0 }

    private var isTrigger: Bool {
        guard tokens.first?.isWord("CREATE") == true, tokens.count > 1 else { return false }
        return tokens[1].isWord("TRIGGER")
            || (tokens.count > 2 && tokens[1].isWord(among: ["TEMP", "TEMPORARY"]) && tokens[2].isWord("TRIGGER"))
    }

    /// Whether the statement so far can end before this token, which begins one.
    private func mayEnd(before token: SQLToken) -> Bool {
        guard depth == 0, token.isWord(among: Self.verbs), !tokens.isEmpty, let last else {
            return false
        }
        if isTrigger { return isComplete }
        if last.isWord(among: Self.awaiting) { return false }
        if last.kind == .symbol, last.text != ")" { return false }
        switch token.text.uppercased() {
        case "SELECT", "WITH", "VALUES":
            // The rows of an INSERT, and the query of a view or table.
            guard let verb else { return false }
            return verb == "INSERT" || verb == "REPLACE" ? sawRows : true
        case "INSERT", "UPDATE", "DELETE", "REPLACE": return verb != nil
        case "END": return !sawCase
        default: return true
        }
    }

    private static let verbs: Set<String> = [
        "SELECT", "VALUES", "WITH", "INSERT", "UPDATE", "DELETE", "REPLACE", "BEGIN", "COMMIT", "END", "ROLLBACK",
        "SAVEPOINT", "RELEASE", "CREATE", "ALTER", "DROP", "PRAGMA", "ATTACH", "DETACH", "VACUUM", "ANALYZE",
        "REINDEX", "EXPLAIN",
    ]
    private static let mainVerbs: Set<String> = ["SELECT", "VALUES", "INSERT", "UPDATE", "DELETE", "REPLACE"]
    /// Words behind which a statement goes on, whatever begins the next line.
    private static let awaiting: Set<String> = [
        "UNION", "ALL", "EXCEPT", "INTERSECT", "AS", "DO", "OR", "CONFLICT", "ON", "AND", "NOT", "IN", "SELECT",
        "FROM", "WHERE", "SET", "BY", "VALUES", "INTO", "EXPLAIN", "PLAN", "WITH", "RECURSIVE", "UPDATE", "DELETE",
        "JOIN", "DISTINCT", "CASE", "WHEN", "THEN", "ELSE", "LIKE", "IS", "BETWEEN", "TABLE", "HAVING", "LIMIT",
        "OFFSET", "RETURNING", "ADD", "DROP", "TO", "INSERT", "OF",
    ]
    private static let rows: Set<String> = ["SELECT", "VALUES", "DEFAULT"]
}
