import EventLoop
import HTTP
import JSON
import ServiceKit
import Sessions
import Testing

final class RequestInputTests {
    /// Bodies are read on its loop.
    private let thread: LoopThread

    init() throws { thread = try LoopThread(name: "test") }
    deinit { thread.stopAndJoin() }

    /// The code of the refusal of `body`; nil when it is taken.
    private func refusal(
        _ body: String, fields: HTTPFields = [:], known: [String]? = nil
    ) async throws -> (status: HTTPStatus, code: String)? {
        do {
            _ = try await RequestInput.document(
                of: try request(.post, fields: fields, body: body, on: thread.loop), known: known)
            return nil
        } catch let problem as Problem {
            return (problem.status, problem.code)
        }
    }

    @Test func `an object of known members is taken`() async throws {
        let root = try await RequestInput.document(
            of: try request(
                .post, fields: ["content-type": "application/json; charset=utf-8"], body: #"{"a": 1}"#, on: thread.loop
            ),
            known: ["a", "b"])
        #expect(root["a"]?.int == 1)
    }

    @Test func `a misspelt member is refused where members are named`() async throws {
        let refused = try #require(try await refusal(#"{"emial": 1}"#, known: ["email"]))
        #expect(refused == (.unprocessableContent, "invalid_field"))
        #expect(try await refusal(#"{"emial": 1}"#) == nil)
    }

    @Test(arguments: [
        ("[1]", "bad_request", HTTPStatus.badRequest), ("{", "invalid_json", .badRequest),
        ("", "invalid_json", .badRequest),
    ])
    func `what is no object is refused`(body: String, code: String, status: HTTPStatus) async throws {
        let refused = try #require(try await refusal(body))
        #expect(refused == (status, code))
    }

    @Test func `another media type is refused`() async throws {
        let refused = try #require(try await refusal("{}", fields: ["content-type": "text/plain"]))
        #expect(refused == (.unsupportedMediaType, "unsupported_media_type"))
    }

    @Test func `a display name is trimmed and must be seen`() throws {
        let values = Array(try JSONDocument(#"["  Ana ", "\u200b", 7]"#).root.elements)
        #expect(try RequestInput.displayName(values[0]) == "Ana")
        for value in values.dropFirst() {
            #expect(throws: Problem.self) { try RequestInput.displayName(value) }
        }
    }
}
