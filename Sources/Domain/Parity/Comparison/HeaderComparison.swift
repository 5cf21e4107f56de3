/// Compares the header fields that rules name. Content type is compared apart, because it decides how bodies are read.
struct HeaderComparison {
    let checks: [String: HeaderCheck]

    func compare(
        _ left: RecordedResponse, _ right: RecordedResponse, identities: inout IdentityMap,
        into result: inout Comparison
    ) {
        for (name, check) in checks.sorted(by: { ExactText($0.key) < ExactText($1.key) }) where name != "content-type" {
            let mine = left.values(of: name)
            let theirs = right.values(of: name)
            if check == .ignore {
                if mine != theirs { result.masked += 1 }
                continue
            }
            if mine.isEmpty && theirs.isEmpty { continue }
            result.compared += 1
            if mine.isEmpty || theirs.isEmpty {
                // Only what the candidate lacks breaks a client; what it adds is shown.
                let isMissing = theirs.isEmpty
                result.add(
                    isMissing ? .missing : .extra, at: "header \(name)",
                    left: isMissing ? mine.joined(separator: ", ") : nil,
                    right: isMissing ? nil : theirs.joined(separator: ", "), rule: check.rawValue,
                    severity: isMissing || name == "set-cookie" ? .mismatch : .warning)
                continue
            }
            if !agree(check, mine, theirs, identities: &identities) {
                result.add(
                    .header, at: "header \(name)", left: shown(check, mine), right: shown(check, theirs),
                    rule: check.rawValue)
            }
        }
    }

    private func agree(
        _ check: HeaderCheck, _ left: [String], _ right: [String], identities: inout IdentityMap
    ) -> Bool {
        switch check {
        case .ignore, .present: true
        case .exact: left.map(ExactText.init) == right.map(ExactText.init)
        case .tokens: Self.tokens(left) == Self.tokens(right)
        case .mediaType: left.map(MediaType.init) == right.map(MediaType.init)
        case .scheme: left.map(Self.scheme) == right.map(Self.scheme)
        case .cookies: left.map(Self.cookieShape).sorted() == right.map(Self.cookieShape).sorted()
        case .url:
            left.count == right.count
                && zip(left, right).allSatisfy { URLShape($0).agrees(with: URLShape($1), identities: &identities) }
        }
    }

    /// Cookie values are secrets, so reports show the shape alone.
    private func shown(_ check: HeaderCheck, _ values: [String]) -> String {
        (check == .cookies ? values.map(Self.cookieShape) : values).joined(separator: ", ")
    }

    private static func tokens(_ values: [String]) -> Set<ExactText> {
        var all: Set<ExactText> = []
        for value in values {
            for part in value.split(separator: ",") {
                let token = part.filter { $0 != " " && $0 != "\t" }.lowercased()
                if !token.isEmpty { all.insert(ExactText(token)) }
            }
        }
        return all
    }

    private static func scheme(_ value: String) -> String {
        String(value.prefix { $0 != " " }).lowercased()
    }

    /// A cookie's name and attributes (RFC 6265bis §4.1.1), sorted, without its value and times. Whether it is taken
    /// away (`max-age=0`) or set is kept: a login that deletes the session is no login.
    static func cookieShape(_ line: String) -> String {
        let parts = line.split(separator: ";").map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        let name = (parts.first ?? "").prefix { $0 != "=" }
        var attributes: [String] = []
        for part in parts.dropFirst() {
            let lower = part.lowercased()
            if lower.hasPrefix("expires=") {
                attributes.append("expires")
            } else if lower.hasPrefix("max-age=") {
                let ends = lower == "max-age=0" || lower.hasPrefix("max-age=-")
                attributes.append(ends ? "max-age=0" : "max-age")
            } else {
                // `Path` has case, the other attributes have none.
                attributes.append(lower.hasPrefix("path=") ? "path=" + part.dropFirst("path=".count) : lower)
            }
        }
        return ([String(name)] + attributes.sorted()).joined(separator: "; ")
    }
}
