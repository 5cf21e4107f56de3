import JSON
import Routing
import TestSupport
import Testing

@testable import Router

/// Spellings of one user are one user: on one side, in the router and in what `explain` tells.
struct SameUserTests {
    private static let trusted = #""trustedPeers": ["127.0.0.1", "10.0.0.0/8"],"#

    /// A bucket as `explain` tells it, after the router itself put the request on the side that belongs to it.
    private func bucket(_ router: RouterFixture, _ path: String, _ fields: String) throws -> Int? {
        let query = "path=" + path.utf8.reduce(into: "") { $0 += "%" + ($1 < 16 ? "0" : "") + String($1, radix: 16) }
        let headers = fields.split(separator: "\r\n").map { line in
            "&header=" + line.utf8.reduce(into: "") { $0 += "%" + ($1 < 16 ? "0" : "") + String($1, radix: 16) }
        }
        let told = try router.admin("GET", "/v1/explain?" + query + headers.joined()).json.root
        let side = told["side"]?.string == "service" ? "new" : "old"
        #expect(try router.get(path, fields).body == side, "\(path) \(fields)")
        return told["bucket"]?.int
    }

    private func router(_ keys: String, match: String, context: String = "") throws -> (
        RouterFixture, [EchoUpstream]
    ) {
        let (old, new) = (try EchoUpstream("old"), try EchoUpstream("new"))
        let text = """
            {
              "version": 1, "listen": ["127.0.0.1:0"], "admin": { "unix": "admin.sock", "listen": "127.0.0.1:0" },
              "upstreams": {
                "old": { "endpoints": ["127.0.0.1:\(old.port)"] }, "new": { "endpoints": ["127.0.0.1:\(new.port)"] }
              },
              \(Self.trusted)
              "contexts": { "c": { "keys": [\(keys)], "mode": "stateless"\(context) } },
              "routes": [
                { "id": "a", "match": \(match), "legacy": "old", "service": "new", "context": "c", "percent": 50 },
                { "id": "default", "match": { "prefix": "/" }, "legacy": "old" }
              ]
            }
            """
        return (try RouterFixture(text), [old, new])
    }

    @Test func `a path's parameter is its decoded value`() throws {
        let (router, upstreams) = try router(#""path:id""#, match: #"{ "template": "/u/{id}" }"#)
        defer { withExtendedLifetime(upstreams) {} }
        for user in 0..<12 {
            let plain = try bucket(router, "/u/u\(user)@x", "")
            #expect(plain != nil)
            #expect(try bucket(router, "/u/u\(user)%40x", "") == plain)
            #expect(try bucket(router, "/u/%75\(user)%40x", "") == plain)
        }
        // Keys without escapes keep the bucket that the rule gives them.
        #expect(try bucket(router, "/u/alice", "") == Int(Assignment(salt: "").bucket(of: "alice")))
    }

    @Test func `conditions on path and query compare what is meant`() throws {
        let (router, upstreams) = try router(
            #""query:user""#, match: #"{ "exact": "/my profile/ä", "query": { "view": "one two" } }"#)
        defer { withExtendedLifetime(upstreams) {} }
        let plain = try bucket(router, "/my%20profile/%c3%a4?view=one%20two&user=u1@x", "")
        #expect(plain != nil)
        for target in [
            "/my%20profile/%C3%A4?view=one+two&user=u1%40x", "/m%79%20profile/%C3%A4?v%69ew=one%20two&us%65r=u1%40x",
            "/my%20profile/%C3%A4?user=&view=one+two&user=u1@x",
        ] {
            #expect(try bucket(router, target, "") == plain, "\(target)")
        }
        #expect(try bucket(router, "/my%20profile/%C3%A4?view=one%2Btwo&user=u1", "") == nil)
    }

    @Test(
        arguments: [
            (
                "cookie:uid", "Cookie: uid=u1\r\n",
                ["Cookie: uid=; uid=u1\r\n", "Cookie: uid=\"\"\r\nCookie: a=b; uid=\"u1\"\r\n"]
            ),
            ("header:x-user", "X-User: u1\r\n", ["X-User:\r\nX-User: u1\r\n", "x-user: \r\nX-USER: u1\r\n"]),
            (
                "client-ip", "X-Forwarded-For: 203.0.113.9\r\n",
                [
                    "X-Forwarded-For: 203.0.113.9:4711\r\n", "X-Forwarded-For: ::ffff:203.0.113.9\r\n",
                    "X-Forwarded-For: 1.1.1.1, 203.0.113.9, 10.1.2.3:80\r\n",
                    "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 10.1.2.3\r\n",
                ]
            ),
            (
                "client-ip", "X-Forwarded-For: 2001:db8::9\r\n",
                ["X-Forwarded-For: [2001:DB8:0::9]:443\r\n", "X-Forwarded-For: \"[2001:db8::9]\"\r\n"]
            ),
        ] as [(String, String, [String])])
    func `spellings of one user are one user`(key: String, plain: String, others: [String]) throws {
        let (router, upstreams) = try router("\"\(key)\"", match: #"{ "prefix": "/a" }"#)
        defer { withExtendedLifetime(upstreams) {} }
        let wanted = try bucket(router, "/a", plain)
        #expect(wanted != nil)
        for fields in others { #expect(try bucket(router, "/a", fields) == wanted, "\(fields)") }
    }

    @Test func `a token without the claim does not hide the one with it`() throws {
        let (router, upstreams) = try router(
            #""jwt:sub""#, match: #"{ "prefix": "/a" }"#, context: #", "jwtCookie": "session""#)
        defer { withExtendedLifetime(upstreams) {} }
        // {"sub":"u1"} and {"aud":"x"}
        let (token, other) = ("e30.eyJzdWIiOiJ1MSJ9.x", "e30.eyJhdWQiOiJ4In0.x")
        let wanted = try bucket(router, "/a", "Authorization: Bearer \(token)\r\n")
        #expect(wanted != nil)
        for fields in [
            "Cookie: session=\(token)\r\n", "Cookie: session=; session=\(token)\r\n",
            "Cookie: session=opaque; session=\(token)\r\n",
            "Authorization: Basic eDp5\r\nCookie: session=\(token)\r\n",
            "Authorization: Bearer \(other)\r\nCookie: session=\(token)\r\n",
            "Authorization: bearer  \(token)\r\n",
        ] {
            #expect(try bucket(router, "/a", fields) == wanted, "\(fields)")
        }
    }
}
