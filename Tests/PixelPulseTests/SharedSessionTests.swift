import Testing

/// Tokens and logouts across the border.
@Suite(.serialized) struct SharedSessionTests {
    @Test(arguments: ["monolith", "auth"]) func `a token of either side is good everywhere`(issuer: String) async throws
    {
        let estate = try LiveEstate()
        defer { estate.stop() }
        let (token, id) = try await estate.signUp(on: issuer == "auth" ? .services : .legacy)
        for process in ["monolith", "auth"] {
            let session = try await estate.call("GET", "/api/auth/session", at: process, token: token)
            #expect(session.status == 200)
            #expect(session["/user/id"] == id)
            #expect(session["/user/email"] == "ana@example.org")
        }
        let profile = try await estate.call("GET", "/api/profiles/\(id)", at: "profile", token: token)
        #expect(profile["/display_name"] == "Ana")
    }

    @Test(arguments: [("monolith", "monolith"), ("monolith", "auth"), ("auth", "monolith"), ("auth", "auth")])
    func `logout on one side ends the session on both`(issuer: String, place: String) async throws {
        let estate = try LiveEstate(owned: true)
        defer { estate.stop() }
        let (token, id) = try await estate.signUp(on: issuer == "auth" ? .services : .legacy)
        let out = try await estate.call("POST", "/api/auth/logout", at: place, token: token)
        #expect(out.status == 204)
        for process in ["monolith", "auth"] {
            let session = try await estate.call("GET", "/api/auth/session", at: process, token: token)
            #expect(session.status == 401, "\(process)")
        }
        for process in ["monolith", "profile"] {
            let patch = try await estate.call(
                "PATCH", "/api/profiles/\(id)", at: process, token: token, json: #"{"bio": "x"}"#)
            #expect(patch.status == 401, "\(process)")
        }
    }

    @Test func `a token with another signature is good nowhere`() async throws {
        let estate = try LiveEstate()
        defer { estate.stop() }
        let (token, id) = try await estate.signUp(on: .legacy)
        let forged = token.dropLast(3) + (token.hasSuffix("AAA") ? "BBB" : "AAA")
        for process in ["monolith", "profile"] {
            let patch = try await estate.call(
                "PATCH", "/api/profiles/\(id)", at: process, token: String(forged), json: #"{"bio": "x"}"#)
            #expect(patch.status == 401)
        }
    }
}
