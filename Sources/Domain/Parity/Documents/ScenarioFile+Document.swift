import JSON

/// Scenario files. Keys of the top level: `version` (1), `context`, `routes` (ids in routes.json, default the context's
/// name), `rules` (as in rule files), `samples`, `scenarios`; of a scenario: `name`, `modes` (default both), `rules`,
/// `steps`; of a step: see `ScenarioStep`; `why` is for the reader everywhere.
extension ScenarioFile {
    package init(document bytes: [UInt8], file: String) throws(DocumentProblems) {
        var reader = try DocumentReader(bytes, file: file)
        let read = ScenarioFile(reading: &reader)
        try reader.finish()
        guard let read else { throw DocumentProblems(problems: []) }
        self = read
    }

    private init?(reading reader: inout DocumentReader) {
        let root = reader.root
        let known = ["$schema", "version", "context", "why", "routes", "rules", "samples", "scenarios"]
        guard let members = reader.object(root, known: known) else { return nil }
        if members["version"] == nil { reader.note("a scenario file says its \"version\", which is 1", at: root) }
        _ = reader.integer(members["version"], in: 1...1)
        if members["context"] == nil { reader.note("a scenario file names its \"context\"", at: root) }
        context = reader.text(members["context"]) ?? ""
        var rules = RuleSet()
        if let value = members["rules"] { rules = RuleSet(reading: value, over: rules, with: &reader) }
        var samples: [String: Sample] = [:]
        if let value = members["samples"] {
            if value.object == nil { reader.note("expected an object of samples by name", at: value) }
            for member in value.members { samples[member.key] = Sample(reading: member.value, with: &reader) }
        }
        self.samples = samples
        routes = (reader.list(members["routes"]) ?? []).compactMap { reader.text($0) }
        if members["scenarios"] == nil { reader.note("a scenario file has \"scenarios\"", at: root) }
        var step = StepReader(samples: Set(samples.keys))
        scenarios = (reader.list(members["scenarios"]) ?? []).compactMap { value in
            step.scenario(value, rules, &reader)
        }
    }
}

extension Sample {
    /// `{"picture": "image/png", "width", "height", "seed"}`, `{"file", "type"}` or `{"base64", "type"}`.
    init?(reading value: JSONValue, with reader: inout DocumentReader) {
        let known = ["picture", "width", "height", "seed", "file", "base64", "type", "why"]
        guard let members = reader.object(value, known: known) else { return nil }
        if let kind = reader.choice(members["picture"], of: ["image/png", "image/jpeg"]) {
            self = .picture(
                type: kind, width: reader.integer(members["width"], in: 1...4096) ?? 64,
                height: reader.integer(members["height"], in: 1...4096) ?? 48,
                seed: UInt64(reader.integer(members["seed"], in: 0...Int(Int32.max)) ?? 1))
            return
        }
        let type = reader.text(members["type"]) ?? "application/octet-stream"
        if let path = reader.text(members["file"]) {
            if path.hasPrefix("/") || path.split(separator: "/").contains("..") {
                reader.note("a sample lies beside or beneath the scenario file", at: value)
            }
            self = .file(path: path, type: type)
        } else if let text = reader.text(members["base64"]), let bytes = Base64.decode(text) {
            self = .bytes(bytes, type: type)
        } else {
            reader.note("a sample is a \"picture\", a \"file\" or \"base64\"", at: value)
            return nil
        }
    }
}

/// Reads scenarios and their steps, and checks that every `{{variable}}` was captured before it is used.
private struct StepReader {
    let samples: Set<String>

    mutating func scenario(_ value: JSONValue, _ base: RuleSet, _ reader: inout DocumentReader) -> Scenario? {
        guard let members = reader.object(value, known: ["name", "why", "modes", "rules", "steps"]) else { return nil }
        let name = reader.text(members["name"]) ?? ""
        if name.isEmpty { reader.note("a scenario needs a \"name\"", at: value) }
        var modes: Set<RunMode> = []
        for mode in reader.list(members["modes"]) ?? [] {
            let text = reader.choice(mode, of: RunMode.allCases.map(\.rawValue))
            if let text, let mode = RunMode(rawValue: text) { modes.insert(mode) }
        }
        if let value = members["modes"], value.array != nil, value.count == 0 {
            reader.note("a scenario for no mode would never run; leave \"modes\" out for both", at: value)
        }
        if members["modes"] == nil { modes = Set(RunMode.allCases) }
        var rules = base
        if let value = members["rules"] { rules = RuleSet(reading: value, over: base, with: &reader) }
        var known: Set<String> = ["run", "side", "scenario"]
        let steps = (reader.list(members["steps"]) ?? []).compactMap { step($0, rules, &known, &reader) }
        if steps.isEmpty { reader.note("a scenario needs \"steps\"", at: value) }
        return Scenario(name: name, modes: modes, steps: steps)
    }

    private func step(
        _ value: JSONValue, _ base: RuleSet, _ variables: inout Set<String>, _ reader: inout DocumentReader
    ) -> ScenarioStep? {
        let known = ["name", "why", "on", "request", "expect", "until", "capture", "compare", "route", "rules"]
        guard let members = reader.object(value, known: known) else { return nil }
        guard let requestValue = members["request"] else {
            reader.note("a step needs a \"request\"", at: value)
            return nil
        }
        guard let request = self.request(requestValue, variables, &reader) else { return nil }
        let on = reader.choice(members["on"], of: ["both", "legacy", "service"]) ?? "both"
        let sides = ComparedSide(rawValue: on).map { Set([$0]) } ?? Set(ComparedSide.allCases)
        let compared = reader.flag(members["compare"])
        if compared == true, sides.count < 2, let flag = members["compare"] {
            reader.note("a step on one side has nothing to be compared with", at: flag)
        }
        let captures = self.captures(members["capture"], &variables, &reader)
        var rules = base
        if let value = members["rules"] { rules = RuleSet(reading: value, over: base, with: &reader) }
        return ScenarioStep(
            name: reader.text(members["name"]) ?? "\(request.method) \(request.path)", sides: sides, request: request,
            expectedStatus: reader.integer(members["expect"], in: 100...599),
            until: members["until"].flatMap { polling($0, &reader) }, captures: captures,
            isCompared: sides.count == 2 && (compared ?? true), route: reader.text(members["route"]), rules: rules)
    }

    private func captures(
        _ value: JSONValue?, _ variables: inout Set<String>, _ reader: inout DocumentReader
    ) -> [Capture] {
        guard let value else { return [] }
        if value.object == nil { reader.note("expected an object of variables", at: value) }
        var captures: [Capture] = []
        for member in value.members {
            variables.insert(member.key)
            if member.value.object == nil {
                guard let pointer = reader.pointer(member.value) else { continue }
                captures.append(Capture(variable: member.key, source: .body(pointer: pointer)))
            } else if let place = reader.object(member.value, known: ["header", "cookie"]) {
                if let name = reader.text(place["header"]) {
                    captures.append(Capture(variable: member.key, source: .header(name: name.lowercased())))
                } else if let name = reader.text(place["cookie"]) {
                    captures.append(Capture(variable: member.key, source: .cookie(name: name)))
                } else {
                    reader.note("a capture is a JSON Pointer, {\"header\": …} or {\"cookie\": …}", at: member.value)
                }
            }
        }
        return captures
    }

    private func polling(_ value: JSONValue, _ reader: inout DocumentReader) -> Polling? {
        guard let members = reader.object(value, known: ["status", "path", "in", "within", "every", "why"]) else {
            return nil
        }
        if members["status"] == nil, members["path"] == nil {
            reader.note("an until needs a \"status\" or a \"path\"", at: value)
        }
        return Polling(
            status: reader.integer(members["status"], in: 100...599), pointer: reader.pointer(members["path"]),
            values: (reader.list(members["in"]) ?? []).map { Value($0) },
            within: reader.duration(members["within"]) ?? .seconds(10),
            every: reader.duration(members["every"]) ?? .milliseconds(100))
    }

    private func request(
        _ value: JSONValue, _ variables: Set<String>, _ reader: inout DocumentReader
    ) -> RequestTemplate? {
        let known = ["method", "path", "headers", "json", "text", "sample", "multipart"]
        guard let members = reader.object(value, known: known) else { return nil }
        guard let path = reader.text(members["path"]) else {
            reader.note("a request needs a \"path\"", at: value)
            return nil
        }
        if !path.hasPrefix("/") { reader.note("a path begins with '/'", at: value) }
        checkNames(in: value, variables, &reader)
        var headers: [(name: String, value: String)] = []
        if let lines = members["headers"] {
            if lines.object == nil { reader.note("expected an object of header names", at: lines) }
            for member in lines.members {
                if let text = reader.text(member.value) { headers.append((member.key, text)) }
            }
        }
        var body = RequestTemplate.Body.none
        if let json = members["json"] {
            body = .json(Value(json))
        } else if let text = reader.text(members["text"]) {
            body = .text(text)
        } else if let name = members["sample"] {
            body = .sample(sampleName(name, &reader) ?? "")
        } else if let parts = reader.list(members["multipart"]) {
            body = .multipart(parts.compactMap { part($0, &reader) })
        }
        return RequestTemplate(
            method: reader.text(members["method"]) ?? "GET", path: path, headers: headers, body: body)
    }

    private func part(_ value: JSONValue, _ reader: inout DocumentReader) -> RequestTemplate.Part? {
        guard let members = reader.object(value, known: ["name", "filename", "text", "sample"]) else { return nil }
        let content: RequestTemplate.Part.Content? =
            if let text = reader.text(members["text"]) {
                .text(text)
            } else if let name = members["sample"] {
                sampleName(name, &reader).map { .sample($0) }
            } else {
                nil
            }
        guard let name = reader.text(members["name"]), let content else {
            reader.note("a part needs a \"name\" and a \"text\" or a \"sample\"", at: value)
            return nil
        }
        return RequestTemplate.Part(name: name, filename: reader.text(members["filename"]), content: content)
    }

    private func sampleName(_ value: JSONValue, _ reader: inout DocumentReader) -> String? {
        guard let name = reader.text(value) else { return nil }
        if !samples.contains(name) {
            reader.note(
                "no sample is called \"\(name)\"\(DocumentReader.suggestion(for: name, among: samples.sorted()))",
                at: value)
        }
        return name
    }

    /// Every string beneath `value` is looked through.
    private func checkNames(in value: JSONValue, _ known: Set<String>, _ reader: inout DocumentReader) {
        if let text = value.string {
            for name in RequestTemplate.names(in: text) where !known.contains(name) {
                reader.note(
                    "{{\(name)}} is captured by no earlier step\(DocumentReader.suggestion(for: name, among: known.sorted()))",
                    at: value)
            }
        }
        for element in value.elements { checkNames(in: element, known, &reader) }
        for member in value.members { checkNames(in: member.value, known, &reader) }
    }
}
