import HTTP

/// Whether a server can be trusted to send nothing behind responses that must not have a body: those to HEAD, 204
/// and 304. Pure.
///
/// A program that knows nothing of HEAD sends the body all the same, mostly in a second write: who reads on at once
/// takes it for the response to the next request. So connections rest after a response to HEAD before they are used
/// again, until enough of them have stayed quiet. 204 and 304 are said by programs that mean it: they cost a rest only
/// after bytes came behind one.
struct BodilessResponses {
    enum Kind: Int {
        case head, noContent, notModified

        /// nil: a response that may have a body.
        init?(_ method: HTTPMethod, _ status: HTTPStatus) {
            // `switch` rather than `==`: comparing an enum of another module calls its witness.
            switch (method, status.rawValue) {
            case (.head, _): self = .head
            case (_, 204): self = .noContent
            case (_, 304): self = .notModified
            default: return nil
            }
        }
    }

    /// So many rests without a byte, and there are no more.
    private static let enough: UInt8 = 16
    /// Bytes came once: there is no trust any more.
    private static let spoilt = UInt8.max
    private var quiet = InlineArray<3, UInt8>(repeating: 0)

    func mustRest(_ kind: Kind) -> Bool {
        let seen = quiet[kind.rawValue]
        return seen == Self.spoilt || kind == .head && seen < Self.enough
    }

    /// A connection rested, and nothing came.
    mutating func rested(_ kind: Kind) {
        if quiet[kind.rawValue] < Self.enough { quiet[kind.rawValue] += 1 }
    }

    /// Bytes came behind the response.
    mutating func bytesCame(_ kind: Kind) { quiet[kind.rawValue] = Self.spoilt }
}
