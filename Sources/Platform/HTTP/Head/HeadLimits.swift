/// How large the head of a message may be. Each limit is safe on the open internet by default.
package struct HeadLimits: Equatable, Sendable {
    /// Bytes of the request line or status line without its CRLF. Default 8 KiB; beyond it a request is answered 414.
    package var requestLine: Int = 8 * 1024
    /// Bytes of the whole head, start line and final empty line included. Default 32 KiB (431).
    package var head: Int = 32 * 1024
    /// Field lines. Default 128 (431).
    package var fields: Int = 128
    /// Bytes of one field line without its CRLF. Default 16 KiB (431).
    package var field: Int = 16 * 1024

    package init(
        requestLine: Int = 8 * 1024, head: Int = 32 * 1024, fields: Int = 128, field: Int = 16 * 1024
    ) {
        self.requestLine = requestLine
        self.head = head
        self.fields = fields
        self.field = field
    }

    /// What an upstream may send: a head of 64 KiB, else as for requests.
    package static let response = HeadLimits(head: 64 * 1024)

    /// The same limits within what the parser can count: at least one line of one byte, offsets of 32 bits, 16 bits of
    /// fields.
    var clamped: HeadLimits {
        HeadLimits(
            requestLine: min(max(requestLine, 16), 1 << 24), head: min(max(head, 64), 1 << 26),
            fields: min(max(fields, 1), Int(UInt16.max)), field: min(max(field, 1), 1 << 24))
    }
}
