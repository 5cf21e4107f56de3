import Testing

@testable import Secrets

@Suite struct SessionClaimsTests {
    private let claims = SessionClaims(
        subject: "U", session: "S", name: "Ana \"x\"", email: "a@b.c", issuedAt: 1_000, expiresAt: 2_000)

    @Test func `claims come back within their time only`() throws {
        let coder = try #require(TokenCoder(key: [UInt8](repeating: 1, count: 32)))
        let token = coder.issue(claims)
        #expect(coder.claims(of: token, now: 1_000) == claims)
        #expect(coder.claims(of: token, now: 1_999) == claims)
        #expect(coder.claims(of: token, now: 2_000) == nil)
        #expect(coder.claims(of: token, now: 900) == nil)
        #expect(coder.issue(claims) != token)
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"sub":"u","sid":"s","name":"n","email":"","iat":1}"#,
        #"{"sub":"","sid":"s","name":"n","email":"","iat":1,"exp":9}"#,
        #"{"sub":1,"sid":"s","name":"n","email":"e","iat":1,"exp":9}"#,
        #"{"sub":"u","sub":"u","sid":"s","name":"n","email":"","iat":1,"exp":9}"#,
    ])
    func `a signed payload without the claims is refused`(payload: String) throws {
        let coder = try #require(TokenCoder(key: [UInt8](repeating: 1, count: 32)))
        #expect(coder.claims(of: coder.sign(payload: Array(payload.utf8)), now: 5) == nil)
    }
}

/// Numbers and texts at the ends of what a token can hold.
@Suite struct SessionClaimsLimitTests {
    private let coder = TokenCoder(key: [UInt8](repeating: 1, count: 32))

    @Test(arguments: [
        Int.max, .max - 1, .max / 1_000, .max / 1_000 + 1, 253_402_300_800, -1, .min, .min + 1, .min / 1_000 - 1,
    ])
    func `a time that no date can say is no claim`(_ time: Int) throws {
        let coder = try #require(coder)
        for (issued, expires) in [(time, 9), (1, time), (time, time)] {
            let payload = #"{"sub":"u","sid":"s","name":"n","email":"e","iat":\#(issued),"exp":\#(expires)}"#
            #expect(coder.claims(of: coder.sign(payload: Array(payload.utf8)), now: 5) == nil)
        }
    }

    @Test func `the last moment of the range is one`() throws {
        let coder = try #require(coder)
        let payload = #"{"sub":"u","sid":"s","name":"n","email":"e","iat":0,"exp":253402300799}"#
        #expect(coder.claims(of: coder.sign(payload: Array(payload.utf8)), now: 5)?.expiresAt == 253_402_300_799)
    }

    @Test func `a token is never longer than a cookie may be`() throws {
        let coder = try #require(coder)
        // As a row may hold it from before there was a limit: 80 letters, 77,000 bytes.
        let name = String(repeating: "e" + String(repeating: "\u{301}", count: 480), count: 80)
        let email = String(repeating: "\"", count: 249) + "@b.org"
        let token = coder.issue(
            SessionClaims(subject: "U", session: "S", name: name, email: email, issuedAt: 1, expiresAt: 9))
        #expect(token.utf8.count < 3_000)
        let claims = try #require(coder.claims(of: token, now: 5))
        #expect(claims.name.utf8.count <= SessionClaims.nameLimit)
        #expect(claims.name.unicodeScalars.first == "e" && claims.email == email)
    }

    @Test func `a device is of its account alone and no session`() throws {
        let coder = try #require(coder)
        let token = coder.issueDevice(of: "a@b.c")
        #expect(coder.device(of: token, account: "a@b.c") != nil)
        #expect(coder.device(of: token, account: "b@b.c") == nil)
        #expect(coder.claims(of: token, now: 5) == nil)
        #expect(
            coder.device(of: coder.issueDevice(of: "a@b.c"), account: "a@b.c")
                != coder.device(of: token, account: "a@b.c"))
        let session = coder.issue(
            SessionClaims(subject: "a@b.c", session: "S", name: "n", email: "a@b.c", issuedAt: 1, expiresAt: 9))
        #expect(coder.device(of: session, account: "a@b.c") == nil)
        #expect(coder.device(of: token + "x", account: "a@b.c") == nil)
    }
}
