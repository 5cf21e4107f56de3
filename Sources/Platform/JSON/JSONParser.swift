/// One pass over a text that fills the tape. The nesting is kept on an explicit stack, so hostile depth cannot
/// overflow the thread's.
struct JSONParser {
    private let text: [UInt8]
    private let limits: JSONLimits
    private var offset = 0
    /// Tape indices of the containers being read, outermost first.
    private var open: [Int] = []
    private(set) var tape: [JSONDocument.Entry] = []
    private(set) var duplicates: [JSONDocument.Duplicate] = []

    init(text: [UInt8], limits: JSONLimits) {
        self.text = text
        self.limits = limits
    }

    mutating func parse() throws(JSONError) {
        guard text.count <= min(limits.bytes, Int(UInt32.max) - 1) else {
            throw failure(.limit, "the text has \(text.count) bytes, the limit is \(limits.bytes)", at: 0)
        }
        guard !text.starts(with: [0xEF, 0xBB, 0xBF]) else {
            throw failure(.encoding, "a byte order mark is not allowed before JSON", at: 0)
        }
        tape.reserveCapacity(text.count / 8)
        skipSpace()
        try parseValue()
        while let container = open.last {
            skipSpace()
            if tape[container].kind == .array {
                try continueArray(container)
            } else {
                try continueObject(container)
            }
        }
        skipSpace()
        guard offset == text.count else { throw failure(.syntax, "expected the end after the value, found \(found)") }
    }

    // MARK: Containers

    private mutating func continueArray(_ container: Int) throws(JSONError) {
        if current == UInt8(ascii: "]") { return try close(container) }
        if tape[container].count > 0 {
            try expect(",", or: "expected ',' or ']' after a value of the array")
            skipSpace()
            if current == UInt8(ascii: "]") { throw failure(.syntax, "a comma before ']' is not allowed") }
        }
        tape[container].count += 1
        try parseValue()
    }

    private mutating func continueObject(_ container: Int) throws(JSONError) {
        if current == UInt8(ascii: "}") { return try close(container) }
        if tape[container].count > 0 {
            try expect(",", or: "expected ',' or '}' after a member of the object")
            skipSpace()
            if current == UInt8(ascii: "}") { throw failure(.syntax, "a comma before '}' is not allowed") }
        }
        guard current == UInt8(ascii: "\"") else {
            throw failure(.syntax, "expected a name in double quotes, found \(found)")
        }
        tape[container].count += 1
        try parseString(as: .key)
        skipSpace()
        try expect(":", or: "expected ':' after the name")
        skipSpace()
        try parseValue()
    }

    private mutating func begin(_ kind: JSONKind) throws(JSONError) {
        guard open.count < limits.depth else {
            throw failure(.limit, "nested deeper than \(limits.depth) levels")
        }
        open.append(tape.count)
        tape.append(JSONDocument.Entry(kind: kind, start: UInt32(offset)))
        offset += 1
    }

    private mutating func close(_ container: Int) throws(JSONError) {
        offset += 1
        open.removeLast()
        tape[container].end = UInt32(offset)
        tape[container].next = UInt32(tape.count)
        if tape[container].kind == .object, tape[container].count > 1 { try findDuplicates(in: container) }
    }

    // MARK: Values

    private mutating func parseValue() throws(JSONError) {
        guard tape.count < limits.values else { throw failure(.limit, "more than \(limits.values) values") }
        switch current {
        case UInt8(ascii: "{"): try begin(.object)
        case UInt8(ascii: "["): try begin(.array)
        case UInt8(ascii: "\""): try parseString(as: .string)
        case UInt8(ascii: "t"): try parseWord("true", .bool)
        case UInt8(ascii: "f"): try parseWord("false", .bool)
        case UInt8(ascii: "n"): try parseWord("null", .null)
        case .some(UInt8(ascii: "-")), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): try parseNumber()
        default: throw failure(.syntax, "expected a value, found \(found)")
        }
    }

    private mutating func parseWord(_ word: StaticString, _ kind: JSONKind) throws(JSONError) {
        let length = word.utf8CodeUnitCount
        let matches =
            offset + length <= text.count
            && (0..<length).allSatisfy { text[offset + $0] == word.utf8Start[$0] }
        guard matches else { throw failure(.syntax, "expected a value, found \(found)") }
        append(kind, length: length)
    }

    /// RFC 8259 §6: `[ minus ] int [ frac ] [ exp ]`, no leading zeros.
    private mutating func parseNumber() throws(JSONError) {
        var end = offset
        func digit(_ index: Int) -> Bool { index < text.count && text[index] >= 0x30 && text[index] <= 0x39 }
        if text[end] == UInt8(ascii: "-") { end += 1 }
        guard digit(end) else { throw failure(.syntax, "expected a digit after '-'", at: end) }
        if text[end] == UInt8(ascii: "0"), digit(end + 1) {
            throw failure(.syntax, "a number may not begin with 0", at: end)
        }
        while digit(end) { end += 1 }
        if end < text.count, text[end] == UInt8(ascii: ".") {
            end += 1
            guard digit(end) else { throw failure(.syntax, "expected a digit after '.'", at: end) }
            while digit(end) { end += 1 }
        }
        if end < text.count, text[end] | 0x20 == UInt8(ascii: "e") {
            end += 1
            if end < text.count, text[end] == UInt8(ascii: "+") || text[end] == UInt8(ascii: "-") { end += 1 }
            guard digit(end) else { throw failure(.syntax, "expected a digit in the exponent", at: end) }
            while digit(end) { end += 1 }
        }
        append(.number, length: end - offset)
    }

    private mutating func parseString(as kind: JSONKind) throws(JSONError) {
        let (end, hasEscapes) = try JSONStringScanner.end(of: text, from: offset)
        tape.append(
            JSONDocument.Entry(
                kind: kind, hasEscapes: hasEscapes, start: UInt32(offset), end: UInt32(end),
                next: UInt32(tape.count + 1)))
        offset = end
    }

    private mutating func append(_ kind: JSONKind, length: Int) {
        tape.append(
            JSONDocument.Entry(
                kind: kind, start: UInt32(offset), end: UInt32(offset + length), next: UInt32(tape.count + 1)))
        offset += length
    }

    // MARK: Names

    /// Names are compared as bytes after decoding: "a" and "\u0061" are one name, two Unicode spellings of é are two.
    private mutating func findDuplicates(in container: Int) throws(JSONError) {
        if isSmallWithoutTwins(container) { return }
        var first: [ArraySlice<UInt8>: Int] = [:]  // seeded hashing: names chosen to collide cost nothing extra
        first.reserveCapacity(Int(tape[container].count))
        var index = container + 1
        let end = Int(tape[container].next)
        while index < end {
            let entry = tape[index]
            let inner = Int(entry.start) + 1..<Int(entry.end) - 1
            let name = entry.hasEscapes ? JSONStringScanner.decoded(text, inner)[...] : text[inner]
            if let earlier = first.updateValue(index, forKey: name) {
                let key = String(decoding: name, as: UTF8.self)
                let position = JSONPosition(of: Int(tape[earlier].start), in: text)
                guard limits.duplicateKeys == .report else {
                    throw failure(
                        .duplicateKey, "\"\(key)\" was already given on line \(position.line)", at: Int(entry.start))
                }
                duplicates.append(
                    .init(key: key, first: position, second: JSONPosition(of: Int(entry.start), in: text)))
            }
            index = Int(tape[index + 1].next)
        }
    }

    /// The fast check for nearly every object, without a hash of every name: the object is small, no name is escaped,
    /// and no two names are the same.
    private func isSmallWithoutTwins(_ container: Int) -> Bool {
        guard tape[container].count <= 16 else { return false }
        let end = Int(tape[container].next)
        var index = container + 1
        while index < end {
            let name = tape[index]
            if name.hasEscapes { return false }
            var other = container + 1
            while other < index {
                let earlier = tape[other]
                if earlier.end - earlier.start == name.end - name.start,
                    text[Int(earlier.start)..<Int(earlier.end)] == text[Int(name.start)..<Int(name.end)]
                {
                    return false
                }
                other = Int(tape[other + 1].next)
            }
            index = Int(tape[index + 1].next)
        }
        return true
    }

    // MARK: Bytes

    private var current: UInt8? { offset < text.count ? text[offset] : nil }

    private mutating func skipSpace() {
        while offset < text.count {
            switch text[offset] {
            case 0x20, 0x09, 0x0A, 0x0D: offset += 1
            default: return
            }
        }
    }

    private mutating func expect(_ byte: Unicode.Scalar, or message: StaticString) throws(JSONError) {
        guard current == UInt8(ascii: byte) else { throw failure(.syntax, "\(message), found \(found)") }
        offset += 1
    }

    private var found: String { JSONStringScanner.describe(current) }

    private func failure(_ code: JSONError.Code, _ message: String, at place: Int? = nil) -> JSONError {
        let place = place ?? offset
        return JSONError(code: code, message: message, offset: place, position: JSONPosition(of: place, in: text))
    }
}
