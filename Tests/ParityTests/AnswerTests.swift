import Parity
import Testing

/// Two answers and what is reported of them.
struct AnswerCase: Sendable, CustomTestStringConvertible {
    var name: String
    var left: RecordedResponse
    var right: RecordedResponse
    var expected: [String]

    init(_ name: String, _ left: RecordedResponse, _ right: RecordedResponse, _ expected: [String] = []) {
        self.name = name
        self.left = left
        self.right = right
        self.expected = expected
    }

    var testDescription: String { name }
}

@Suite struct AnswerTests {
    private static func headers(_ lines: [(name: String, value: String)]) -> RecordedResponse {
        Samples.json("{}", headers: lines)
    }

    static let statuses = [
        AnswerCase("same", Samples.json("{}"), Samples.json("{}")),
        AnswerCase("code", Samples.json("{}", status: 200), Samples.json("{}", status: 201), ["status status"]),
        AnswerCase("class hides the body", Samples.json("{}"), Samples.json("[]", status: 500), ["status status"]),
        AnswerCase(
            "refused", Samples.json("{}"), .unanswered(.failed("connection refused")), ["outcome outcome"]),
        AnswerCase(
            "late", Samples.json("{}"), .unanswered(.timedOut), ["incomparable: the right side did not answer in time"]),
        AnswerCase(
            "left refused", .unanswered(.failed("x")), Samples.json("{}"),
            ["incomparable: the left side did not answer: x"]),
        AnswerCase(
            "too large", Samples.json("{}"), .unanswered(.tooLarge),
            ["incomparable: an answer is too large to be compared"]),
    ]

    static let headers = [
        AnswerCase(
            "type", Samples.json("{}"), Samples.json("{}", type: "text/html"), ["content-type header content-type"]),
        AnswerCase("charset of JSON", Samples.json("{}"), Samples.json("{}", type: "Application/JSON; charset=UTF-8")),
        AnswerCase(
            "problem type", Samples.json("{}"), Samples.json("{}", type: "application/problem+json"),
            ["content-type header content-type"]),
        AnswerCase("date", headers([("date", "1")]), headers([("Date", "2"), ("server", "x")])),
        AnswerCase("unknown header", headers([("x-a", "1")]), headers([])),
        AnswerCase("etag differs", headers([("etag", "\"1\"")]), headers([("ETag", "\"2\"")])),
        AnswerCase("etag lost", headers([("etag", "\"1\"")]), headers([]), ["missing header etag"]),
        AnswerCase("etag won", headers([]), headers([("etag", "\"1\"")]), ["!extra header etag"]),
        AnswerCase(
            "cache directives", headers([("cache-control", "private, max-age=0")]),
            headers([("cache-control", "max-age=0,PRIVATE")])),
        AnswerCase(
            "cache differs", headers([("cache-control", "private")]), headers([("cache-control", "public")]),
            ["header header cache-control"]),
        AnswerCase(
            "location host", headers([("location", "http://a/x/1")]), headers([("location", "https://b:1/x/1")])),
        AnswerCase(
            "location path", headers([("location", "/x/1")]), headers([("location", "/y/1")]),
            ["header header location"]),
        AnswerCase(
            "cookie value", headers([("set-cookie", "s=1; Path=/; HttpOnly; Max-Age=60")]),
            headers([("set-cookie", "s=2; HttpOnly; Max-Age=61; Path=/")])),
        AnswerCase(
            "cookie flag", headers([("set-cookie", "s=1; HttpOnly")]), headers([("set-cookie", "s=1")]),
            ["header header set-cookie"]),
        AnswerCase(
            "cookie taken away", headers([("set-cookie", "s=1; Max-Age=60")]),
            headers([("set-cookie", "s=; Max-Age=0")]), ["header header set-cookie"]),
        AnswerCase(
            "challenge", headers([("www-authenticate", "Bearer realm=a")]),
            headers([("www-authenticate", "bearer")])),
    ]

    static let bodies = [
        AnswerCase("not JSON", Samples.json("{}"), Samples.json("{"), ["syntax body"]),
        AnswerCase("both broken alike", Samples.json("{"), Samples.json("{")),
        AnswerCase(
            "prose of problems",
            Samples.json(#"{"code":"x","detail":"a"}"#, status: 404, type: "application/problem+json"),
            Samples.json(#"{"code":"x","detail":"b"}"#, status: 404, type: "application/problem+json")),
        AnswerCase(
            "code of problems", Samples.json(#"{"code":"x"}"#, status: 404, type: "application/problem+json"),
            Samples.json(#"{"code":"y"}"#, status: 404, type: "application/problem+json"), ["value /code"]),
        AnswerCase(
            "text", Samples.bytes(Array("a\nb\n".utf8), type: "text/plain"),
            Samples.bytes(Array("a\nc\n".utf8), type: "text/plain"), ["text body line 2"]),
        AnswerCase(
            "bytes", Samples.bytes([1, 2, 3], type: "application/zip"), Samples.bytes([1, 2], type: "application/zip"),
            ["bytes body byte 2"]),
        AnswerCase(
            "image near", Samples.bytes(Samples.picture(4, 4, grey: 100), type: "image/png"),
            Samples.bytes(Samples.picture(4, 4, grey: 101), type: "image/png")),
        AnswerCase(
            "image far", Samples.bytes(Samples.picture(4, 4, grey: 100), type: "image/png"),
            Samples.bytes(Samples.picture(4, 4, grey: 110), type: "image/png"), ["image image pixels"]),
        AnswerCase(
            "image size", Samples.bytes(Samples.picture(4, 4, grey: 100), type: "image/png"),
            Samples.bytes(Samples.picture(4, 5, grey: 100), type: "image/png"), ["image image size"]),
        AnswerCase(
            "image transparency", Samples.bytes(Samples.picture(4, 4, grey: 1), type: "image/png"),
            Samples.bytes(Samples.picture(4, 4, grey: 1, alpha: 254), type: "image/png"),
            ["image image transparency"]),
        AnswerCase(
            "image broken", Samples.bytes(Samples.picture(4, 4, grey: 1), type: "image/png"),
            Samples.bytes([9], type: "image/png"), ["image image"]),
    ]

    @Test(arguments: statuses + headers + bodies)
    func `answers are compared from the outside in`(_ sample: AnswerCase) {
        #expect(Samples.summary(Samples.compare(sample.left, sample.right)) == sample.expected)
    }

    @Test(
        arguments: [
            (Duration.milliseconds(10), Duration.seconds(1), false), (.milliseconds(10), .seconds(3), true),
            (.seconds(3), .seconds(8), false), (.seconds(3), .seconds(10), true),
        ])
    func `a late answer is a difference only beyond both tolerances`(
        _ left: Duration, _ right: Duration, _ isLate: Bool
    ) {
        var first = Samples.json("{}")
        var second = Samples.json("{}")
        first.took = left
        second.took = right
        #expect(Samples.summary(Samples.compare(first, second)) == (isLate ? ["delay duration"] : []))
    }

    @Test func `a cookie's value never shows in a report`() {
        let left = Samples.json("{}", headers: [("set-cookie", "s=secret-one; HttpOnly")])
        let right = Samples.json("{}", headers: [("set-cookie", "s=secret-two")])
        let shown = Samples.compare(left, right).differences.map { "\($0.left ?? "") \($0.right ?? "")" }.joined()
        #expect(!shown.contains("secret"))
    }
}
