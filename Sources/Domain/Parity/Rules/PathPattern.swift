/// A JSON Pointer (RFC 6901) in which a token `*` stands for any one name or index and `**` for any number of tokens.
package struct PathPattern: Sendable, Equatable {
    package let source: String
    let tokens: [Token]

    enum Token: Sendable, Equatable {
        case name(String)
        case anyOne
        case anyNumber
    }

    /// Why a text is no pointer.
    package struct Malformed: Error, Equatable {
        package let reason: String
    }

    package init(_ source: String) throws(Malformed) {
        self.source = source
        tokens = try Self.split(source).map { token in
            switch token {
            case "*": .anyOne
            case "**": .anyNumber
            default: .name(token)
            }
        }
    }

    /// The tokens of a JSON Pointer, unescaped.
    package static func split(_ pointer: String) throws(Malformed) -> [String] {
        if pointer.isEmpty { return [] }
        guard pointer.utf8.first == UInt8(ascii: "/") else {
            throw Malformed(reason: "a JSON Pointer is empty or begins with '/' (RFC 6901)")
        }
        var tokens: [String] = []
        for part in pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            var token = ""
            var scalars = part.unicodeScalars.makeIterator()
            while let scalar = scalars.next() {
                guard scalar == "~" else {
                    token.unicodeScalars.append(scalar)
                    continue
                }
                switch scalars.next() {
                case "0": token += "~"
                case "1": token += "/"
                default: throw Malformed(reason: "'~' is written '~0' and '/' is written '~1' (RFC 6901 §3)")
                }
            }
            tokens.append(token)
        }
        return tokens
    }

    /// The pointer's text of unescaped tokens.
    package static func join(_ tokens: [String]) -> String {
        var out = ""
        for token in tokens {
            out += "/"
            for scalar in token.unicodeScalars {
                switch scalar {
                case "~": out += "~0"
                case "/": out += "~1"
                default: out.unicodeScalars.append(scalar)
                }
            }
        }
        return out
    }

    /// Whether a concrete path is described. Work is at most tokens × path, also with several `**`.
    package func matches(_ path: [String]) -> Bool {
        // reached[i]: the first i pattern tokens describe the path read so far.
        var reached = [Bool](repeating: false, count: tokens.count + 1)
        reached[0] = true
        Self.skipEmpty(tokens, &reached)
        for name in path {
            var next = [Bool](repeating: false, count: tokens.count + 1)
            for (index, token) in tokens.enumerated() {
                switch token {
                case .name(let expected): if reached[index], expected == name { next[index + 1] = true }
                case .anyOne: if reached[index] { next[index + 1] = true }
                case .anyNumber:
                    if reached[index] || reached[index + 1] {
                        next[index] = next[index] || reached[index]
                        next[index + 1] = true
                    }
                }
            }
            Self.skipEmpty(tokens, &next)
            reached = next
        }
        return reached[tokens.count]
    }

    /// `**` may also stand for nothing.
    private static func skipEmpty(_ tokens: [Token], _ reached: inout [Bool]) {
        for (index, token) in tokens.enumerated() where token == .anyNumber && reached[index] {
            reached[index + 1] = true
        }
    }
}
