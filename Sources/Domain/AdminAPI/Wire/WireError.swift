import JSON

/// Why a text is not the value that was expected.
package struct WireError: Error, Equatable, CustomStringConvertible {
    /// Where in the text, such as `routes[3].percent`; empty: the text as a whole.
    package private(set) var place = ""
    /// Goes on after the place: `is missing`.
    package let problem: String

    init(_ problem: String) { self.problem = problem }

    init(_ wanted: String, butFound json: JSONValue) { problem = "is \(json.kind.phrase), not \(wanted)" }

    func inside(_ name: String) -> WireError {
        var error = self
        let isMember = !place.isEmpty && !place.hasPrefix("[")
        error.place = name + (isMember ? "." : "") + place
        return error
    }

    package var description: String { place.isEmpty ? "it \(problem)" : "\"\(place)\" \(problem)" }
}
