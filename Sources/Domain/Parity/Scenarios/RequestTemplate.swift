/// A request with `{{variables}}` still in it.
package struct RequestTemplate: Sendable {
    package enum Body: Sendable {
        case none
        case json(Value)
        case text(String)
        /// The bytes of a sample with the sample's media type.
        case sample(String)
        case multipart([Part])
    }

    /// One part of `multipart/form-data` (RFC 7578).
    package struct Part: Sendable {
        package let name: String
        package let filename: String?
        package let content: Content

        package enum Content: Sendable {
            case text(String)
            case sample(String)
        }
    }

    package let method: String
    package let path: String
    package let headers: [(name: String, value: String)]
    package let body: Body
}

/// What a side is sent.
package struct RenderedRequest: Sendable, Equatable {
    package let method: String
    package let path: String
    package let headers: [HeaderLine]
    package let body: [UInt8]

    package init(method: String, path: String, headers: [HeaderLine], body: [UInt8]) {
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
    }

    package struct HeaderLine: Sendable, Equatable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }
}

/// A template asks for a variable that no step has captured, or a file that is not there.
package struct UnknownName: Error, Sendable, Equatable {
    package let name: String

    package init(name: String) {
        self.name = name
    }
}

extension RequestTemplate {
    /// Fills in one side's variables. `samples` gives a sample's bytes and media type.
    package func rendered(
        with variables: [String: String], samples: (String) -> (bytes: [UInt8], type: String)?
    ) throws(UnknownName) -> RenderedRequest {
        var lines: [RenderedRequest.HeaderLine] = []
        for header in headers {
            let value = try Self.fill(header.value, variables) { $0 }
            lines.append(RenderedRequest.HeaderLine(name: header.name, value: Self.oneLine(value)))
        }
        func contentType(_ type: String) {
            if lines.contains(where: { $0.name.lowercased() == "content-type" }) { return }
            lines.append(RenderedRequest.HeaderLine(name: "content-type", value: type))
        }
        var bytes: [UInt8] = []
        switch body {
        case .none: break
        case .json(let value):
            contentType("application/json")
            bytes = Array(try Self.fill(value, variables).text.utf8)
        case .text(let text):
            contentType("text/plain; charset=utf-8")
            bytes = Array(try Self.fill(text, variables) { $0 }.utf8)
        case .sample(let name):
            guard let sample = samples(name) else { throw UnknownName(name: name) }
            contentType(sample.type)
            bytes = sample.bytes
        case .multipart(let parts):
            // Long and fixed: no sample contains it, and the same request is the same bytes at every run.
            let boundary = "strangler-parity-7c1d0a5e93b2f846"
            contentType("multipart/form-data; boundary=\(boundary)")
            for part in parts {
                bytes += "--\(boundary)\r\ncontent-disposition: form-data; name=\"\(part.name)\"".utf8
                if let filename = part.filename { bytes += "; filename=\"\(filename)\"".utf8 }
                switch part.content {
                case .text(let text):
                    bytes += "\r\n\r\n".utf8
                    bytes += try Self.fill(text, variables) { $0 }.utf8
                case .sample(let name):
                    guard let sample = samples(name) else { throw UnknownName(name: name) }
                    bytes += "\r\ncontent-type: \(sample.type)\r\n\r\n".utf8
                    bytes += sample.bytes
                }
                bytes += "\r\n".utf8
            }
            bytes += "--\(boundary)--\r\n".utf8
        }
        return RenderedRequest(
            method: method, path: try Self.fill(path, variables, Self.pathSegment), headers: lines, body: bytes)
    }

    /// Names in `{{…}}`, in order of appearance.
    static func names(in text: String) -> [String] {
        var names: [String] = []
        var rest = text[...]
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            names.append(String(rest[open.upperBound..<close.lowerBound]))
            rest = rest[close.upperBound...]
        }
        return names
    }

    private static func fill(
        _ text: String, _ variables: [String: String], _ encode: (String) -> String
    ) throws(UnknownName) -> String {
        var out = ""
        var rest = text[...]
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            let name = String(rest[open.upperBound..<close.lowerBound])
            guard let value = variables[name] else { throw UnknownName(name: name) }
            out += rest[..<open.lowerBound] + encode(value)
            rest = rest[close.upperBound...]
        }
        return out + rest
    }

    private static func fill(_ value: Value, _ variables: [String: String]) throws(UnknownName) -> Value {
        switch value {
        case .string(let text): return .string(try fill(text, variables) { $0 })
        case .array(let elements):
            var filled: [Value] = []
            for element in elements { filled.append(try fill(element, variables)) }
            return .array(filled)
        case .object(let members):
            var filled: [Value.Member] = []
            for member in members {
                filled.append(Value.Member(name: member.name, value: try fill(member.value, variables)))
            }
            return .object(filled)
        case .null, .bool, .number: return value
        }
    }

    /// Percent-encodes all but RFC 3986's unreserved signs: a captured value is one segment, whatever it contains.
    private static func pathSegment(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                out.unicodeScalars.append(Unicode.Scalar(byte))
            default: out += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return out
    }

    /// A captured value cannot add header lines of its own.
    private static func oneLine(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0 != "\r" && $0 != "\n" && $0 != "\0" }))
    }
}
