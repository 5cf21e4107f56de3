/// A URL without scheme and authority, cut into path segments and a query: the part that is equal when two sides have
/// different addresses.
struct URLShape {
    let segments: [String]
    /// The query's parameters as `name=`, value, name, value …; empty without a query.
    let query: [String]

    /// Everything that may hold an identifier, in order.
    var parts: [String] { segments + query }

    init(_ text: String) {
        var rest = text[...]
        if let scheme = rest.firstRange(of: "://") {
            let afterAuthority = rest[scheme.upperBound...]
            rest = afterAuthority.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" }.map { afterAuthority[$0...] } ?? ""
        }
        let mark = rest.firstIndex(of: "?") ?? rest.endIndex
        segments = rest[..<mark].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        query = rest[mark...].split(separator: "&", omittingEmptySubsequences: false).flatMap { parameter in
            let equals = parameter.firstIndex(of: "=").map { parameter.index(after: $0) } ?? parameter.endIndex
            return [String(parameter[..<equals]), String(parameter[equals...])]
        }
    }

    /// The space of identities that are found inside URLs and by `id` rules that name none.
    static let space = ""

    /// The same path and query, where a segment or a parameter that is an identifier may be that of its counterpart.
    func agrees(with other: URLShape, identities: inout IdentityMap) -> Bool {
        guard segments.count == other.segments.count, query.count == other.query.count else { return false }
        for (mine, theirs) in zip(parts, other.parts) {
            if Self.isIdentifier(mine), Self.isIdentifier(theirs) {
                guard identities.pair(mine, theirs, space: Self.space) == .consistent else { return false }
            } else if ExactText(mine) != ExactText(theirs) {
                return false
            }
        }
        return true
    }

    /// A ULID (26 signs of Crockford's base 32), a UUID, or 16 and more hexadecimal digits.
    static func isIdentifier(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        func isHex(_ byte: UInt8) -> Bool {
            (48...57).contains(byte) || (65...70).contains(byte) || (97...102).contains(byte)
        }
        switch bytes.count {
        case 26:
            // I, L, O and U are not in the alphabet.
            let excluded: [UInt8] = [73, 76, 79, 85, 105, 108, 111, 117]
            let isULID = bytes.allSatisfy { byte in
                let isLetter = (65...90).contains(byte) || (97...122).contains(byte)
                return ((48...57).contains(byte) || isLetter) && !excluded.contains(byte)
            }
            return isULID || bytes.allSatisfy(isHex)
        case 36:
            return bytes.enumerated().allSatisfy { index, byte in
                [8, 13, 18, 23].contains(index) ? byte == UInt8(ascii: "-") : isHex(byte)
            }
        case 16...: return bytes.allSatisfy(isHex)
        default: return false
        }
    }
}
