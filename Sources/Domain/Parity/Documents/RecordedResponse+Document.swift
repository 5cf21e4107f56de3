import JSON

/// A recorded response as a JSON document: `status` (100 to 599), `headers` (object of a string or an array of strings,
/// or an array of `[name, value]`), and at most one of `body` (a JSON value), `text` and `base64`; `durationMs` when it
/// was measured; `outcome` (`timeout`, `too-large`, or `failed` with `reason`) instead of a status where there was no
/// response.
extension RecordedResponse {
    private static let keys = [
        "$schema", "description", "status", "headers", "body", "text", "base64", "durationMs", "outcome", "reason",
    ]

    package init(document bytes: [UInt8], file: String) throws(DocumentProblems) {
        var reader = try DocumentReader(bytes, file: file)
        let answer = RecordedResponse(reading: reader.root, with: &reader)
        try reader.finish()
        self = answer
    }

    private init(reading value: JSONValue, with reader: inout DocumentReader) {
        self.init(status: 0, headers: [], body: .bytes([]))
        guard let members = reader.object(value, known: Self.keys) else { return }
        if let name = reader.choice(members["outcome"], of: ["timeout", "too-large", "failed"]) {
            let reason = reader.text(members["reason"]) ?? "failed"
            outcome = name == "timeout" ? .timedOut : name == "failed" ? .failed(reason) : .tooLarge
        } else if members["status"] == nil {
            reader.note("a recorded answer needs a \"status\" (or an \"outcome\" where there was none)", at: value)
        }
        status = reader.integer(members["status"], in: 100...599) ?? 0
        if let value = members["headers"] { headers = Self.headers(value, &reader) }
        if let milliseconds = reader.measure(members["durationMs"]), milliseconds < 1e12 {
            took = .microseconds(Int64(milliseconds * 1000))
        }
        let bodies = ["body", "text", "base64"].filter { members[$0] != nil }
        if bodies.count > 1, let second = members[bodies[1]] {
            reader.note("a recorded answer has one body: \"\(bodies[0])\" is given already", at: second)
        }
        if let value = members["body"] {
            body = .json(Value(value))
        } else if let text = reader.text(members["text"]) {
            body = .bytes(Array(text.utf8))
        } else if let value = members["base64"], let text = reader.text(value) {
            if let bytes = Base64.decode(text) {
                body = .bytes(bytes)
            } else {
                reader.note("not base64 (RFC 4648 §4)", at: value)
            }
        }
    }

    private static func headers(
        _ value: JSONValue, _ reader: inout DocumentReader
    ) -> [(name: String, value: String)] {
        var result: [(name: String, value: String)] = []
        if let lines = value.array {
            for line in lines {
                guard line.count == 2, let name = line[0]?.string, let text = line[1]?.string else {
                    reader.note("expected [name, value]", at: line)
                    continue
                }
                result.append((name, text))
            }
            return result
        }
        guard let members = value.object else {
            reader.note("expected an object or an array of [name, value]", at: value)
            return result
        }
        for member in members {
            if let lines = member.value.array {
                for line in lines {
                    if let text = reader.text(line) { result.append((member.key, text)) }
                }
            } else if let text = reader.text(member.value) {
                result.append((member.key, text))
            }
        }
        return result
    }
}
