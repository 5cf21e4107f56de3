package import JSON

/// A body that a request brings. Members that are not known are refused: a misspelt one must not be taken for one that
/// was left out.
package protocol WireRequest: WireObject {}

extension WireRequest {
    package static func read(_ json: JSONValue) throws(WireError) -> Self {
        guard let members = json.object else { throw WireError("an object", butFound: json) }
        if case .object(let known) = shape {
            for member in members where !known.contains(where: { $0.name == member.key }) {
                let names = known.map(\.name).sorted().joined(separator: ", ")
                throw WireError("is unknown; known are \(names)").inside(member.key)
            }
        }
        var value = Self()
        var reader = WireReader(json)
        try value.members(&reader)
        return value
    }
}
