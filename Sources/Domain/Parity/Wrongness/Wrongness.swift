/// One way in which a candidate can be wrong, put into its responses on purpose: how a comparison shows that it would
/// notice. There is one for every class of difference that a response can carry.
package enum Wrongness: String, Sendable, CaseIterable {
    /// A success becomes a 500, an error a 200.
    case status
    case contentType = "content-type"
    /// A cache rule that lets strangers share a response, or a cookie that nobody asked for.
    case header
    /// One text or number of a JSON body.
    case value
    /// A member is gone.
    case missing
    /// A member that the other side does not have.
    case extra
    /// A text where a number was, or the other way round.
    case type
    /// `null` where a value was.
    case null
    /// An array turned round.
    case order
    /// An array without its last element.
    case length
    /// A member twice.
    case duplicate
    /// A JSON body cut short, with a length that agrees.
    case syntax
    /// Some pixels of a picture.
    case image
    /// The response comes late.
    case delay
    /// No response: the connection is closed.
    case outcome

    /// The response, made wrong; `nil` when it has nothing that can be wrong in this way (no array to turn round) or
    /// when the wrongness lies outside the response (`delay`, `outcome`). `repaint` changes an image's bytes.
    package func applied(to answer: RecordedResponse, repaint: ([UInt8]) -> [UInt8]?) -> RecordedResponse? {
        var wrong = answer
        switch self {
        case .status:
            wrong.status = answer.status < 400 ? 500 : 200
            return wrong
        case .contentType:
            wrong.headers.removeAll { $0.name.lowercased() == "content-type" }
            wrong.headers.append(("content-type", answer.mediaType == "text/html" ? "text/plain" : "text/html"))
            return wrong
        case .header:
            if answer.values(of: "cache-control").isEmpty {
                wrong.headers.append(("set-cookie", "strangler_wrong=1; Path=/"))
            } else {
                wrong.headers.removeAll { $0.name.lowercased() == "cache-control" }
                wrong.headers.append(("cache-control", "public, max-age=31536000"))
            }
            return wrong
        case .value, .missing, .extra, .type, .null, .order, .length, .duplicate:
            guard answer.isJSON, case .success(let body) = answer.parsed, let edited = BodyEdit(self).edited(body)
            else {
                return nil
            }
            wrong.body = .bytes(Array(edited.text.utf8))
            return wrong
        case .syntax:
            guard answer.isJSON, answer.bytes.count > 1 else { return nil }
            wrong.body = .bytes(Array(answer.bytes.dropLast()))
            return wrong
        case .image:
            guard answer.mediaType.hasPrefix("image/"), let bytes = repaint(answer.bytes) else { return nil }
            wrong.body = .bytes(bytes)
            return wrong
        case .delay, .outcome: return nil
        }
    }
}
