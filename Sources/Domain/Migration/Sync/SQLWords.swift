/// Just enough of SQL's lexical rules (https://sqlite.org/lang_keywords.html) to take a CREATE INDEX apart: SQLite
/// tells the columns of an index, but neither its expressions nor its WHERE.
package enum SQLWords {
    enum Word: Equatable {
        /// A name or keyword; quoted names without their quotes.
        case name(String, isQuoted: Bool)
        case text(String)
        /// Everything else: numbers, operators, brackets, one by one.
        case other(Character)
        case space
    }

    /// A word and where it stands in the text.
    struct Token: Equatable {
        var word: Word
        var range: Range<String.Index>
    }

    static func tokens(_ sql: String) -> [Token] {
        var tokens: [Token] = []
        var place = sql.startIndex
        func next(_ index: String.Index) -> Character? {
            let after = sql.index(after: index)
            return after < sql.endIndex ? sql[after] : nil
        }
        while place < sql.endIndex {
            let start = place
            let character = sql[place]
            var word = Word.other(character)
            switch character {
            case "'", "\"", "`", "[":
                let close: Character = character == "[" ? "]" : character
                var content = ""
                place = sql.index(after: place)
                while place < sql.endIndex {
                    if sql[place] == close {
                        // A doubled quote stands for itself; brackets cannot be doubled.
                        guard close != "]", next(place) == close else { break }
                        place = sql.index(after: place)
                    }
                    content.append(sql[place])
                    place = sql.index(after: place)
                }
                if place < sql.endIndex { place = sql.index(after: place) }
                word = character == "'" ? .text(content) : .name(content, isQuoted: true)
            case "-" where next(place) == "-":
                while place < sql.endIndex, !sql[place].isNewline { place = sql.index(after: place) }
                word = .space
            case "/" where next(place) == "*":
                place = sql.index(place, offsetBy: 2)
                while place < sql.endIndex, !(sql[place] == "*" && next(place) == "/") {
                    place = sql.index(after: place)
                }
                place = sql.index(place, offsetBy: 2, limitedBy: sql.endIndex) ?? sql.endIndex
                word = .space
            case _ where character.isWhitespace:
                place = sql.index(after: place)
                word = .space
            case _ where character.isLetter || character == "_" || !character.isASCII:
                while place < sql.endIndex,
                    sql[place].isLetter || sql[place].isNumber || "_$".contains(sql[place]) || !sql[place].isASCII
                { place = sql.index(after: place) }
                word = .name(String(sql[start..<place]), isQuoted: false)
            default: place = sql.index(after: place)
            }
            tokens.append(Token(word: word, range: start..<place))
        }
        return tokens
    }

    /// Every word of an expression that may be the name of a column.
    package static func identifiers(_ sql: String) -> [String] {
        tokens(sql).compactMap { token in
            if case .name(let name, _) = token.word { name } else { nil }
        }
    }

    /// The CHECK constraints of a CREATE TABLE as they are written, without comments.
    package static func checks(_ sql: String) -> [String] {
        let tokens = tokens(sql)
        var checks: [String] = []
        for (index, token) in tokens.enumerated() where isKeyword("check", token.word) {
            let rest = tokens[(index + 1)...].drop { $0.word == .space }
            guard rest.first?.word == .other("(") else { continue }
            var depth = 0
            let content = rest.prefix { token in
                if token.word == .other("(") { depth += 1 }
                if token.word == .other(")") { depth -= 1 }
                return depth > 0
            }
            checks.append(text(Array(content.dropFirst()), of: sql))
        }
        return checks
    }

    /// Terms and condition of a CREATE INDEX; nil when the text is not one. Comments are left out, for a term becomes
    /// part of one line; collations and directions too, for SQLite tells them.
    package static func index(_ sql: String) -> (terms: [String], condition: String?)? {
        let tokens = tokens(sql)
        // ON is the first bare one; the name of the index and of the table before and after it may be anything.
        guard let on = tokens.firstIndex(where: { isKeyword("on", $0.word) }),
            let open = tokens[on...].firstIndex(where: { $0.word == .other("(") })
        else { return nil }
        var depth = 0
        var terms: [[Token]] = [[]]
        var end: Int?
        scan: for (index, token) in tokens.enumerated().dropFirst(open + 1) {
            switch token.word {
            case .other("("): depth += 1
            case .other(")") where depth == 0:
                end = index
                break scan
            case .other(")"): depth -= 1
            case .other(",") where depth == 0:
                terms.append([])
                continue
            default: break
            }
            terms[terms.count - 1].append(token)
        }
        guard let end else { return nil }
        let rest = tokens[(end + 1)...].drop { $0.word == .space }
        var condition: String?
        if let first = rest.first {
            guard isKeyword("where", first.word) else { return nil }
            condition = text(Array(rest.dropFirst()), of: sql)
        }
        let texts = terms.map { text(bare($0), of: sql) }
        return texts.contains("") ? nil : (texts, condition)
    }

    private static func isKeyword(_ keyword: String, _ word: Word) -> Bool {
        if case .name(let name, isQuoted: false) = word { StoreName.same(name, keyword) } else { false }
    }

    /// A term without COLLATE, ASC and DESC at its end.
    private static func bare(_ term: [Token]) -> [Token] {
        var words = term.filter { $0.word != .space }
        if let last = words.last, isKeyword("asc", last.word) || isKeyword("desc", last.word) { words.removeLast() }
        if words.count > 2, isKeyword("collate", words[words.count - 2].word) { words.removeLast(2) }
        guard let last = words.last, let end = term.lastIndex(of: last) else { return [] }
        return Array(term[...end])
    }

    private static func text(_ tokens: [Token], of sql: String) -> String {
        let words = tokens.map { $0.word == .space ? " " : String(sql[$0.range]) }.joined()
        return String(words.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
