/// Writes JSON, compact or indented by two spaces, with correct commas and escapes.
///
/// ```swift
/// var json = JSONWriter()
/// json.object { $0.member("id", "profile"); $0.member("percent", number: "12.5"); $0.member("routes") { $0.array { … } } }
/// json.bytes
/// ```
package struct JSONWriter: Sendable {
    package private(set) var bytes: [UInt8] = []
    private let pretty: Bool
    private var depth = 0
    /// Whether the open container already has a value, so the next needs a comma.
    private var hasValue = false
    private var afterName = false

    package init(pretty: Bool = false) { self.pretty = pretty }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    // MARK: Containers

    package mutating func object<E: Error>(_ body: (inout JSONWriter) throws(E) -> Void) throws(E) {
        open("{")
        try body(&self)
        close("}")
    }

    package mutating func array<E: Error>(_ body: (inout JSONWriter) throws(E) -> Void) throws(E) {
        open("[")
        try body(&self)
        close("]")
    }

    /// Writes a member's name; exactly one value must follow.
    package mutating func name(_ name: String) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        if pretty { bytes.append(UInt8(ascii: " ")) }
        afterName = true
    }

    // MARK: Values

    package mutating func string(_ value: String) {
        separate()
        quote(value)
    }
    package mutating func int(_ value: some BinaryInteger) { raw(String(value)) }
    package mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }
    package mutating func null() { raw("null") }
    /// The shortest text that reads back as the same double; JSON has no infinities, they become null.
    package mutating func double(_ value: Double) { raw(value.isFinite ? "\(value)" : "null") }
    /// Text that is already JSON: a number kept exact, or a value from another document.
    package mutating func raw(_ json: String) { raw(json.utf8) }
    package mutating func raw(_ json: some Sequence<UInt8>) {
        separate()
        bytes.append(contentsOf: json)
    }

    /// A value of a document, in this writer's layout; numbers and strings keep their spelling.
    package mutating func value(_ value: JSONValue) {
        // Recursion is bounded by the depth the parser allowed.
        switch value.kind {
        case .object:
            object { writer in
                for member in value.members {
                    writer.separate()
                    writer.bytes.append(contentsOf: member.name.bytes)
                    writer.bytes.append(contentsOf: writer.pretty ? [UInt8(ascii: ":"), 0x20] : [UInt8(ascii: ":")])
                    writer.afterName = true
                    writer.value(member.value)
                }
            }
        case .array: array { writer in for element in value.elements { writer.value(element) } }
        case .null, .bool, .number, .string, .key: raw(value.bytes)
        }
    }

    // MARK: Members

    package mutating func member(_ name: String, _ value: String) {
        self.name(name)
        string(value)
    }
    /// Leaves the member out when the value is nil.
    package mutating func member(_ name: String, _ value: String?) {
        if let value { member(name, value) }
    }
    package mutating func member(_ name: String, _ value: some BinaryInteger) {
        self.name(name)
        int(value)
    }
    package mutating func member(_ name: String, _ value: Bool) {
        self.name(name)
        bool(value)
    }
    package mutating func member(_ name: String, _ value: Double) {
        self.name(name)
        double(value)
    }
    package mutating func member(_ name: String, number text: String) {
        self.name(name)
        raw(text)
    }
    package mutating func member(_ name: String, strings: some Sequence<String>) {
        self.name(name)
        array { writer in for string in strings { writer.string(string) } }
    }
    /// A member whose value `body` writes: exactly one value.
    package mutating func member<E: Error>(
        _ name: String, _ body: (inout JSONWriter) throws(E) -> Void
    ) throws(E) {
        self.name(name)
        try body(&self)
    }

    // MARK: Layout

    private mutating func open(_ bracket: Unicode.Scalar) {
        separate()
        bytes.append(UInt8(ascii: bracket))
        depth += 1
        hasValue = false
    }

    private mutating func close(_ bracket: Unicode.Scalar) {
        depth -= 1
        if hasValue { breakLine() }
        bytes.append(UInt8(ascii: bracket))
        hasValue = true
    }

    private mutating func separate() {
        if afterName {
            afterName = false
            return
        }
        if hasValue { bytes.append(UInt8(ascii: ",")) }
        if depth > 0 { breakLine() }
        hasValue = true
    }

    private mutating func breakLine() {
        guard pretty else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: depth * 2))
    }

    private mutating func quote(_ text: String) {
        var text = text
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { text in
            // Nearly always there is nothing to escape: a report of ten thousand routes is copied rather than looked at
            // byte by byte.
            if text.allSatisfy({ !Self.isEscaped($0) }) {
                bytes.append(contentsOf: text)
            } else {
                for byte in text { escape(byte) }
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x7F || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): bytes.append(contentsOf: #"\""#.utf8)
        case UInt8(ascii: "\\"): bytes.append(contentsOf: #"\\"#.utf8)
        case 0x0A: bytes.append(contentsOf: #"\n"#.utf8)
        case 0x0D: bytes.append(contentsOf: #"\r"#.utf8)
        case 0x09: bytes.append(contentsOf: #"\t"#.utf8)
        case _ where Self.isEscaped(byte):
            bytes.append(contentsOf: (byte < 0x10 ? "\\u000" : "\\u00").utf8)
            bytes.append(contentsOf: String(byte, radix: 16).utf8)
        default: bytes.append(byte)
        }
    }
}
