package import JSON

/// Something that the two planes say to each other in JSON. One type reads it, writes it and knows what it looks like,
/// so that none of the three can be changed without the others.
package protocol WireValue: Sendable {
    /// - Throws: what is missing or has another type, with the place of it. Members that are not known are passed over.
    static func read(_ json: JSONValue) throws(WireError) -> Self

    func write(to json: inout JSONWriter)

    /// What docs/admin.openapi.json has to say of it.
    static var shape: WireShape { get }
}

/// A JSON object. Its type names every member once, in `members`, in the order of the wire; reading, writing and the
/// shape follow from that.
package protocol WireObject: WireValue {
    /// A value to read into. What is sent is made with an initialiser that asks for every member.
    init()

    mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure)
}

/// Is led through the members of an object: writes them, reads them, or notes their names and types.
package protocol WireCoder {
    associatedtype Failure: Error

    /// A member that is always there.
    mutating func member<Value: WireValue>(_ name: String, _ value: inout Value) throws(Failure)

    /// A member that is left out when it is nil.
    mutating func optional<Value: WireValue>(_ name: String, _ value: inout Value?) throws(Failure)

    /// A text that is one of a few words. A reader passes a word on that it does not know: a router that is newer than
    /// the command may have more of them.
    mutating func word(_ name: String, _ value: inout String, oneOf words: [String]) throws(Failure)

    /// The same, or null.
    mutating func word(_ name: String, _ value: inout String?, oneOf words: [String]) throws(Failure)

    /// The same, or left out.
    mutating func optionalWord(_ name: String, _ value: inout String?, oneOf words: [String]) throws(Failure)
}

extension WireObject {
    package static func read(_ json: JSONValue) throws(WireError) -> Self {
        guard json.kind == .object else { throw WireError("an object", butFound: json) }
        var value = Self()
        var reader = WireReader(json)
        try value.members(&reader)
        return value
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            var copy = self
            copy.members(&json)
        }
    }

    package static var shape: WireShape {
        var value = Self()
        var notes = WireShape.Notes()
        value.members(&notes)
        return .object(notes.members)
    }

    /// The value as a text of its own.
    package var json: [UInt8] {
        var json = JSONWriter()
        write(to: &json)
        return json.bytes
    }

    /// - Throws: also when the text is not JSON.
    package static func read(_ text: [UInt8]) throws(WireError) -> Self {
        let document: JSONDocument
        do throws(JSONError) {
            document = try JSONDocument(text)
        } catch {
            throw WireError("is not JSON: \(error)")
        }
        return try read(document.root)
    }
}
