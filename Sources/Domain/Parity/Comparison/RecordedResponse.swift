/// One side's response to a request, with everything that parity looks at.
package struct RecordedResponse: Sendable {
    package enum Outcome: Sendable, Equatable {
        case answered
        /// No response in time.
        case timedOut
        /// A response larger than what may be kept.
        case tooLarge
        /// Refused, reset, cut short or no HTTP; the text says which.
        case failed(String)
    }

    /// Why a body that came in a content coding cannot be read.
    package enum CodingProblem: Sendable, Equatable {
        /// A coding that nothing here undoes.
        case unknown(String)
        /// The bytes are not what the coding says; the text says how.
        case malformed(String)

        package var reason: String {
            switch self {
            case .unknown(let name): "the content-encoding \"\(name)\" is none that can be undone (gzip, deflate)"
            case .malformed(let text): text
            }
        }
    }

    package enum Body: Sendable {
        case bytes([UInt8])
        /// A recorded JSON value, taken as JSON whatever the content type says.
        case json(Value)
    }

    package var outcome: Outcome
    package var status: Int
    /// The fields in the order received; names are in any case.
    package var headers: [(name: String, value: String)]
    package var body: Body
    /// Why the bytes of the body are still in their content coding; nil when they are not.
    package var codingProblem: CodingProblem?
    /// From sending the request to the end of the body; `nil` when not measured.
    package var took: Duration?

    package init(
        outcome: Outcome = .answered, status: Int, headers: [(name: String, value: String)], body: Body,
        took: Duration? = nil
    ) {
        self.outcome = outcome
        self.status = status
        self.headers = headers
        self.body = body
        self.took = took
    }

    /// An exchange that ended without a response.
    package static func unanswered(_ outcome: Outcome) -> RecordedResponse {
        RecordedResponse(outcome: outcome, status: 0, headers: [], body: .bytes([]))
    }

    /// The values of all field lines of that name, in order.
    package func values(of name: String) -> [String] {
        let wanted = name.lowercased()
        return headers.filter { $0.name.lowercased() == wanted }.map(\.value)
    }

    /// The media type without parameters, lower case; empty when there is none.
    package var mediaType: String {
        MediaType(values(of: "content-type").first ?? "").essence
    }
}

/// The parts of a `content-type` that matter (RFC 9110 §8.3).
struct MediaType: Equatable {
    let essence: String
    /// Lower case, empty when not given; `utf8` is `utf-8`, which is left out for JSON, where it says nothing (RFC 8259
    /// §11).
    let charset: String

    init(_ text: String) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false).map { Self.trimmed($0) }
        let essence = (parts.first ?? "").lowercased()
        var charset = ""
        for parameter in parts.dropFirst() where parameter.lowercased().hasPrefix("charset=") {
            charset = parameter.dropFirst("charset=".count).lowercased()
            if charset.hasPrefix("\""), charset.hasSuffix("\""), charset.utf8.count >= 2 {
                charset = String(charset.dropFirst().dropLast())
            }
        }
        if charset == "utf8" { charset = "utf-8" }
        self.essence = essence
        self.charset = Self.isJSON(essence) && charset == "utf-8" ? "" : charset
    }

    var isJSON: Bool { Self.isJSON(essence) }
    var isText: Bool {
        essence.hasPrefix("text/") || essence.hasSuffix("+xml") || essence == "application/xml"
            || essence == "application/javascript" || essence == "application/x-www-form-urlencoded"
    }
    var isImage: Bool { essence.hasPrefix("image/") && essence != "image/svg+xml" }

    private static func isJSON(_ essence: String) -> Bool {
        // `text/json` was never registered, and is sent all the same; so is `text/x-json`.
        ["application/json", "text/json", "application/x-json", "text/x-json"].contains(essence)
            || essence.hasSuffix("+json")
    }

    private static func trimmed(_ text: Substring) -> String {
        var scalars = text.unicodeScalars[...]
        while let first = scalars.first, first == " " || first == "\t" { scalars.removeFirst() }
        while let last = scalars.last, last == " " || last == "\t" { scalars.removeLast() }
        return String(scalars)
    }
}
