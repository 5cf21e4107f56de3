internal import func Glibc.memcmp

/// A parsed text: the bytes as they came, and a flat tape that says where every value begins and ends.
///
/// Nothing is converted at parse time. Numbers stay text (`JSONValue.numberText`), strings are decoded only when asked,
/// so a document compares and rewrites exactly. Immutable, so it may be shared between threads.
package final class JSONDocument: Sendable {
    /// One value or name on the tape; containers are followed by their content in order.
    struct Entry: Sendable {
        var kind: JSONKind
        /// For names and strings: whether a backslash occurs, so that decoding can be skipped.
        var hasEscapes = false
        /// Byte range in `text`, quotes and brackets included.
        var start: UInt32
        var end: UInt32 = 0
        /// Tape index just after this value and all it contains.
        var next: UInt32 = 0
        /// Elements of an array or members of an object.
        var count: UInt32 = 0
    }

    /// A name that an object has twice, reported when `JSONLimits.duplicateKeys` is `.report`.
    package struct Duplicate: Sendable {
        package let key: String
        package let first: JSONPosition
        package let second: JSONPosition
    }

    package let text: [UInt8]
    package let duplicates: [Duplicate]
    let tape: [Entry]

    /// Parses `text` strictly by RFC 8259: UTF-8 without byte order mark, one value, nothing after it.
    package init(_ text: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
        var parser = JSONParser(text: text, limits: limits)
        try parser.parse()
        self.text = text
        tape = parser.tape
        duplicates = parser.duplicates
    }

    package convenience init(_ text: String, limits: JSONLimits = JSONLimits()) throws(JSONError) {
        try self.init(Array(text.utf8), limits: limits)
    }

    /// The outermost value.
    package var root: JSONValue { JSONValue(document: self, index: 0) }

    /// The value an RFC 6901 pointer such as `/routes/0/percent` names; nil if there is none or the pointer is
    /// malformed.
    package func value(at pointer: String) -> JSONValue? {
        guard !pointer.isEmpty else { return root }
        guard pointer.utf8.first == UInt8(ascii: "/") else { return nil }
        var value = root
        for step in pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            let name = Self.unescapedPointerStep(step)
            let next: JSONValue?
            switch value.kind {
            case .object: next = value[name]
            case .array:
                let plain = name == "0" || (name.first != "0" && name.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 })
                next = plain ? Int(name).flatMap { value[$0] } : nil
            case .null, .bool, .number, .string, .key: next = nil
            }
            guard let next else { return nil }
            value = next
        }
        return value
    }

    /// Place on the tape of the value of an object's first member of that name.
    func place(of name: UnsafeBufferPointer<UInt8>, in object: Int) -> Int? {
        var place = object + 1
        let end = Int(tape[object].next)
        while place < end {
            if isNamed(name, at: place) { return place + 1 }
            place = Int(tape[place + 1].next)
        }
        return nil
    }

    /// Whether the decoded name at a place of the tape is `name`, byte for byte.
    func isNamed(_ name: UnsafeBufferPointer<UInt8>, at place: Int) -> Bool {
        let entry = tape[place]
        let inner = Int(entry.start) + 1..<Int(entry.end) - 1
        if entry.hasEscapes { return JSONStringScanner.decoded(text, inner).elementsEqual(name) }
        guard inner.count == name.count else { return false }
        // Not `elementsEqual`, which compares element by element and took most of the time of loading a large document.
        return text.withUnsafeBytes { text in
            let written = UnsafeRawBufferPointer(rebasing: text[inner])
            guard let mine = written.baseAddress, let theirs = name.baseAddress else { return true }
            return memcmp(mine, theirs, written.count) == 0
        }
    }

    private static func unescapedPointerStep(_ step: Substring) -> String {
        guard step.utf8.contains(UInt8(ascii: "~")) else { return String(step) }
        var result: [UInt8] = []
        var escaped = false
        for byte in step.utf8 {
            if escaped {
                result.append(byte == UInt8(ascii: "1") ? UInt8(ascii: "/") : UInt8(ascii: "~"))
                escaped = false
            } else if byte == UInt8(ascii: "~") {
                escaped = true
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

/// What a value is. `key` is the name of an object's member.
package enum JSONKind: UInt8, Sendable {
    case null, bool, number, string, array, object, key

    /// For messages: "a string", "an object".
    package var phrase: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        case .key: "a name"
        }
    }
}
