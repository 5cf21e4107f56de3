import HTTP
import Testing

@Suite struct ProxyHeaderTests {
    /// Signature, version and command, family, length, block.
    static func header(_ command: UInt8, _ family: UInt8, _ block: [UInt8], length: Int? = nil) -> [UInt8] {
        let count = length ?? block.count
        return ProxyHeader.signature + [command, family, UInt8(count >> 8), UInt8(count & 0xFF)] + block
    }

    static func parse(_ bytes: [UInt8]) -> ProxyHeader.Progress { bytes.withUnsafeBytes(ProxyHeader.parse) }

    static let four: [UInt8] = [203, 0, 113, 7, 10, 0, 0, 1, 0xDB, 0xA0, 0, 80]
    static let six: [UInt8] =
        [0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x11] + [UInt8](repeating: 0, count: 15) + [1] + [
            0xDB, 0xA0, 0, 80,
        ]
    static let mapped: [UInt8] =
        [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 203, 0, 113, 7] + [UInt8](repeating: 0, count: 16) + [
            0xDB, 0xA0, 0, 80,
        ]
    /// Application protocol, checksum, an empty one.
    static let extensions: [UInt8] = [0x01, 0, 2, 0x68, 0x32, 0x03, 0, 4, 1, 2, 3, 4, 0x04, 0, 0]
    static let client = ProxyHeader.client(.four(0xCB00_7107, port: 56224))

    static let accepted: [([UInt8], ProxyHeader)] = [
        (header(0x21, 0x11, four), client), (header(0x21, 0x11, four + extensions), client),
        (header(0x21, 0x21, six), .client(.six(high: 0x2001_0DB8_0000_0000, low: 0x11, port: 56224))),
        (header(0x21, 0x21, mapped), client),
        (header(0x21, 0x31, [UInt8](repeating: 0x2F, count: 216)), .local), (header(0x21, 0x00, []), .local),
        // What comes with no family, and whatever comes with LOCAL, is not looked at.
        (header(0x21, 0x00, [1, 2, 3]), .local), (header(0x20, 0x00, []), .local), (header(0x20, 0x11, four), .local),
        (header(0x20, 0xFF, [9]), .local),
        (header(0x21, 0x11, four + [0xEE, 0x07, 0xE1] + [UInt8](repeating: 0, count: 2017)), client),
    ]

    @Test(arguments: accepted)
    func `a header names its client, whatever follows it`(bytes: [UInt8], expected: ProxyHeader) {
        #expect(Self.parse(bytes) == .complete(length: bytes.count, expected))
        #expect(
            Self.parse(bytes + Array("GET / HTTP/1.1\r\n".utf8)) == .complete(length: bytes.count, expected))
    }

    @Test(arguments: accepted.map(\.0))
    func `cut off anywhere it asks for more, and never for more than it has`(bytes: [UInt8]) {
        for count in 0..<bytes.count {
            guard case .needs(let wanted) = Self.parse(Array(bytes[..<count])) else {
                Issue.record("\(count) of \(bytes.count) bytes: \(Self.parse(Array(bytes[..<count])))")
                return
            }
            #expect(count < wanted)
            #expect(wanted <= bytes.count)
        }
    }

    @Test(
        arguments: [
            (Array("GET / HTTP/1.1\r\n\r\n".utf8), .noSignature), ([0x0D, 0x0A, 0x0D, 0x0A, 0x0D], .noSignature),
            (Array("PROXY TCP4 203.0.113.7 10.0.0.1 56224 80\r\n".utf8), .noSignature),
            ([0x16, 0x03, 0x01], .noSignature),
            (header(0x11, 0x11, four), .wrongVersion), (header(0x31, 0x11, four), .wrongVersion),
            (header(0x01, 0x11, four), .wrongVersion), (header(0x22, 0x11, four), .unknownCommand),
            (header(0x2F, 0x11, four), .unknownCommand), (header(0x21, 0x12, four), .unknownFamily),
            (header(0x21, 0x10, four), .unknownFamily), (header(0x21, 0x01, four), .unknownFamily),
            (header(0x21, 0x22, six), .unknownFamily), (header(0x21, 0x41, four), .unknownFamily),
            (header(0x21, 0x11, Array(four.dropLast())), .addressesCutOff), (header(0x21, 0x11, []), .addressesCutOff),
            (header(0x21, 0x21, four), .addressesCutOff), (header(0x21, 0x31, six), .addressesCutOff),
            (header(0x21, 0x11, four + [1]), .extensionCutOff), (header(0x21, 0x11, four + [1, 0]), .extensionCutOff),
            (header(0x21, 0x11, four + [1, 0, 1]), .extensionCutOff),
            (header(0x21, 0x11, four + [1, 0xFF, 0xFF, 0]), .extensionCutOff),
            // Refused at its length, before any of it is waited for.
            (header(0x21, 0x11, [], length: 2033), .tooLong), (header(0x20, 0x00, [], length: 65_535), .tooLong),
        ] as [([UInt8], ProxyHeader.Violation)])
    func `what is not exactly such a header is none`(bytes: [UInt8], violation: ProxyHeader.Violation) {
        #expect(Self.parse(bytes) == .invalid(violation))
    }
}
