import Testing

@testable import HTTP

struct ConnectionLoginTests {
    @Test(arguments: [
        ("Authorization: NTLM TlRMTVNTUAAB", true), ("authorization: negotiate YII=", true),
        ("Authorization: Negotiate", true), ("Proxy-Authorization: ntlm x", true), ("Authorization: Basic YTpi", false),
        ("Authorization: Bearer ntlm", false), ("Authorization: NTLMv3 x", false), ("X-Authorization: NTLM x", false),
        ("Authorization: ", false), ("Authorization: NTL", false),
        ("Authorization: Basic x\r\nAuthorization: NTLM y", true),
    ])
    func `credentials of the connection in a request`(lines: String, expected: Bool) {
        let parser = RequestHeadParser()
        Array("GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n\r\n".utf8).withUnsafeBytes { bytes in
            guard case .complete = parser.parse(bytes) else {
                Issue.record("no head")
                return
            }
            let fields = parser.fields
            let isAsked = !fields.present.isDisjoint(with: ConnectionLogin.requestFields)
            #expect((isAsked && ConnectionLogin.isIn(request: fields, of: bytes)) == expected)
        }
    }

    @Test(arguments: [
        ("WWW-Authenticate: NTLM", true), ("www-authenticate: Negotiate", true),
        ("WWW-Authenticate: NTLM TlRMTVNTUAAC", true), ("WWW-Authenticate: Basic realm=\"a, NTLM\"", false),
        ("WWW-Authenticate: Basic realm=\"a\\\", NTLM\"", false), ("WWW-Authenticate: Basic realm=\"a\", NTLM", true),
        ("WWW-Authenticate: Negotiate, NTLM", true), ("WWW-Authenticate: Bearer , ntlm", true),
        ("WWW-Authenticate: Basic\r\nWWW-Authenticate: negotiate", true), ("Proxy-Authenticate: NTLM", true),
        ("WWW-Authenticate: Digest ntlm=1", false), ("WWW-Authenticate: Digest a=1, ntlm=1", false),
        ("Persistent-Auth: true", true), ("persistent-auth: TRUE", true), ("Persistent-Auth: false", false),
        ("Authentication-Info: NTLM", false),
    ])
    func `challenges in an answer`(lines: String, expected: Bool) {
        let parser = ResponseHeadParser()
        Array("HTTP/1.1 401 Unauthorized\r\n\(lines)\r\n\r\n".utf8).withUnsafeBytes { bytes in
            guard case .complete = parser.parse(bytes, answering: .get) else {
                Issue.record("no head")
                return
            }
            let fields = parser.fields
            let isAsked = !fields.present.isDisjoint(with: ConnectionLogin.responseFields)
            #expect((isAsked && ConnectionLogin.isIn(response: fields, of: bytes)) == expected)
        }
    }
}
