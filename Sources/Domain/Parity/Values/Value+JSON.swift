package import JSON

/// Why bytes are no JSON that can be compared.
package struct MalformedValue: Error, Sendable, Equatable {
    package let reason: String
}

extension Value {
    /// Nesting beyond this is not compared.
    private static let deepest = 200

    /// Strict RFC 8259, except that a member may occur twice: that is a difference to report and not a reason to give
    /// up.
    package init(parsing bytes: [UInt8]) throws(MalformedValue) {
        do {
            let limits = JSONLimits(bytes: 64 << 20, depth: Self.deepest, duplicateKeys: .report)
            self.init(try JSONDocument(bytes, limits: limits).root)
        } catch {
            throw MalformedValue(reason: "not JSON at \(error.description)")
        }
    }

    /// The value a cursor stands on, with all beneath it; its depth is what the document's limits allowed.
    package init(_ cursor: JSONValue) {
        switch cursor.kind {
        case .null: self = .null
        case .bool: self = .bool(cursor.bool ?? false)
        case .number: self = .number(DecimalText(cursor.numberText ?? "0"))
        case .string, .key: self = .string(cursor.string ?? "")
        case .array: self = .array(cursor.elements.map { Value($0) })
        case .object: self = .object(cursor.members.map { Member(name: $0.key, value: Value($0.value)) })
        }
    }
}
