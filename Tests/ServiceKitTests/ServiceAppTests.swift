import EventLoop
import HTTP
import JSON
import ServiceKit
import Testing

struct ServiceAppTests {
    private struct Surprise: Error {}

    private static func request(
        _ method: HTTPMethod, _ path: String, query: String = "", fields: HTTPFields = [:], body: [UInt8] = []
    ) throws -> ServiceRequest {
        ServiceRequest(
            method: method, path: path, query: query, fields: fields, peer: try #require(SocketAddress("127.0.0.1:1")),
            body: ServiceBody(loop: try Loop(), complete: body))
    }

    @Test func `a thrown problem is the answer`() async throws {
        var app = ServiceApp()
        app.on(.get, "/x") { _ in
            throw Problem(
                .conflict, code: "taken", title: "Taken", detail: "by another", fields: [("retry-after", "3")])
        }
        let answer = await app.respond(to: try Self.request(.get, "/x"))
        #expect(answer.status == .conflict)
        #expect(answer.fields["content-type"] == "application/problem+json")
        #expect(answer.fields["retry-after"] == "3")
        guard case .bytes(let bytes) = answer.body else { throw Streamed() }
        let root = try JSONDocument(bytes).root
        #expect(root["code"]?.string == "taken")
        #expect(root["status"]?.int == 409)
        #expect(root["detail"]?.string == "by another")
    }

    @Test func `an unexpected error says nothing of itself`() async throws {
        var app = ServiceApp()
        app.on(.get, "/x") { _ in throw Surprise() }
        let answer = await app.respond(to: try Self.request(.get, "/x"))
        #expect(answer.status == .internalServerError)
        guard case .bytes(let bytes) = answer.body else { throw Streamed() }
        #expect(!String(decoding: bytes, as: UTF8.self).contains("Surprise"))
    }

    @Test func `errors may be translated to problems`() async throws {
        var app = ServiceApp()
        app.translate = { $0 is Surprise ? .busy("full") : nil }
        app.on(.get, "/x") { _ in throw Surprise() }
        #expect(await app.respond(to: try Self.request(.get, "/x")).status == .serviceUnavailable)
    }

    @Test func `a wrong method is told the right ones`() async throws {
        var app = ServiceApp()
        app.on(.get, "/x") { _ in .text(.ok, "") }
        let answer = await app.respond(to: try Self.request(.post, "/x"))
        #expect(answer.status == .methodNotAllowed)
        #expect(answer.fields["allow"] == "GET, HEAD")
    }

    @Test func `parameters query and cookies are decoded`() async throws {
        var app = ServiceApp()
        app.on(.get, "/u/{name}") { request in
            .text(.ok, "\(request.parameter("name"))|\(request.queryItem("q") ?? "-")|\(request.cookie("b") ?? "-")")
        }
        let answer = await app.respond(
            to: try Self.request(.get, "/u/J%C3%B6rg", query: "p=1&q=a+b%21", fields: ["Cookie": "a=1; b=2"]))
        guard case .bytes(let bytes) = answer.body else { throw Streamed() }
        #expect(String(decoding: bytes, as: UTF8.self) == "Jörg|a b!|2")
    }

    @Test(arguments: [(10, 200), (9, 413)])
    func `a body above the limit is refused`(limit: Int, expected: UInt16) async throws {
        var app = ServiceApp()
        app.on(.post, "/x") { request in
            .text(.ok, "\(try await request.body.collect(limit: limit).count)")
        }
        let thread = try LoopThread(name: "test")
        defer { thread.stopAndJoin() }
        let request = ServiceRequest(
            method: .post, path: "/x", fields: [:], peer: try #require(SocketAddress("127.0.0.1:1")),
            body: ServiceBody(loop: thread.loop, complete: [UInt8](repeating: 1, count: 10)))
        #expect(await app.respond(to: request).status.rawValue == expected)
    }
}

struct PercentCodingTests {
    @Test(arguments: ["", "abc", "a b/ü%", "\u{1F98A}"])
    func `what is encoded decodes to itself`(text: String) {
        #expect(PercentCoding.decode(PercentCoding.encode(text)) == text)
    }

    @Test(arguments: ["%", "%4", "%zz", "%ff"])
    func `malformed escapes are refused`(text: String) { #expect(PercentCoding.decode(text) == nil) }
}

private struct Streamed: Error {}
