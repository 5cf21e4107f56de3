/// Changes to a few values of a document that leave every other byte as the author wrote it.
package struct JSONEdits: Sendable {
    private let document: JSONDocument
    private var changes: [(range: Range<Int>, text: [UInt8])] = []

    package init(_ document: JSONDocument) { self.document = document }

    /// Replaces `value` by the JSON in `json`.
    package mutating func replace(_ value: JSONValue, with json: String) {
        changes.append((value.byteRange, Array(json.utf8)))
    }

    /// Sets the member `name` of `object`: replaced where it stands, or added after the last member in the same layout.
    package mutating func set(_ name: String, of object: JSONValue, to json: String) {
        if let value = object[name] { return replace(value, with: json) }
        var key = JSONWriter()
        key.string(name)
        guard let last = Array(object.members).last else {
            let text = "{ \(key.text): \(json) }"
            return changes.append((object.byteRange, Array(text.utf8)))
        }
        // The text between the last two members (", " or a line break and indentation) is repeated.
        let members = Array(object.members)
        let start =
            members.count > 1 ? members[members.count - 2].value.byteRange.upperBound : object.byteRange.lowerBound
        let gap = document.text[start..<last.name.byteRange.lowerBound].filter {
            $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D
        }
        let end = last.value.byteRange.upperBound
        changes.append((end..<end, [UInt8(ascii: ",")] + gap + Array("\(key.text): \(json)".utf8)))
    }

    /// Removes the member `name` of `object` with the comma that belongs to it.
    package mutating func remove(_ name: String, of object: JSONValue) {
        let members = Array(object.members)
        guard let place = members.firstIndex(where: { $0.named(name) }) else { return }
        if place > 0 {
            let range = members[place - 1].value.byteRange.upperBound..<members[place].value.byteRange.upperBound
            changes.append((range, []))
        } else {
            let end =
                members.count > 1
                ? members[1].name.byteRange.lowerBound : members[0].value.byteRange.upperBound
            changes.append((members[0].name.byteRange.lowerBound..<end, []))
        }
    }

    /// The edited text. Edits that overlap are applied in the order of their places; the last one given for a place
    /// wins.
    package func apply() -> [UInt8] {
        var result: [UInt8] = []
        var offset = 0
        let ordered = changes.enumerated().sorted {
            ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset)
        }.map(\.element)
        for (place, change) in ordered.enumerated() {
            let replacedLater =
                !change.range.isEmpty && place + 1 < ordered.count && ordered[place + 1].range == change.range
            guard !replacedLater, change.range.lowerBound >= offset else { continue }
            result.append(contentsOf: document.text[offset..<change.range.lowerBound])
            result.append(contentsOf: change.text)
            offset = change.range.upperBound
        }
        result.append(contentsOf: document.text[offset...])
        return result
    }
}
