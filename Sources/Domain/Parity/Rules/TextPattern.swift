/// A regular expression that is matched in time proportional to pattern × text: the pattern is compiled to a
/// nondeterministic automaton whose states are all followed at once (Thompson's construction), so no response, however
/// hostile, makes it backtrack.
///
/// It always matches the whole text. Understood: literals, `.`, `[a-z]`, `[^…]`, `\d \w \s` and their upper-case
/// opposites, `|`, `(…)`, `?`, `*`, `+`, `{m}`, `{m,}`, `{m,n}`, and `\` before a sign. Anchors `^` and `$` at the ends
/// are accepted and say nothing more. Back references and look-around are refused.
package struct TextPattern: Sendable, Equatable {
    package let source: String
    let automaton: Automaton

    /// Why a pattern is refused, with the place in it, counted in Unicode scalars from 0.
    package struct Malformed: Error, Equatable {
        package let offset: Int
        package let reason: String
    }

    package init(_ source: String) throws(Malformed) {
        self.source = source
        var parser = PatternParser(source)
        automaton = try Automaton(parser.parse())
    }

    /// Whether the whole of `text` is described by the pattern.
    package func matches(_ text: String) -> Bool {
        automaton.accepts(text.unicodeScalars)
    }

    package static func == (left: TextPattern, right: TextPattern) -> Bool {
        left.source == right.source
    }
}

/// What a pattern says, before it becomes an automaton.
indirect enum PatternNode {
    case empty
    case scalars(ScalarSet)
    case sequence([PatternNode])
    case choice([PatternNode])
    case repeated(PatternNode, least: Int, most: Int?)
}

/// A set of Unicode scalars as ranges, possibly turned around.
struct ScalarSet: Equatable, Sendable {
    var ranges: [ClosedRange<UInt32>]
    var isInverted = false

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        ranges.contains { $0.contains(scalar.value) } != isInverted
    }

    static let any = ScalarSet(ranges: [10...10], isInverted: true)
    static let digits = ScalarSet(ranges: [48...57])
    static let words = ScalarSet(ranges: [48...57, 65...90, 95...95, 97...122])
    static let spaces = ScalarSet(ranges: [9...13, 32...32])
    static func one(_ scalar: Unicode.Scalar) -> ScalarSet { ScalarSet(ranges: [scalar.value...scalar.value]) }
}

/// Recursive descent over a pattern's scalars.
private struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var offset = 0
    private var depth = 0
    /// Nesting and counted repetitions are bounded, so that a pattern cannot become a machine of millions of states.
    private static let deepest = 32
    private static let longestRepeat = 1000

    init(_ source: String) {
        scalars = Array(source.unicodeScalars)
    }

    mutating func parse() throws(TextPattern.Malformed) -> PatternNode {
        if peek == "^" { offset += 1 }
        let node = try choice()
        if peek == "$", offset == scalars.count - 1 { offset += 1 }
        guard offset == scalars.count else { throw malformed("unbalanced ')'") }
        return node
    }

    private var peek: Unicode.Scalar? {
        offset < scalars.count ? scalars[offset] : nil
    }

    private func malformed(_ reason: String) -> TextPattern.Malformed {
        TextPattern.Malformed(offset: offset, reason: reason)
    }

    private mutating func choice() throws(TextPattern.Malformed) -> PatternNode {
        var branches = [try sequence()]
        while peek == "|" {
            offset += 1
            branches.append(try sequence())
        }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() throws(TextPattern.Malformed) -> PatternNode {
        var parts: [PatternNode] = []
        while let next = peek, next != "|", next != ")" {
            if next == "$", offset == scalars.count - 1 { break }
            parts.append(try repetition())
        }
        return parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func repetition() throws(TextPattern.Malformed) -> PatternNode {
        var node = try atom()
        while let next = peek {
            switch next {
            case "?": node = .repeated(node, least: 0, most: 1)
            case "*": node = .repeated(node, least: 0, most: nil)
            case "+": node = .repeated(node, least: 1, most: nil)
            case "{":
                offset += 1
                let least = try count()
                var most: Int? = least
                if peek == "," {
                    offset += 1
                    most = peek == "}" ? nil : try count()
                }
                guard peek == "}" else { throw malformed("expected '}' after a count") }
                if let most, most < least { throw malformed("a count's upper bound is below its lower one") }
                node = .repeated(node, least: least, most: most)
            default: return node
            }
            offset += 1
        }
        return node
    }

    private mutating func count() throws(TextPattern.Malformed) -> Int {
        var value = 0
        let start = offset
        while let next = peek, let digit = Int(String(next)), digit >= 0 {
            value = value * 10 + digit
            guard value <= Self.longestRepeat else { throw malformed("a count may be at most \(Self.longestRepeat)") }
            offset += 1
        }
        guard offset > start else { throw malformed("expected a count") }
        return value
    }

    private mutating func atom() throws(TextPattern.Malformed) -> PatternNode {
        guard let next = peek else { return .empty }
        switch next {
        case "(":
            guard depth < Self.deepest else { throw malformed("groups are nested too deeply") }
            depth += 1
            offset += 1
            if peek == "?" {
                guard offset + 1 < scalars.count, scalars[offset + 1] == ":" else {
                    throw malformed("look-around and named groups are not understood")
                }
                offset += 2
            }
            let inner = try choice()
            guard peek == ")" else { throw malformed("expected ')'") }
            offset += 1
            depth -= 1
            return inner
        case "[":
            offset += 1
            return .scalars(try bracket())
        case ".":
            offset += 1
            return .scalars(.any)
        case "\\":
            offset += 1
            return .scalars(try escape())
        case "?", "*", "+", "{":
            throw malformed("'\(next)' has nothing to repeat")
        case "^", "$":
            throw malformed("an anchor can stand only at the end it names; the whole text is always matched")
        default:
            offset += 1
            return .scalars(.one(next))
        }
    }

    private mutating func escape() throws(TextPattern.Malformed) -> ScalarSet {
        guard let next = peek else { throw malformed("a '\\' at the end") }
        offset += 1
        switch next {
        case "d": return .digits
        case "w": return .words
        case "s": return .spaces
        case "D": return ScalarSet(ranges: ScalarSet.digits.ranges, isInverted: true)
        case "W": return ScalarSet(ranges: ScalarSet.words.ranges, isInverted: true)
        case "S": return ScalarSet(ranges: ScalarSet.spaces.ranges, isInverted: true)
        case "n": return .one("\n")
        case "r": return .one("\r")
        case "t": return .one("\t")
        default:
            offset -= 1
            guard !next.properties.isAlphabetic, !("0"..."9").contains(next) else {
                throw malformed("'\\\(next)' is not understood")
            }
            offset += 1
            return .one(next)
        }
    }

    private mutating func bracket() throws(TextPattern.Malformed) -> ScalarSet {
        var set = ScalarSet(ranges: [])
        if peek == "^" {
            set.isInverted = true
            offset += 1
        }
        var isFirst = true
        while let next = peek, isFirst || next != "]" {
            isFirst = false
            offset += 1
            var lower = next
            if next == "\\" {
                let escaped = try escape()
                guard !escaped.isInverted else { throw malformed("an inverted class inside '[…]'") }
                guard escaped.ranges.count == 1, escaped.ranges[0].count == 1,
                    let single = Unicode.Scalar(escaped.ranges[0].lowerBound)
                else {
                    set.ranges += escaped.ranges
                    continue
                }
                lower = single
            }
            if peek == "-", offset + 1 < scalars.count, scalars[offset + 1] != "]" {
                offset += 1
                guard var upper = peek else { break }
                offset += 1
                if upper == "\\" {
                    let escaped = try escape()
                    guard escaped.ranges.count == 1, escaped.ranges[0].count == 1,
                        let single = Unicode.Scalar(escaped.ranges[0].lowerBound)
                    else { throw malformed("a class cannot end a range") }
                    upper = single
                }
                guard lower <= upper else { throw malformed("a range's ends are the wrong way round") }
                set.ranges.append(lower.value...upper.value)
            } else {
                set.ranges.append(lower.value...lower.value)
            }
        }
        guard peek == "]" else { throw malformed("expected ']'") }
        offset += 1
        return set
    }
}
