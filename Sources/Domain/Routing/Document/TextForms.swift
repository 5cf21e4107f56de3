/// The grammars of texts in the configuration, as sentences that say what is wrong.
extension TextForm {
    /// nil when the text is well-formed.
    func problem(with text: String) -> String? {
        switch self {
        case .free: return nil
        case .file: return text.isEmpty || text.utf8.contains(0) ? "a file name is expected" : nil
        case .name:
            let isName =
                !text.isEmpty && text.utf8.count <= 128
                && text.utf8.allSatisfy { Self.isAlphanumeric($0) || [0x2D, 0x2E, 0x5F].contains($0) }
                && text.utf8.first.map(Self.isAlphanumeric) == true
            return isName ? nil : "use letters, digits, '-', '_' and '.', at most 128"
        case .path: return Self.problem(withPath: text)
        case .template: return Self.problem(withTemplate: text)
        case .method:
            return text.isEmpty || !text.utf8.allSatisfy(Self.isToken) || text != text.uppercased()
                ? "methods are written in capitals" : nil
        case .host: return Self.problem(withHost: text)
        case .header: return text.isEmpty || !text.utf8.allSatisfy(Self.isToken) ? "that is no header name" : nil
        case .key:
            return AssignmentKey(parsing: text) == nil
                ? "keys are path:NAME, jwt:CLAIM, header:NAME, cookie:NAME, query:NAME and client-ip" : nil
        case .endpoint:
            guard let endpoint = Literals.endpoint(text) else { return "HOST:PORT or unix:PATH is expected" }
            if case .tcp(_, 0) = endpoint { return "port 0 cannot be connected to" }
            return nil
        case .tracing:
            return TracePolicy(parsing: text) == nil
                ? "write off, create, or sample:RATIO with a share from 0 to 1, such as sample:0.1" : nil
        case .probePath, .authority, .probeHeader, .fieldValue: return probeProblem(with: text)
        case .listener: return Literals.endpoint(text) == nil ? "HOST:PORT or unix:PATH is expected" : nil
        case .addressRange:
            return AddressRange(parsing: text) == nil
                ? "an address or range such as 10.0.0.0/8 or ::1 is expected" : nil
        }
    }

    func help(for text: String) -> String? {
        switch self {
        case .method: text == text.uppercased() ? nil : "did you mean \"\(text.uppercased())\"?"
        case .endpoint, .listener:
            if let scheme = ["http://", "https://"].first(where: text.hasPrefix) {
                "leave out \(scheme)"
            } else if text.hasPrefix("::") {
                "an IPv6 address stands in brackets: [::1]:80"
            } else if text.hasPrefix(":") {
                "did you mean \"127.0.0.1\(text)\", or \"0.0.0.0\(text)\" for every address?"
            } else {
                nil
            }
        case .key:
            if let colon = text.firstIndex(of: ":") {
                Suggestion.nearest(to: String(text[..<colon]), among: ["path", "jwt", "header", "cookie", "query"]).map
                {
                    "did you mean \"\($0)\(text[colon...])\"?"
                }
            } else {
                Suggestion.sentence(for: text, among: ["client-ip"])
            }
        case .tracing: Suggestion.sentence(for: text, among: ["off", "create"])
        case .free, .name, .path, .template, .host, .header, .file, .addressRange, .probePath, .authority, .probeHeader,
            .fieldValue:
            nil
        }
    }

    // MARK: Probes

    /// A probe is written out as it stands here, so nothing in it may end a line or say how long it is.
    private func probeProblem(with text: String) -> String? {
        let isVisible = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        switch self {
        case .probePath:
            guard text.hasPrefix("/") else { return "a path begins with '/'" }
            return isVisible && !text.contains("#") && !text.contains("\\")
                ? nil : "write what is neither a letter, a digit nor punctuation as an escape such as %20"
        case .authority:
            return !text.isEmpty && isVisible && !text.contains(where: { "/@,\\?#\"".contains($0) })
                ? nil : "a name such as example.org is expected, perhaps with a port"
        case .probeHeader:
            if TextForm.header.problem(with: text) != nil { return "that is no header name" }
            let name = text.lowercased()
            if name == "host" { return "write \"host\" beside \"headers\"" }
            let isOurs = [
                "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "keep-alive", "expect",
            ].contains(name)
            return isOurs ? "a probe has no body, and a connection of its own" : nil
        default:
            return text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) && text.utf8.count <= 8192
                ? nil : "a field's value has no line breaks and no control characters, and at most 8 KiB"
        }
    }

    // MARK: Paths

    /// Paths are compared in one form (`ComparedPath`), so a pattern may be written with escapes or without.
    private static func problem(withPath text: String) -> String? {
        // By bytes: by characters this took a tenth of the loading of a large document.
        let bytes = Array(text.utf8)
        guard bytes.first == UInt8(ascii: "/") else { return "a path begins with '/'" }
        let isPlain = bytes.withUnsafeBytes(ComparedPath.isPlain)
        if let problem = problem(withSegments: isPlain ? bytes : Array(ComparedPath.of(text).utf8)) { return problem }
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "%") {
                // `UInt8(_:radix:)` takes a sign as well.
                guard index + 2 < bytes.count, isAlphanumeric(bytes[index + 1]),
                    let value = UInt8(String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
                else {
                    return "'%' must be followed by two hexadecimal digits"
                }
                if value == 0 { return "paths with %00 are refused, so this could never match" }
                index += 3
                continue
            }
            if byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#") {
                return "the query is not part of the path: use \"query\""
            }
            if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}") { return "parameters belong in \"template\"" }
            if byte == UInt8(ascii: "\\") { return "paths with a backslash are refused, so this could never match" }
            if byte < 0x20 || byte == 0x7F { return "control characters are refused, so this could never match" }
            index += 1
        }
        return nil
    }

    private static func problem(withSegments path: [UInt8]) -> String? {
        var hasDots = false
        var start = 1
        for end in 1...path.count where end == path.count || path[end] == UInt8(ascii: "/") {
            let segment = path[start..<end]
            // The last one may be empty: the path ends with a slash.
            if segment.isEmpty, end < path.count {
                return "empty segments are merged before matching, so this could never match"
            }
            if segment.count <= 2, !segment.isEmpty, segment.allSatisfy({ $0 == UInt8(ascii: ".") }) { hasDots = true }
            start = end + 1
        }
        return hasDots ? "dot segments are resolved before matching, so this could never match" : nil
    }

    private static func problem(withTemplate text: String) -> String? {
        guard text.hasPrefix("/") else { return "a path begins with '/'" }
        var names: [String] = []
        var plain = ""
        for segment in text.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            if segment.hasPrefix("{"), segment.hasSuffix("}") {
                let name = String(segment.dropFirst().dropLast())
                guard !name.isEmpty, name.utf8.allSatisfy({ isAlphanumeric($0) || $0 == 0x5F }) else {
                    return "a parameter is {name} of letters, digits and '_'"
                }
                if names.contains(name) { return "the parameter {\(name)} occurs twice" }
                names.append(name)
                plain += "/x"
            } else if segment.contains("{") || segment.contains("}") {
                return "a parameter takes a whole segment: /{name}/"
            } else {
                plain += "/" + segment
            }
        }
        return problem(withPath: plain)
    }

    private static func problem(withHost text: String) -> String? {
        var name = Substring(text)
        if name.hasPrefix("*.") { name = name.dropFirst(2) }
        if name.contains(":"), !name.hasPrefix("[") { return "write the name without a port" }
        let isName =
            !name.isEmpty
            && name.utf8.allSatisfy { isAlphanumeric($0) || [0x2D, 0x2E, 0x3A, 0x5B, 0x5D, 0x5F].contains($0) }
        return isName ? nil : "a name such as example.org or *.example.org is expected"
    }

    // MARK: Bytes

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A)
    }
    /// RFC 9110 §5.6.2.
    private static func isToken(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte) }
}

extension AssignmentKey {
    /// nil for what is not a key.
    package init?(parsing text: String) {
        if text == "client-ip" {
            self = .clientIP
            return
        }
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let name = String(text[text.index(after: colon)...])
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        switch text[..<colon] {
        case "path": self = .path(name)
        case "jwt": self = .jwt(name)
        case "header" where TextForm.header.problem(with: name) == nil: self = .header(name.lowercased())
        case "cookie" where TextForm.header.problem(with: name) == nil: self = .cookie(name)
        case "query": self = .query(name)
        default: return nil
        }
    }
}
