import HTTP
import Testing

/// What `Max-Forwards` and names with an underscore say of a head.
@Suite struct MaxForwardsTests {
    private func head<Value>(_ lines: String, _ read: (FieldTable, UnsafeRawBufferPointer) -> Value) throws -> Value {
        let parser = RequestHeadParser()
        let bytes = latin1("OPTIONS / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n")
        return try bytes.withUnsafeBytes { head in
            try #require(parser.parse(head) == .complete(headLength: bytes.count))
            return read(parser.fields, head)
        }
    }

    @Test(
        arguments: [
            ("", nil), ("Max-Forwards: 0\r\n", 0), ("Max-Forwards: 10\r\n", 10), ("Max-Forwards: 255\r\n", 255),
            ("Max-Forwards: 256\r\n", 255), ("Max-Forwards: 99999999999999999999999\r\n", 255),
            ("Max-Forwards: -1\r\n", nil), ("Max-Forwards: 1x\r\n", nil), ("Max-Forwards:\r\n", nil),
            ("Max-Forwards: 7\r\nMax-Forwards: 3\r\n", 3), ("Max-Forwards: x\r\nMax-Forwards: 3\r\n", 3),
        ] as [(String, UInt64?)])
    func `the least of all lines counts, at most 255`(_ lines: String, _ expected: UInt64?) throws {
        let read = try head(lines) { MaxForwards.read($0, in: $1) }
        #expect(read == expected)
    }

    @Test(
        arguments: [("A: 1\r\n", nil), ("A: 1\r\nx_b: 2\r\n", 4), ("x_forwarded_for: 1\r\nx_b: 2\r\n", 3)]
            as [(String, Int?)])
    func `the first name with an underscore is named by its line`(_ lines: String, _ expected: Int?) throws {
        let line = try head(lines) { fields, _ in fields.firstUnderscored }
        #expect(line == expected)
    }
}
