import JSON

/// Rule files and the `rules` member of scenario files, steps and scenarios. Keys:
/// - `headers` (object, none): header name to a `HeaderCheck`, on top of the default list.
/// - `body` (array, none): rules in order, the first whose `path` matches decides. Each: `path`, `check` and its
///   parameters: `pattern` (regex), `abs` and `rel` (num, default 0 and 1e-9), `within` (time), `space` (id, default
///   ""), `key` (by); `why` is for the reader.
/// - `extra` (`warn` | `mismatch`, warn): what a member is that only the candidate has.
/// - `image` (`maxDelta` 2, `psnr` 45); `latency` (`factor` 3, `slack` "2s"); `mostBodyBytes` (32 MiB).
extension RuleSet {
    static let keys = ["$schema", "description", "headers", "body", "extra", "image", "latency", "mostBodyBytes"]

    /// Reads a rule file on its own.
    package init(document bytes: [UInt8], file: String) throws(DocumentProblems) {
        var reader = try DocumentReader(bytes, file: file)
        let rules = RuleSet(reading: reader.root, over: RuleSet(), with: &reader)
        try reader.finish()
        self = rules
    }

    /// Reads rules that stand in front of `base`: what they do not say is as there.
    init(reading value: JSONValue, over base: RuleSet, with reader: inout DocumentReader) {
        self = base
        guard let members = reader.object(value, known: Self.keys) else { return }
        if let headers = members["headers"] { readHeaders(headers, &reader) }
        var ownRules: [BodyRule] = []
        var values: [JSONValue] = []
        for entry in reader.list(members["body"]) ?? [] {
            if let rule = BodyRule(reading: entry, with: &reader) {
                ownRules.append(rule)
                values.append(entry["path"] ?? entry)
            }
        }
        let conflicts = RuleConflicts(own: ownRules, base: body)
        for index in ownRules.indices {
            if let reason = conflicts.reason(index) { reader.note(reason, at: values[index]) }
        }
        body = ownRules + body
        if let extra = reader.choice(members["extra"], of: ["warn", "mismatch"]),
            let severity = Severity(rawValue: extra)
        {
            extraMembers = severity
        }
        if let value = members["image"], let image = reader.object(value, known: ["maxDelta", "psnr"]) {
            self.image.greatestDelta = reader.integer(image["maxDelta"], in: 0...255) ?? self.image.greatestDelta
            self.image.signalToNoise = reader.measure(image["psnr"]) ?? self.image.signalToNoise
        }
        if let value = members["latency"], let latency = reader.object(value, known: ["factor", "slack"]) {
            self.latency.factor = reader.measure(latency["factor"]) ?? self.latency.factor
            self.latency.slack = reader.duration(latency["slack"]) ?? self.latency.slack
        }
        mostBodyBytes = reader.integer(members["mostBodyBytes"], in: 1...(1 << 30)) ?? mostBodyBytes
    }

    private mutating func readHeaders(_ value: JSONValue, _ reader: inout DocumentReader) {
        guard let members = value.object else {
            reader.note("expected an object of header names, found \(value.kind.phrase)", at: value)
            return
        }
        var seen: Set<String> = []
        for member in members {
            let name = member.key.lowercased()
            if !seen.insert(name).inserted { reader.note("\"\(name)\" has a rule already", at: member.name) }
            if let reason = HeaderCheck.hindrance(name) { reader.note(reason, at: member.name) }
            let text = reader.choice(member.value, of: HeaderCheck.allCases.map(\.rawValue))
            guard let text, let check = HeaderCheck(rawValue: text) else { continue }
            if name == "content-type", !HeaderCheck.ofContentType.contains(check) {
                let known = HeaderCheck.ofContentType.map(\.rawValue).joined(separator: ", ")
                reader.note("content-type is compared by one of \(known)", at: member.value)
            }
            headers[name] = check
        }
    }
}

extension BodyRule {
    private static let parameters: [String: [String]] = [
        "regex": ["pattern"], "num": ["abs", "rel"], "time": ["within"], "id": ["space"], "by": ["key"],
    ]

    init?(reading value: JSONValue, with reader: inout DocumentReader) {
        let name = reader.choice(value["check"], of: Check.names)
        let own = name.flatMap { Self.parameters[$0] } ?? Self.parameters.values.flatMap { $0 }
        guard let members = reader.object(value, known: ["path", "check", "why"] + own) else { return nil }
        if members["check"] == nil { reader.note("a rule needs a \"check\"", at: value) }
        guard let pathValue = members["path"] else {
            reader.note("a rule needs a \"path\" (a JSON Pointer; * is any name or index)", at: value)
            return nil
        }
        guard let name, let text = reader.text(pathValue) else { return nil }
        place = reader.place(of: pathValue)
        do {
            path = try PathPattern(text)
        } catch {
            reader.note(error.reason, at: pathValue)
            return nil
        }
        switch name {
        case "exact": check = .exact
        case "ignore": check = .ignore
        case "present": check = .present
        case "type": check = .type
        case "set": check = .set
        case "multiset": check = .multiset
        case "url-host": check = .url
        case "id": check = .identity(space: reader.text(members["space"]) ?? URLShape.space)
        case "num":
            let absolute = reader.measure(members["abs"])
            let relative = reader.measure(members["rel"])
            check = .number(absolute: absolute ?? 0, relative: relative ?? (absolute == nil ? 1e-9 : 0))
        case "time":
            guard let within = members["within"] else {
                reader.note("a time rule needs \"within\", such as \"2s\"", at: value)
                return nil
            }
            guard let tolerance = reader.duration(within) else { return nil }
            check = .time(within: tolerance)
        case "by":
            guard let key = members["key"] else {
                reader.note("a by rule needs a \"key\", a JSON Pointer inside each element", at: value)
                return nil
            }
            guard let pointer = reader.pointer(key) else { return nil }
            check = .keyed(by: pointer)
        case "regex":
            guard let patternValue = members["pattern"] else {
                reader.note("a regex rule needs a \"pattern\"", at: value)
                return nil
            }
            guard let pattern = reader.text(patternValue) else { return nil }
            do {
                check = .regex(try TextPattern(pattern))
            } catch {
                reader.note("\(error.reason), at sign \(error.offset + 1) of the pattern", at: patternValue)
                return nil
            }
        default: return nil
        }
    }
}
