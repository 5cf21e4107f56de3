import Testing

@testable import EventLoop

@Suite struct SocketAddressTests {
    @Test(arguments: [
        ("127.0.0.1:8080", "127.0.0.1:8080"), ("[::1]:80", "[::1]:80"), (":9000", "0.0.0.0:9000"),
        ("localhost:1", "127.0.0.1:1"), ("*:65535", "0.0.0.0:65535"), ("unix:/tmp/x.sock", "unix:/tmp/x.sock"),
    ])
    func `literals are understood`(text: String, canonical: String) throws {
        let address = try #require(SocketAddress(text))
        #expect(address.description == canonical)
        #expect(SocketAddress(address.description) == address)
    }

    @Test(arguments: [
        "", "127.0.0.1", "example.org:80", "127.0.0.1:65536", "127.0.0.1:-1", "1.2.3:80", "unix:", "[::1:80",
    ])
    func `anything else is refused`(text: String) { #expect(SocketAddress(text) == nil) }

    @Test func `a path longer than the kernel takes is refused`() {
        #expect(SocketAddress("unix:/" + String(repeating: "x", count: 106)) != nil)
        #expect(SocketAddress("unix:/" + String(repeating: "x", count: 107)) == nil)
    }

    @Test(arguments: [
        ("127.0.0.1:1", true), ("127.8.8.8:1", true), ("[::1]:1", true), ("10.0.0.1:1", false), ("unix:x", true),
    ])
    func `loopback is recognised`(text: String, expected: Bool) throws {
        #expect(try #require(SocketAddress(text)).isLoopback == expected)
    }
}
