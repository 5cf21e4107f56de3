/// A cursor on one value of a document: cheap to pass on, and it keeps the document alive.
package struct JSONValue: Sendable {
    package let document: JSONDocument
    let index: Int

    private var entry: JSONDocument.Entry { document.tape[index] }

    package var kind: JSONKind { entry.kind }
    package var isNull: Bool { kind == .null }

    /// Where the value stands in `document.text`, quotes or brackets included.
    package var byteRange: Range<Int> { Int(entry.start)..<Int(entry.end) }
    /// The value exactly as it was written.
    package var bytes: ArraySlice<UInt8> { document.text[byteRange] }
    /// Line and column of the value's first byte.
    package var position: JSONPosition { JSONPosition(of: byteRange.lowerBound, in: document.text) }

    // MARK: Scalars

    package var bool: Bool? { kind == .bool ? document.text[Int(entry.start)] == UInt8(ascii: "t") : nil }

    /// The decoded text of a string (or of a member's name).
    package var string: String? {
        guard kind == .string || kind == .key else { return nil }
        let inner = Int(entry.start) + 1..<Int(entry.end) - 1
        if entry.hasEscapes { return String(decoding: JSONStringScanner.decoded(document.text, inner), as: UTF8.self) }
        return String(decoding: document.text[inner], as: UTF8.self)
    }

    /// The number exactly as it was written: `1.50` stays `1.50`.
    package var numberText: String? { kind == .number ? String(decoding: bytes, as: UTF8.self) : nil }

    /// The integers on which all readers of JSON agree (RFC 8259 section 6); so far from the ends of `Int` that one
    /// more, the negative, or a thousandfold fits too.
    package static let integers = -9_007_199_254_740_991...9_007_199_254_740_991

    /// The number, if it is written without fraction and exponent and lies in `integers`.
    package var int: Int? { numberText.flatMap { Int($0) }.flatMap { Self.integers.contains($0) ? $0 : nil } }

    /// The nearest double; nil for what is not a number or overflows to infinity.
    package var double: Double? { numberText.flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil } }

    // MARK: Containers

    /// Elements of an array or members of an object; 0 for anything else.
    package var count: Int { Int(entry.count) }

    /// The elements in order; empty unless this is an array.
    package var elements: Elements { Elements(document: document, place: index + 1, end: kind == .array ? end : 0) }
    /// The elements, or nil if this is not an array.
    package var array: Elements? { kind == .array ? elements : nil }
    /// The members in the order of the text; empty unless this is an object.
    package var members: Members { Members(document: document, place: index + 1, end: kind == .object ? end : 0) }
    /// The members, or nil if this is not an object.
    package var object: Members? { kind == .object ? members : nil }

    /// The member of that name: with reported duplicates, the first. Linear in the number of members.
    package subscript(name: String) -> JSONValue? {
        guard kind == .object else { return nil }
        var name = name
        let found = name.withUTF8 { document.place(of: $0, in: index) }
        return found.map { JSONValue(document: document, index: $0) }
    }

    /// The element at `position`, from 0; nil outside or if this is not an array.
    package subscript(position: Int) -> JSONValue? {
        guard position >= 0, position < count, kind == .array else { return nil }
        var rest = elements
        for _ in 0..<position { _ = rest.next() }
        return rest.next()
    }

    private var end: Int { Int(entry.next) }

    /// The elements of an array, in order.
    package struct Elements: Sequence, IteratorProtocol, Sendable {
        let document: JSONDocument
        var place: Int
        let end: Int

        package mutating func next() -> JSONValue? {
            guard place < end else { return nil }
            defer { place = Int(document.tape[place].next) }
            return JSONValue(document: document, index: place)
        }
    }

    /// The members of an object, in order.
    package struct Members: Sequence, IteratorProtocol, Sendable {
        let document: JSONDocument
        var place: Int
        let end: Int

        package mutating func next() -> JSONMember? {
            guard place < end else { return nil }
            defer { place = Int(document.tape[place + 1].next) }
            return JSONMember(
                name: JSONValue(document: document, index: place),
                value: JSONValue(document: document, index: place + 1))
        }
    }
}

/// A name and its value, each with its own place in the text.
package struct JSONMember: Sendable {
    /// The name as a value of kind `key`: its position is where a message about the name points.
    package let name: JSONValue
    package let value: JSONValue

    /// The decoded name.
    package var key: String { name.string ?? "" }

    /// Whether the decoded name is `text`, byte for byte (no Unicode folding).
    package func named(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { name.document.isNamed($0, at: name.index) }
    }
}
