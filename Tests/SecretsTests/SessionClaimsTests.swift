import Testing

@testable import Secrets

@Suite struct SessionClaimsTests {
    private let claims = SessionClaims(
        subject: "U", session: "S", name: "Ana \"x\"", email: "a@b.c", issuedAt: 1_000, expiresAt: 2_000)

    @Test func claimsComeBackWithinTheirTimeOnly() throws {
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
    func aSignedPayloadWithoutTheClaimsIsRefused(payload: String) throws {
        let coder = try #require(TokenCoder(key: [UInt8](repeating: 1, count: 32)))
        #expect(coder.claims(of: coder.sign(payload: Array(payload.utf8)), now: 5) == nil)
    }
}
