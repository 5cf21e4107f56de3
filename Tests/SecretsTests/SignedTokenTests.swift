import Testing

@testable import Secrets

@Suite struct SignedTokenTests {
    private let coder = TokenCoder(key: [UInt8](repeating: 7, count: 32))

    @Test func `a token comes back as its payload`() throws {
        let coder = try #require(coder)
        let token = coder.sign(payload: Array(#"{"sub":"u"}"#.utf8))
        #expect(coder.verify(token) == Array(#"{"sub":"u"}"#.utf8))
    }

    @Test func `a token of another key is refused`() throws {
        let coder = try #require(coder)
        let other = try #require(TokenCoder(key: [UInt8](repeating: 8, count: 32)))
        #expect(other.verify(coder.sign(payload: [1, 2, 3])) == nil)
    }

    @Test func `every single changed character is noticed`() throws {
        let coder = try #require(coder)
        let token = Array(coder.sign(payload: Array(#"{"sub":"somebody"}"#.utf8)).utf8)
        for index in token.indices {
            var changed = token
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(coder.verify(String(decoding: changed, as: UTF8.self)) == nil, "character \(index)")
        }
    }

    /// RFC 8725 section 2.1: "none" and foreign algorithms, whatever the signature part says.
    @Test(arguments: [#"{"alg":"none","typ":"JWT"}"#, #"{"typ":"JWT","alg":"HS256"}"#, #"{"alg":"HS512","typ":"JWT"}"#])
    func `another header is refused even with a good code`(header: String) throws {
        let coder = try #require(coder)
        let message = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array("{}".utf8))
        let code = HMACSHA256.authenticate(Array(message.utf8), key: [UInt8](repeating: 7, count: 32))
        #expect(coder.verify(message + "." + Base64URL.encode(code)) == nil)
        #expect(coder.verify(message + ".") == nil)
    }

    @Test(arguments: ["", ".", "..", "...", "a.b.c", "eyJ", String(repeating: "a", count: 5_000)])
    func `nonsense is refused`(text: String) throws {
        #expect(try #require(coder).verify(text) == nil)
    }

    @Test(arguments: [[], [0], [0, 1], [255, 254, 253], Array(0...255)] as [[UInt8]])
    func `base64url comes back`(bytes: [UInt8]) {
        #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
    }

    @Test(arguments: ["A", "AB=", "A B", "AB", "////"])
    func `base64url has one spelling per value`(text: String) {
        // "AB" leaves bits that are not zero; "AA" is the spelling of one zero byte.
        #expect(Base64URL.decode(text) == nil)
    }
}
