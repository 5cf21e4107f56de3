import ControlKit
import EventLoop
import HTTP
import JSON
import Load
import ServiceKit

/// Signs up sample users through the front door, gives them profiles and pictures, and has one picture filtered.
struct SampleUsers: Sendable {
    private static let names = [
        ("Ada", "Counts before she leaps."), ("Grace", "Finds the moth in the relay."),
        ("Edsger", "Prefers the shortest path."), ("Barbara", "Substitutes without surprise."),
        ("Donald", "Offers $2.56 for every error."), ("Radia", "Builds trees over rings."),
        ("Leslie", "Knows what happened before what."), ("Margaret", "Landed on the Moon on a priority."),
    ]

    private let client: HTTPClient
    private let address: SocketAddress

    init(client: HTTPClient, address: SocketAddress) {
        self.client = client
        self.address = address
    }

    /// Loads all of them; every request must succeed.
    func load() async throws -> [SampleVisitors.Account] {
        var accounts: [SampleVisitors.Account] = []
        for (number, (name, bio)) in Self.names.enumerated() {
            accounts.append(try await user(number, name, bio))
        }
        if let first = accounts.first, let image = first.images.first {
            _ = try await send(
                "POST", "/api/images/\(image)/jobs", token: first.token, json: ["filter": "aesthetic"], expecting: 202)
        }
        return accounts
    }

    private func user(_ number: Int, _ name: String, _ bio: String) async throws -> SampleVisitors.Account {
        let signup = try await send(
            "POST", "/api/auth/signup",
            json: [
                "email": .string("\(name.lowercased())@example.org"), "password": "correct horse battery staple",
                "display_name": .string(name),
            ], expecting: 201)
        guard let id = signup?["user"]?["id"]?.string, let token = signup?["token"]?.string else {
            throw OperationFailure(.failed, "sign-up answered without an id and a token")
        }
        let (bytes, type) = try SamplePicture.encoded(number)
        let upload = try await send("POST", "/api/images", token: token, body: bytes, type: type, expecting: 201)
        guard let image = upload?["id"]?.string else {
            throw OperationFailure(.failed, "the upload answered without an id")
        }
        _ = try await send(
            "PATCH", "/api/profiles/\(id)", token: token,
            json: [
                "bio": .string(bio), "links": [.string("https://example.org/\(name.lowercased())")],
                "avatar_image_id": .string(image),
            ], expecting: 200)
        return SampleVisitors.Account(id: id, token: token, images: [image])
    }

    private func send(
        _ method: String, _ target: String, token: String? = nil, json: OutputValue? = nil, body: [UInt8] = [],
        type: String = "application/json", expecting status: UInt16
    ) async throws -> JSONValue? {
        var fields: HTTPFields = ["content-type": type]
        if let token { fields.append("authorization", "Bearer " + token) }
        let message = HTTPRequest(
            method: method, target: target, host: address.description, fields: fields,
            body: json.map { Array($0.json(pretty: false).utf8) } ?? body)
        let response: HTTPResponse
        do throws(HTTPClientError) {
            response = try await client.send(message, to: address, timeout: .seconds(20))
        } catch {
            if error.code == .cancelled { throw CancellationError() }
            throw OperationFailure(.failed, "\(method) \(target): \(error)")
        }
        guard response.status.rawValue == status else {
            let text = String(decoding: response.body.prefix(300), as: UTF8.self)
            throw OperationFailure(.failed, "\(method) \(target) answered \(response.status.rawValue): \(text)")
        }
        return try? JSONDocument(response.body).root
    }

    // MARK: Kept for `demo load`

    /// The accounts as a file for a later `demo load`; it holds tokens, so it is for its owner alone.
    static func document(_ accounts: [SampleVisitors.Account]) -> [UInt8] {
        let datum = OutputValue.array(
            accounts.map {
                ["id": .string($0.id), "token": .string($0.token), "images": .array($0.images.map { .string($0) })]
            })
        return Array(datum.json().utf8)
    }

    static func accounts(from bytes: [UInt8]) -> [SampleVisitors.Account]? {
        guard let document = try? JSONDocument(bytes) else { return nil }
        return document.root.elements.map { value in
            SampleVisitors.Account(
                id: value["id"]?.string ?? "", token: value["token"]?.string ?? "",
                images: value["images"]?.elements.compactMap(\.string) ?? [])
        }
    }
}
