import HTTP
import JSON
import Secrets
import Testing

/// What accounts may look like, and how often a password may be guessed, on both sides alike.
@Suite(.serialized) struct AccountGuardTests {
    private func withEstate(_ body: (LiveEstate) async throws -> Void) async throws {
        // A clock that stands: on a busy machine a second goes by, and with it the wait.
        let estate = try LiveEstate(loginClock: { 1_800_000_000 })
        defer { estate.stop() }
        try await body(estate)
    }

    private func logIn(
        _ estate: LiveEstate, _ side: LiveEstate.Side, _ password: String, email: String = "ana@example.org",
        fields: HTTPFields = [:]
    ) async throws -> LiveEstate.Answer {
        try await estate.call(
            "POST", "/api/auth/login", on: side, json: #"{"email": "\#(email)", "password": "\#(password)"}"#,
            fields: fields)
    }

    @Test(arguments: LiveEstate.Side.allCases) func `many guesses at once are as few as five`(side: LiveEstate.Side)
        async throws
    {
        try await withEstate { estate in
            let (_, _) = try await estate.signUp(on: side)
            let answers = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<120 {
                    group.addTask { try await logIn(estate, side, "wrong \(number) enough").status }
                }
                return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            #expect(answers == [401: 5, 429: 115])
            let refused = try await logIn(estate, side, "long enough")
            #expect(refused.status == 429 && refused["/code"] == "slow_down")
            #expect(refused.fields["retry-after"].flatMap { Int($0) }.map { $0 >= 1 } == true)
            // Elsewhere, as the router says, the owner enters at once.
            let home = try await logIn(estate, side, "long enough", fields: ["x-forwarded-for": "203.0.113.9"])
            #expect(home.status == 200)
        }
    }

    @Test(arguments: LiveEstate.Side.allCases) func `a browser that was here enters past a stranger's guesses`(
        side: LiveEstate.Side
    ) async throws {
        try await withEstate { estate in
            let body = #"{"email": "ana@example.org", "password": "long enough"}"#
            let made = try await estate.call("POST", "/api/auth/signup", on: side, json: body)
            let cookies = made.fields.all("set-cookie")
            let device = try #require(cookies.first { $0.hasPrefix("pp_device=") })
            #expect(device.contains("; Path=/api/auth; ") && device.contains("; HttpOnly; SameSite=Lax"))
            for number in 0..<8 { _ = try await logIn(estate, side, "wrong \(number) enough") }
            #expect(try await logIn(estate, side, "long enough").status == 429)
            let cookie = String(device.prefix { $0 != ";" })
            #expect(try await logIn(estate, side, "long enough", fields: ["cookie": cookie]).status == 200)
            let other = try await logIn(estate, side, "x", email: "b@example.org", fields: ["cookie": cookie])
            #expect(other.status == 401)
        }
    }

    @Test(arguments: LiveEstate.Side.allCases) func `cookies are secure behind HTTPS`(side: LiveEstate.Side)
        async throws
    {
        try await withEstate { estate in
            let (token, _) = try await estate.signUp(on: side)
            for scheme in ["https", "http"] {
                let fields: HTTPFields = ["x-forwarded-proto": scheme]
                let login = try await logIn(estate, side, "long enough", fields: fields)
                let logout = try await estate.call(
                    "POST", "/api/auth/logout", on: side, token: token, fields: fields)
                let cookies = login.fields.all("set-cookie") + logout.fields.all("set-cookie")
                #expect(cookies.count == 3)
                for cookie in cookies { #expect(cookie.hasSuffix("; Secure") == (scheme == "https"), "\(cookie)") }
            }
        }
    }

    /// A number that multiplied by a thousand is none ended the process.
    @Test(arguments: LiveEstate.Side.allCases) func `no time in a signed token ends a process`(side: LiveEstate.Side)
        async throws
    {
        try await withEstate { estate in
            let key = try estate.tokenKey()
            let coder = TokenCoder(key: key)
            for (issued, expires) in [(0, Int.max), (Int.min, Int.max), (-1, 1 << 53), (1 << 40, Int.max)] {
                let payload =
                    #"{"sub":"U","sid":"S","name":"n","email":"e@x.org","iat":\#(issued),"exp":\#(expires)}"#
                let token = coder.sign(payload: Array(payload.utf8))
                for (method, path) in [
                    ("GET", "/api/auth/session"), ("POST", "/api/auth/logout"), ("GET", "/api/profiles/U"),
                    ("PATCH", "/api/profiles/U"), ("GET", "/api/profiles/U/images"), ("POST", "/api/images"),
                ] {
                    let answer = try await estate.call(
                        method, path, on: side, token: token, json: method == "PATCH" ? #"{"bio":"x"}"# : nil)
                    #expect((400..<500).contains(answer.status), "\(method) \(path) \(expires)")
                }
            }
            #expect(try await estate.call("GET", "/api/auth/session", on: side).status == 401)
        }
    }

    @Test(arguments: LiveEstate.Side.allCases) func `texts are limited in bytes and nothing invisible is taken`(
        side: LiveEstate.Side
    ) async throws {
        try await withEstate { estate in
            let (token, id) = try await estate.signUp(on: side)
            let marks = String(repeating: "\u{301}", count: 100)
            let long = String(repeating: "e" + marks, count: 80)
            func patch(_ member: String, _ value: String) async throws -> LiveEstate.Answer {
                var json = JSONWriter()
                json.object { $0.member(member, value) }
                return try await estate.call(
                    "PATCH", "/api/profiles/\(id)", on: side, token: token,
                    json: String(decoding: json.bytes, as: UTF8.self))
            }
            for (member, value) in [("display_name", long), ("bio", long)] {
                let refused = try await patch(member, value)
                #expect(refused.status == 422 && refused["/field"] == member)
                #expect(refused["/detail"]?.contains("bytes") == true)
            }
            for hidden in ["\u{202E}", "\u{200B}", "\u{2066}", "\u{FEFF}", "\u{3164}", "\u{AD}"] {
                #expect(try await patch("display_name", "A\(hidden)na").status == 422)
                #expect(try await patch("bio", "A\(hidden)na").status == 422)
                let links = try await estate.call(
                    "PATCH", "/api/profiles/\(id)", on: side, token: token,
                    json: #"{"links": ["https://example.org/\#(hidden)x"]}"#)
                #expect(links.status == 422 && links["/field"] == "links")
                for body in [
                    #"{"email": "b\#(hidden)ob@example.org", "password": "long enough"}"#,
                    #"{"email": "bob@example.org", "password": "long enough", "display_name": "B\#(hidden)ob"}"#,
                ] { #expect(try await estate.call("POST", "/api/auth/signup", on: side, json: body).status == 422) }
            }
            #expect(try await patch("display_name", "Ana 👩\u{200D}🚀 é").status == 200)
            #expect(try await patch("bio", "two\nlines").status == 200)
        }
    }

    @Test(arguments: LiveEstate.Side.allCases) func `an address has one spelling`(side: LiveEstate.Side) async throws {
        try await withEstate { estate in
            let made = try await estate.call(
                "POST", "/api/auth/signup", on: side,
                json: "{\"email\": \"Jose\u{301}@example.org\", \"password\": \"long enough\"}")
            #expect(made.status == 201)
            #expect(made["/user/email"].map { Array($0.utf8) } == Array("jos\u{E9}@example.org".utf8))
            let again = try await estate.call(
                "POST", "/api/auth/signup", on: side,
                json: "{\"email\": \"jos\u{E9}@example.org\", \"password\": \"long enough\"}")
            #expect(again.status == 409)
            #expect(try await logIn(estate, side, "long enough", email: "JOS\u{C9}@example.org").status == 200)
            #expect(try await logIn(estate, side, "long enough", email: "jose\u{301}@example.org").status == 200)
        }
    }

    @Test func `what a service counts is not shown through a proxy`() async throws {
        try await withEstate { estate in
            for process in ["monolith", "auth", "profile", "filter"] {
                #expect(try await estate.call("GET", "/metrics", at: process).status == 200)
                for field in ["x-forwarded-for", "via", "forwarded"] {
                    let answer = try await estate.call("GET", "/metrics", at: process, fields: [field: "1.1 x"])
                    #expect(answer.status == 404 && answer["/detail"] == "no such path")
                }
            }
        }
    }
}
