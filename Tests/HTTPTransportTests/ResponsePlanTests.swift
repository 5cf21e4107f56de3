import HTTP
import Testing

@testable import HTTPTransport

@Suite struct ResponsePlanTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let status: HTTPStatus
        let body: BodyLength
        let method: HTTPMethod
        let version: HTTPVersion
        let mayKeepAlive: Bool
        let fields: String
        let sends: BodyFraming
        var testDescription: String { "\(method) \(version) \(status.rawValue) \(body) keep: \(mayKeepAlive)" }

        init(
            _ status: UInt16, _ body: BodyLength, _ method: HTTPMethod = .get, _ version: HTTPVersion = .http11,
            keep: Bool = true, fields: String, sends: BodyFraming
        ) {
            self.status = HTTPStatus(status)
            self.body = body
            self.method = method
            self.version = version
            mayKeepAlive = keep
            self.fields = fields
            self.sends = sends
        }
    }

    static let cases = [
        Case(200, .length(5), fields: "content-length: 5\r\n", sends: .length(5)),
        Case(200, .none, fields: "content-length: 0\r\n", sends: .none),
        Case(200, .unknown, fields: "transfer-encoding: chunked\r\n", sends: .chunked),
        Case(200, .length(5), keep: false, fields: "content-length: 5\r\nconnection: close\r\n", sends: .length(5)),
        // HTTP/1.0: no chunks; keeping the connection must be said.
        Case(200, .unknown, .get, .http10, fields: "connection: close\r\n", sends: .untilClose),
        Case(
            200, .length(5), .get, .http10, fields: "content-length: 5\r\nconnection: keep-alive\r\n", sends: .length(5)
        ),
        Case(
            200, .length(5), .get, .http10, keep: false, fields: "content-length: 5\r\nconnection: close\r\n",
            sends: .length(5)),
        // No body, whatever is announced.
        Case(200, .length(5), .head, fields: "content-length: 5\r\n", sends: .none),
        Case(200, .unknown, .head, fields: "", sends: .none),
        Case(200, .unknown, .head, .http10, fields: "connection: keep-alive\r\n", sends: .none),
        Case(304, .length(5), fields: "content-length: 5\r\n", sends: .none),
        Case(304, .none, fields: "", sends: .none),
        Case(204, .none, fields: "", sends: .none), Case(204, .length(5), fields: "", sends: .none),
        // A tunnel has no framing and no close field.
        Case(
            101, .none, keep: false, fields: "connection: upgrade\r\nupgrade: websocket\r\n", sends: .untilClose),
    ]

    @Test(arguments: cases) func `framing follows from the request and the body`(_ test: Case) {
        let plan = ResponsePlan(
            status: test.status, body: test.body, answering: test.method, version: test.version,
            mayKeepAlive: test.mayKeepAlive)
        #expect(plan.body == test.sends)
        withUnsafeTemporaryAllocation(byteCount: 96, alignment: 1) { buffer in
            var writer = HeadWriter(buffer)
            writer.endHead(plan.framingField, plan.connectionLines)
            #expect(!writer.hasOverflowed)
            #expect(String(decoding: writer.written, as: UTF8.self) == test.fields + "\r\n")
        }
    }

    @Test func `the longest fields fit the room that is promised`() {
        let plan = ResponsePlan(
            status: .ok, body: .length(UInt64(Int64.max)), answering: .get, version: .http10, mayKeepAlive: true)
        withUnsafeTemporaryAllocation(byteCount: 96, alignment: 1) { buffer in
            var writer = HeadWriter(buffer)
            writer.endHead(plan.framingField, plan.connectionLines)
            #expect(!writer.hasOverflowed)
        }
    }
}
