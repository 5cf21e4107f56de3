import AdminClient
import Testing

@Suite struct AdminAddressTests {
    @Test(
        arguments: [
            ("unix:run/router.sock", .unix("run/router.sock"), "unix:run/router.sock"),
            ("http://127.0.0.1:8081", .tcp(host: "127.0.0.1", port: 8081), "http://127.0.0.1:8081"),
            ("127.0.0.1:8081/", .tcp(host: "127.0.0.1", port: 8081), "http://127.0.0.1:8081"),
            ("http://[::1]:1", .tcp(host: "::1", port: 1), "http://[::1]:1"),
        ] as [(String, AdminAddress, String)])
    func `both forms are read, and written in full`(_ text: String, _ address: AdminAddress, _ written: String) {
        #expect(AdminAddress(text) == address && address.description == written)
        #expect(AdminAddress(written) == address)
    }

    @Test(arguments: ["", "unix:", "nowhere", ":80", "host:0", "host:65536", "host:x", "http://a/b:80"])
    func `what is no address is none`(_ text: String) {
        #expect(AdminAddress(text) == nil)
    }
}
