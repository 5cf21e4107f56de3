import EventLoop
import HTTP
import ServiceKit
import Testing

struct RequestClientTests {
    private func client(_ peer: String, _ fields: HTTPFields) throws -> RequestClient {
        ServiceRequest(
            method: .get, path: "/", fields: fields, peer: try #require(SocketAddress(peer)),
            body: ServiceBody(loop: try Loop(), complete: [])
        ).client
    }

    @Test(arguments: [
        ("127.0.0.1:9", "", "127.0.0.1"),
        ("127.0.0.1:9", "203.0.113.7", "203.0.113.7"),
        ("127.0.0.1:9", "10.0.0.1, 203.0.113.7", "203.0.113.7"),
        ("127.0.0.1:9", "203.0.113.7, 127.0.0.1", "203.0.113.7"),
        ("127.0.0.1:9", "198.51.100.1, 203.0.113.7:4711", "203.0.113.7"),
        ("127.0.0.1:9", "127.0.0.2", "127.0.0.2"),
        ("127.0.0.1:9", "nonsense", "127.0.0.1"),
        ("unix:/x", "203.0.113.7", "203.0.113.7"),
        ("198.51.100.4:9", "203.0.113.7", "198.51.100.4"),
        ("[2001:db8:1:2:3::4]:9", "", "20010db800010002::/64"),
        ("[::1]:9", "2001:db8:1:2::9", "20010db800010002::/64"),
        ("[::ffff:203.0.113.7]:9", "", "203.0.113.7"),
    ])
    func `the address is the last that a proxy of this machine saw`(
        _ peer: String, _ forwarded: String, _ network: String
    ) throws {
        let client = try client(peer, forwarded.isEmpty ? [:] : ["x-forwarded-for": forwarded])
        #expect(client.network == network)
        #expect(client.isProxied == !forwarded.isEmpty)
    }

    @Test(arguments: [
        ("https", true), ("HTTPS", true), ("https, http", true), ("http", false), ("", false), ("httpsx", false),
    ])
    func `the scheme is what the first proxy saw`(_ scheme: String, _ isSecure: Bool) throws {
        #expect(try client("127.0.0.1:9", ["x-forwarded-proto": scheme]).isSecure == isSecure)
    }

    @Test func `cookies are secure behind HTTPS`() throws {
        let cookie = AccountCookie("c", path: "/p", lifetime: 9)
        func request(_ fields: HTTPFields) throws -> ServiceRequest {
            ServiceRequest(
                method: .get, path: "/", fields: fields, peer: try #require(SocketAddress("127.0.0.1:9")),
                body: ServiceBody(loop: try Loop(), complete: []))
        }
        let plain = try request([:]), secure = try request(["x-forwarded-proto": "https"])
        #expect(cookie.line("v", for: plain) == "c=v; Path=/p; Max-Age=9; HttpOnly; SameSite=Lax")
        #expect(cookie.line("v", for: secure) == "c=v; Path=/p; Max-Age=9; HttpOnly; SameSite=Lax; Secure")
        #expect(cookie.expired(for: secure) == "c=; Path=/p; Max-Age=0; HttpOnly; SameSite=Lax; Secure")
    }
}
