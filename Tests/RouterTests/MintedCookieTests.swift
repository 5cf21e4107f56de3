import TestSupport
import Testing

@testable import Router

/// When the router gives a client a cookie, and how.
struct MintedCookieTests {
    /// The `set-cookie` line of one answer with `fields`; nil: none.
    private func cookie(
        _ fields: String, request: String = "", top: String = "", context: String = ""
    ) throws -> String? {
        let old = try RawServer { client in
            _ = try client.readMessage()
            try client.send("HTTP/1.1 200 OK\r\n\(fields)content-length: 2\r\n\r\nhi")
        }
        let router = try RouterFixture(
            configuration(
                legacy: old.port, service: old.port, percent: "50", route: #""context": "c","#, top: top,
                context: #""contexts": { "c": { "keys": ["cookie:strangler_id"], "mode": "stateless"\#(context) } },"#))
        let (head, body) = try router.get("/", request)
        #expect(body == "hi")
        return head.split(separator: "\r\n").first { $0.hasPrefix("set-cookie: strangler_id=") }.map(String.init)
    }

    @Test(arguments: [
        "Cache-Control: public\r\n", "Cache-Control: max-age=60\r\n", "cache-control: s-maxage=1\r\n",
        "Cache-Control: no-transform, Max-Age=\"60\"\r\n", "Expires: Thu, 01 Dec 2033 16:00:00 GMT\r\n",
        "Expires: 0\r\n",
        "Cache-Control: must-revalidate\r\nCache-Control: PUBLIC\r\n", "Cache-Control: private=\"x-a\", max-age=60\r\n",
        "Cache-Control: max-age=0\r\n", "CDN-Cache-Control: max-age=60\r\n", "Surrogate-Control: max-age=60\r\n",
        "Cache-Control: ext=\"a, private\", max-age=60\r\n",
    ])
    func `no cookie on what caches of many users may keep`(fields: String) throws {
        #expect(try cookie(fields) == nil)
    }

    @Test(arguments: [
        "", "Cache-Control: private, max-age=60\r\n", "Cache-Control: no-store\r\n", "Cache-Control: no-cache\r\n",
        "Expires: 0\r\nCache-Control: no-cache, no-store, must-revalidate\r\n", "Cache-Control: maximum-age=60\r\n",
        "Expires: 0\r\nCache-Control: Private\r\n", "ETag: \"x\"\r\n", "Cache-Control: ext=\"public, max-age=1\"\r\n",
    ])
    func `a cookie on all else`(fields: String) throws {
        #expect(try cookie(fields)?.hasSuffix("; HttpOnly; SameSite=Lax") == true)
    }

    private static let trusted = #""trustedPeers": ["127.0.0.1"],"#

    @Test(arguments: [
        ("X-Forwarded-Proto: https\r\n", trusted, "", "; HttpOnly; Secure; SameSite=Lax"),
        ("X-Forwarded-Proto: HTTPS, http\r\n", trusted, "", "; HttpOnly; Secure; SameSite=Lax"),
        ("X-Forwarded-Proto: https\r\nX-Forwarded-Proto: http\r\n", trusted, "", "; HttpOnly; SameSite=Lax"),
        ("X-Forwarded-Proto: http\r\n", trusted, "", "; HttpOnly; SameSite=Lax"),
        ("X-Forwarded-Proto: httpsx\r\n", trusted, "", "; HttpOnly; SameSite=Lax"),
        ("X-Forwarded-Proto: https\r\n", "", "", "; HttpOnly; SameSite=Lax"),
        ("X-Forwarded-Proto: https\r\n", trusted, #", "sameSite": "strict""#, "; HttpOnly; Secure; SameSite=Strict"),
        ("X-Forwarded-Proto: https\r\n", trusted, #", "sameSite": "none""#, "; HttpOnly; Secure; SameSite=None"),
        ("", "", #", "sameSite": "none""#, "; HttpOnly; SameSite=Lax"),
        ("", "", #", "sameSite": "strict""#, "; HttpOnly; SameSite=Strict"),
    ])
    func `it is Secure for those who come by https, and SameSite as the context says`(
        request: String, top: String, context: String, end: String
    ) throws {
        #expect(try cookie("", request: request, top: top, context: context)?.hasSuffix(end) == true)
    }
}
