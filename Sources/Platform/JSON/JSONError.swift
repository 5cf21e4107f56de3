/// A place in a text: line and column count from 1, the column in characters (Unicode scalars), not bytes.
package struct JSONPosition: Sendable, Equatable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// The place of byte `offset` in `text`. Costs one pass over the text before it: for messages, not for hot paths.
    package init(of offset: Int, in text: [UInt8]) {
        var line = 1
        var column = 1
        for byte in text.prefix(offset) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.init(line: line, column: column)
    }
}

/// Why a text is not the JSON we accept, and where.
package struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    package struct Code: Sendable, Equatable {
        private enum Kind { case syntax, encoding, duplicateKey, limit }
        private let kind: Kind
        /// Not the grammar of RFC 8259.
        package static let syntax = Code(kind: .syntax)
        /// Not UTF-8, or an escape that names half of a surrogate pair (RFC 8259 §8).
        package static let encoding = Code(kind: .encoding)
        /// One object has the same name twice (RFC 8259 §4 leaves the meaning open, so we refuse).
        package static let duplicateKey = Code(kind: .duplicateKey)
        /// Larger or deeper than `JSONLimits` allows.
        package static let limit = Code(kind: .limit)
    }

    package let code: Code
    package let message: String
    /// The byte the message is about.
    package let offset: Int
    package let position: JSONPosition

    /// `line:column: message`.
    package var description: String { "\(position.line):\(position.column): \(message)" }
}

/// Limits of what parsing a text may cost. Every default is safe for a body from outside whose size was already
/// limited.
package struct JSONLimits: Sendable {
    package enum DuplicateKeys: Sendable { case refuse, report }

    /// Longest text in bytes; at most 4 GiB, for the tape stores 32-bit offsets.
    package var bytes = 16 << 20
    /// Deepest nesting of arrays and objects.
    package var depth = 128
    /// Most values and names together.
    package var values = 2_000_000
    /// `.refuse` (default) makes a repeated name an error; `.report` lists it in `JSONDocument.duplicates`.
    package var duplicateKeys = DuplicateKeys.refuse

    package init() {}
    package init(bytes: Int = 16 << 20, depth: Int = 128, duplicateKeys: DuplicateKeys = .refuse) {
        self.bytes = bytes
        self.depth = depth
        self.duplicateKeys = duplicateKeys
    }
}
