import Formats
import HTTP
import Secrets
import ServiceKit
import Sessions
import Telemetry
import TestSupport
import Testing

/// Who is let in, without an owner of the sessions; with one: `PixelPulseTests`.
struct SessionGateTests {
    private let folder: TemporaryFolder
    private let storage: WorkerPool

    init() throws {
        folder = try TemporaryFolder()
        for path in ["data", "other/data"] { try DataFolder.make(folder.file(path)) }
        storage = try WorkerPool(name: "test", threads: 1)
    }

    private func gate(_ known: SessionGate.Known? = nil) throws -> SessionGate {
        try SessionGate(ServiceSettings(dataFolder: folder.file("data")), storage: storage) { _ in known }
    }

    private func visitor(of gate: SessionGate) -> SessionGate.Visitor {
        let now = Timestamp.now().seconds
        return gate.issue(
            SessionClaims(
                subject: "u", session: "s", name: "Ana", email: "ana@example.org", issuedAt: now,
                expiresAt: now + SessionGate.lifetime))
    }

    @Test func `a signed token is let in though its session is not known here`() async throws {
        let gate = try gate()
        let token = visitor(of: gate).token
        let found = try await gate.visitor(of: try request(fields: ["authorization": "Bearer \(token)"]))
        #expect(found.userID == "u")
    }

    @Test func `a token of another key is not`() async throws {
        let other = try SessionGate(ServiceSettings(dataFolder: folder.file("other/data")), storage: storage) { _ in nil
        }
        let token = visitor(of: try gate()).token
        let foreign = try request(fields: ["authorization": "Bearer \(token)"])
        await #expect(throws: Problem.self) { try await other.visitor(of: foreign) }
    }

    @Test func `a revoked session is over`() async throws {
        let token = visitor(of: try gate()).token
        let hash = SHA256.hex(Array(token.utf8))
        let bearer = try request(fields: ["authorization": "Bearer \(token)"])
        let revoked = try gate(.init(tokenHash: hash, isRevoked: true))
        await #expect(throws: Problem.self) { try await revoked.visitor(of: bearer) }
        let replaced = try gate(.init(tokenHash: "of another token", isRevoked: false))
        await #expect(throws: Problem.self) { try await replaced.visitor(of: bearer) }
        let open = try gate(.init(tokenHash: hash, isRevoked: false))
        #expect(try await open.visitor(of: bearer).userID == "u")
    }

    @Test(arguments: [
        (HTTPMethod.get, "cross-site", true), (.post, "cross-site", false), (.post, "same-origin", true),
        (.post, "none", true),
    ])
    func `a cookie changes nothing for another site's page`(method: HTTPMethod, site: String, isLetIn: Bool) throws {
        let gate = try gate()
        let asked = try request(
            method, fields: ["cookie": "pp_session=\(visitor(of: gate).token)", "sec-fetch-site": site])
        if isLetIn {
            #expect(try gate.bearer(of: asked)?.userID == "u")
        } else {
            #expect(throws: Problem.self) { try gate.bearer(of: asked) }
        }
    }

    @Test(arguments: ["localhost", "https://127.0.0.1:1", "http://", "http://127.0.0.1"])
    func `an owner must be an address`(url: String) throws {
        var settings = ServiceSettings(dataFolder: folder.file("data"), owner: url)
        #expect(throws: SessionOwner.BadAddress.self) { try SessionGate(settings, storage: storage) { _ in nil } }
        settings.owner = "http://127.0.0.1:9/"
        #expect(try SessionGate(settings, storage: storage) { _ in nil }.owner != nil)
    }
}
