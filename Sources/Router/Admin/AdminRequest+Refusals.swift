import AdminAPI
import JSON

extension AdminEndpoint {
    /// What is wrong with the query of a request; nil: nothing is. A parameter that is not declared is refused, so that
    /// a misspelt `dryrun=true` does not become the change itself.
    func refusal(ofQuery request: AdminRequest) -> AdminAnswer? {
        let known = declaration.parameters.filter { $0.place == .query }
        var seen: Set<String> = []
        for name in request.parameterNames {
            guard let parameter = known.first(where: { $0.name == name }) else {
                let list =
                    known.isEmpty ? "it takes none" : "known are " + known.map(\.name).joined(separator: ", ")
                return .problem(400, "bad_request", "unknown parameter \"\(name)\"; \(list)")
            }
            guard seen.insert(name).inserted || parameter.kind == .texts else {
                return .problem(400, "bad_request", "\(name) is given once")
            }
            // Filters say themselves what is wrong with theirs.
            if parameter == .verb, case .words(let words) = parameter.kind,
                !words.contains(request.value(parameter) ?? "")
            {
                return .problem(400, "bad_request", "\(name) is one of " + words.joined(separator: ", "))
            }
        }
        return nil
    }
}

extension AdminRequest {
    /// The names in the query, decoded, in their order.
    var parameterNames: [String] {
        query.split(separator: "&").map { pair in
            Self.decoded(pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)[0])
        }
    }

    /// A whole number in plain digits, within a range.
    static func number(_ text: String, in range: ClosedRange<Int>) -> Int? {
        guard (1...16).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(text), range.contains(number)
        else { return nil }
        return number
    }

    /// Bodies are JSON. What `curl -d` calls its body unasked is let pass for it, and so is none at all.
    var mediaTypeRefusal: AdminAnswer? {
        let essence = contentType.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
        let isJSON = ["", "application/json", "text/json", "application/x-www-form-urlencoded"].contains(essence)
        guard !isJSON, !essence.hasSuffix("+json"), !body.isEmpty else { return nil }
        return .problem(415, "unsupported_media_type", "bodies are JSON: send content-type: application/json")
    }

    /// `"41"`, 41 or `*`: what `If-Match` may say.
    var ifMatchRefusal: AdminAnswer? {
        guard let text = ifMatch, text != "*" else { return nil }
        let isQuoted = text.utf8.count > 2 && text.hasPrefix("\"") && text.hasSuffix("\"")
        let digits = isQuoted ? text.dropFirst().dropLast() : text[...]
        guard digits.isEmpty || !digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return .problem(400, "bad_request", #"If-Match is the revision you saw, e.g. If-Match: "41", or *"#)
    }
}
