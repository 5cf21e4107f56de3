import EventLoop
import HTTP
import Secrets
import ServiceKit
import Sessions
import TestSupport
import Testing

@testable import Auth

/// Accounts that were made before e-mail addresses had one spelling.
struct EarlierAccountTests {
    @Test func `an account that was made as it was typed is found, and not made twice`() async throws {
        let folder = try TemporaryFolder()
        let service = try AuthService(AuthConfiguration(ServiceSettings(dataFolder: folder.file("data"))))
        let store = try AuthStore(path: folder.file("data/auth.db"))
        let typed = "jose\u{301}@example.org"
        let hash = try #require(PasswordHash.make(password: "long enough"))
        let user = AuthStore.User(
            id: "01J", email: typed, password: hash.text, displayName: "José", createdAt: "2026-01-01T00:00:00.000Z")
        let session = AuthStore.Session(
            id: "S", userID: "01J", tokenHash: "h", createdAt: "2026-01-01T00:00:00.000Z",
            expiresAt: "2026-02-01T00:00:00.000Z")
        #expect(try store.add(user, with: session))
        let free = try #require(SocketAddress("127.0.0.1:0"))
        let running = try Service.start(ServiceOptions(name: "test", listen: [free]), app: service.app)
        let client = try HTTPClient(name: "test")
        defer {
            client.shutdown()
            running.stop()
        }
        func status(_ verb: String, _ email: String) async throws -> HTTPStatus {
            let body = Array(#"{"email": "\#(email)", "password": "long enough"}"#.utf8)
            let request = HTTPRequest(
                method: "POST", target: "/api/auth/\(verb)", host: "test",
                fields: ["content-type": "application/json"], body: body)
            return try await client.send(request, to: try #require(running.addresses.first)).status
        }
        for spelling in [typed, "JOS\u{C9}@example.org"] {
            #expect(try await status("login", spelling) == .ok)
            #expect(try await status("signup", spelling) == .conflict)
        }
    }
}
