import HTTP
import Routing
import Testing

@testable import Router

/// `client-ip` is an address, in one spelling.
struct IPAddressTests {
    @Test(
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("192.0.2.1:4711", "192.0.2.1"), (" 192.0.2.1 ", "192.0.2.1"),
            ("2001:DB8:0:0::1", "2001:db8::1"), ("[2001:db8::1]", "2001:db8::1"), ("[2001:db8::1]:443", "2001:db8::1"),
            ("\"[2001:db8::1]:443\"", "2001:db8::1"), ("::ffff:192.0.2.1", "192.0.2.1"),
            ("::FFFF:c000:201", "192.0.2.1"),
            ("fe80::1%eth0", "fe80::1"), ("unknown", nil), ("_hidden", nil), ("", nil), ("192.0.2", nil),
            ("192.0.2.1:x", nil), ("192.0.2.1:", nil), ("[2001:db8::1", nil), ("[2001:db8::1]x", nil),
            ("1.2.3.4.5", nil),
            ("192.0.2.01", nil), ("::1::", nil), (String(repeating: "1", count: 100), nil),
        ] as [(String, String?)])
    func `elements are read`(text: String, expected: String?) {
        let address = Array(text.utf8).withUnsafeBytes { IPAddress($0) }
        #expect(address.map(Self.text) == expected)
    }

    /// The peer 10.0.0.1 and everybody in 10.0.0.0/8 and fd00::/8 is trusted.
    @Test(arguments: [
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"), ("10.0.0.1", ["203.0.113.9:55001"], "203.0.113.9"),
        ("10.0.0.1", ["1.1.1.1, 203.0.113.9, 10.0.0.2"], "203.0.113.9"),
        ("10.0.0.1", ["1.1.1.1", "203.0.113.9", "10.0.0.2, 10.0.0.3:80"], "203.0.113.9"),
        ("10.0.0.1", ["2001:DB8::9, [fd00::2]:443"], "2001:db8::9"),
        ("10.0.0.1", ["203.0.113.9, , "], "203.0.113.9"), ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["203.0.113.9, unknown, 10.0.0.2"], "10.0.0.2"), ("10.0.0.1", ["unknown"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"), ("10.0.0.1", [], "10.0.0.1"),
        // Whoever is not trusted speaks for nobody.
        ("198.51.100.7", ["203.0.113.9"], "198.51.100.7"), ("::ffff:10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("fd00::1", ["203.0.113.9"], "203.0.113.9"),
    ])
    func `the rightmost that is no trusted peer`(peer: String, lines: [String], expected: String) throws {
        let trusted = try ["10.0.0.0/8", "fd00::/8"].map { try #require(AddressRange(parsing: $0)) }
        let head = "GET / HTTP/1.1\r\nhost: a\r\n" + lines.map { "X-Forwarded-For: \($0)\r\n" }.joined() + "\r\n"
        let parser = RequestHeadParser()
        let found = Array(head.utf8).withUnsafeBytes { bytes -> String? in
            guard case .complete = parser.parse(bytes) else { return "no head" }
            let peer = Array(peer.utf8).withUnsafeBytes { IPAddress($0) }
            let client = IPAddress.ofClient(peer: peer, fields: parser.fields, bytes: bytes, trusting: trusted)
            return client.map(Self.text)
        }
        #expect(found == expected)
    }

    private static func text(_ address: IPAddress) -> String {
        var buffer = [UInt8](repeating: 0, count: 46)
        let count = buffer.withUnsafeMutableBytes { address.write(to: $0) ?? 0 }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }
}
