import HTTP

/// A moment on the monotonic clock of one router process, as others carry it for that process: users in a cookie, the
/// agent in its reports. Only that process can say what the number means; to all others it is a text.
///
/// It is not signed. What a forged one can do, its sender can do without it: be served by legacy for a while, or read
/// rows that are a moment old.
struct RouterMoment: Equatable, Sendable {
    /// The process: a random number, made when it started.
    var process: UInt64
    var nanoseconds: UInt64

    init(process: UInt64, nanoseconds: UInt64) {
        self.process = process
        self.nanoseconds = nanoseconds
    }

    /// `1-`, 16 digits of the process, `-`, 16 of the moment; all digits are hexadecimal and in lower case. The first
    /// digit is the version of this form.
    static let length = 35

    /// nil for any other text.
    init?(_ text: UnsafeRawBufferPointer) {
        guard text.count == Self.length, text[0] == UInt8(ascii: "1"), text[1] == UInt8(ascii: "-"),
            text[18] == UInt8(ascii: "-"), let process = Self.number(text, at: 2),
            let nanoseconds = Self.number(text, at: 19)
        else { return nil }
        self.init(process: process, nanoseconds: nanoseconds)
    }

    private static func number(_ text: UnsafeRawBufferPointer, at start: Int) -> UInt64? {
        var number: UInt64 = 0
        for index in start..<(start + 16) {
            let byte = text[index]
            guard let digit = HexDigit.value(byte), byte < 0x41 || byte > 0x46 else { return nil }
            number = number << 4 | UInt64(digit)
        }
        return number
    }

    /// Hands out the text; it is valid during the call.
    func withText<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.length) { text in
            text[0] = UInt8(ascii: "1")
            text[1] = UInt8(ascii: "-")
            text[18] = UInt8(ascii: "-")
            if let base = text.baseAddress {
                RequestIdentity.writeHex(process, to: base + 2)
                RequestIdentity.writeHex(nanoseconds, to: base + 19)
            }
            return body(UnsafeRawBufferPointer(text))
        }
    }

    var text: String { withText { String(decoding: $0, as: UTF8.self) } }
}
