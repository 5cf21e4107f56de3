import Auth
import EventLoop
import Filter
import HTTP
import JSON
import Monolith
import Profile
import Secrets
import ServiceKit
import Sessions
import TestSupport
import Testing

/// The monolith and the three services on free ports, in one process and one temporary folder, with one token key.
final class LiveEstate: Sendable {
    enum Side: String, CaseIterable, Sendable { case legacy, services }

    struct Answer: Sendable {
        let status: Int
        let fields: HTTPFields
        let bytes: [UInt8]

        var json: JSONValue? { try? JSONDocument(bytes).root }
        subscript(pointer: String) -> String? {
            guard let document = try? JSONDocument(bytes) else { return nil }
            return document.value(at: pointer)?.string
        }
    }

    private let folder: TemporaryFolder
    private let client: HTTPClient
    private let running: [RunningService]
    private let addresses: [String: SocketAddress]
    private let worker: FilterWorker

    /// - Parameter loginClock: seconds, for how often passwords are guessed; nil: the time of day.
    init(owned: Bool = false, loginClock: (@Sendable () -> Int)? = nil) throws {
        folder = try TemporaryFolder()
        client = try HTTPClient(name: "test")
        var running: [RunningService] = []
        var addresses: [String: SocketAddress] = [:]
        func serve(_ name: String, _ app: ServiceApp) throws {
            let free = try #require(SocketAddress("127.0.0.1:0"))
            let service = try Service.start(ServiceOptions(name: name, listen: [free]), app: app)
            running.append(service)
            addresses[name] = service.addresses.first
        }
        var monolith = MonolithConfiguration(dataFolder: folder.file("monolith"))
        if let loginClock { monolith.loginClock = loginClock }
        try serve("monolith", try MonolithService(monolith).app)
        let owner = owned ? addresses["monolith"].map { "http://\($0)" } : nil
        let settings = { [folder] (name: String) in ServiceSettings(dataFolder: folder.file(name), owner: owner) }
        var auth = AuthConfiguration(settings("auth"))
        if let loginClock { auth.loginClock = loginClock }
        try serve("auth", try AuthService(auth).app)
        try serve("profile", try ProfileService(settings("profile")).app)
        try serve("filter", try FilterService(FilterConfiguration(settings("filter"))).app)
        let store = try FilterStore(path: folder.file("filter/filter.db"))
        worker = FilterWorker(store: store, queue: JobQueue(store: store), name: "test")
        self.running = running
        self.addresses = addresses
    }

    /// What both sides sign tokens with.
    func tokenKey() throws -> TokenKey { try TokenKey.load(orCreate: folder.file("token.key")) }

    func stop() {
        client.shutdown()
        for service in running { service.stop() }
    }

    /// What answers `path` on a side.
    func process(for path: String, on side: Side) -> String {
        guard side == .services else { return "monolith" }
        if path.hasPrefix("/api/auth") { return "auth" }
        return path.hasPrefix("/api/profiles") ? "profile" : "filter"
    }

    func call(
        _ method: String, _ target: String, on side: Side, token: String? = nil, json: String? = nil,
        body: [UInt8] = [], fields: HTTPFields = [:]
    ) async throws -> Answer {
        try await call(
            method, target, at: process(for: target, on: side), token: token, json: json, body: body, fields: fields)
    }

    func call(
        _ method: String, _ target: String, at process: String, token: String? = nil, json: String? = nil,
        body: [UInt8] = [], fields: HTTPFields = [:]
    ) async throws -> Answer {
        var fields = fields
        if let token { fields.append("authorization", "Bearer \(token)") }
        if json != nil { fields.append("content-type", "application/json") }
        let request = HTTPRequest(
            method: method, target: target, host: "test", fields: fields, body: json.map { Array($0.utf8) } ?? body)
        let response = try await client.send(request, to: try #require(addresses[process]))
        return Answer(status: Int(response.status.rawValue), fields: response.fields, bytes: response.body)
    }

    /// Makes an account; its token and its user's id.
    func signUp(on side: Side, email: String = "ana@example.org") async throws -> (token: String, id: String) {
        let body = #"{"email": "\#(email)", "password": "long enough", "display_name": "Ana"}"#
        let answer = try await call("POST", "/api/auth/signup", on: side, json: body)
        #expect(answer.status == 201)
        return (try #require(answer["/token"]), try #require(answer["/user/id"]))
    }

    /// The job once it has ended. The monolith works by itself; the service's worker is run here.
    func finished(_ id: String, on side: Side, token: String) async throws -> Answer {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            if side == .services { _ = try worker.workOnce() }
            let job = try await call("GET", "/api/jobs/\(id)", on: side, token: token)
            if let state = job["/state"], state == "done" || state == "failed" { return job }
            await Task.yield()
        }
        throw TimedOut()
    }

    struct TimedOut: Error {}
}
