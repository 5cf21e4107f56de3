import JSON

/// Which parameters the query of a request may have: those that docs/admin.openapi.json lists. Any other is refused, so
/// that a misspelt `dryrun=true` does not become the change itself.
enum AdminParameters {
    /// What every change takes.
    private static let change = ["dry_run", "actor", "reason"]

    /// By method and path below `/v1`, in which `*` is any segment. A request that is not here takes what it takes.
    private static let known: [(method: String, path: [String], names: [String])] = [
        ("GET", ["status"], ["latency"]), ("GET", ["routes"], []),
        ("PUT", ["routes"], change + ["over_rollback", "despite_data", "verb"]),
        ("POST", ["routes", "*", "shift"], change + ["despite_data"]),
        ("POST", ["routes", "*", "mirror"], change), ("POST", ["rollback"], change),
        ("GET", ["explain"], ["method", "path", "host", "header", "client_ip"]),
        ("GET", ["events"], []),
        ("GET", ["tap"], ["route", "side", "status", "method", "path_prefix", "min_duration", "sample", "limit"]),
        ("GET", ["streams"], ["route", "side", "kind", "min_age", "limit"]), ("GET", ["revisions"], []),
        ("GET", ["revisions", "*"], []), ("GET", ["changes"], ["after"]),
        ("POST", ["reload"], change + ["over_rollback", "despite_data", "verb"]), ("POST", ["drain"], []),
        ("GET", ["data"], []), ("POST", ["data"], ["dry_run"]),
    ]
    /// The only values of some.
    private static let choices = ["verb": ["apply", "undo"]]
    /// Given once, but for this one.
    private static let repeatable: Set<String> = ["header"]

    /// What is wrong with the query of a request below `/v1`; nil: nothing is.
    static func refusal(_ request: AdminRequest, _ method: String, _ path: [String]) -> AdminAnswer? {
        guard let entry = known.first(where: { $0.method == method && matches($0.path, path) }) else { return nil }
        var seen: Set<String> = []
        for name in request.parameterNames {
            guard entry.names.contains(name) else {
                let list = entry.names.isEmpty ? "it takes none" : "known are " + entry.names.joined(separator: ", ")
                return .problem(400, "bad_request", "unknown parameter \"\(name)\"; \(list)")
            }
            guard seen.insert(name).inserted || repeatable.contains(name) else {
                return .problem(400, "bad_request", "\(name) is given once")
            }
            if let choices = choices[name], !choices.contains(request.value(name) ?? "") {
                return .problem(400, "bad_request", "\(name) is one of " + choices.joined(separator: ", "))
            }
        }
        return nil
    }

    private static func matches(_ pattern: [String], _ path: [String]) -> Bool {
        pattern.count == path.count && zip(pattern, path).allSatisfy { $0 == "*" || $0 == $1 }
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
