import Parity
import Testing

@Suite struct MediaTypeTests {
    @Test(arguments: [
        "application/json", "Application/JSON", "text/json", "TEXT/JSON; charset=utf-8", "text/x-json",
        "application/x-json",
        "application/problem+json", "application/vnd.api+json;charset=\"UTF-8\"", "application/hal+JSON ; x=y",
    ])
    func `JSON by any of its names is compared by structure`(_ type: String) {
        let comparison = Samples.compare(
            Samples.json(#"{"a": 1, "b": 2}"#, type: type), Samples.json(#"{"b":2,"a":1.0}"#, type: type))
        #expect(comparison.verdict == .match && comparison.bodies == .json)
    }

    @Test(arguments: ["text/jsonp", "application/javascript", "text/plain", "text/json2"])
    func `what only looks like it is text`(_ type: String) {
        let comparison = Samples.compare(Samples.json("{}", type: type), Samples.json("{ }", type: type))
        #expect(comparison.verdict == .mismatch && comparison.bodies == .other(type))
    }

    @Test func `a charset of UTF-8 says nothing about JSON, however it is written`() {
        for charset in ["", "; charset=utf-8", ";charset=UTF8", "; charset=\"Utf-8\""] {
            let comparison = Samples.compare(
                Samples.json("{}", type: "text/json"), Samples.json("{}", type: "text/json" + charset))
            #expect(comparison.verdict == .match, "\(charset)")
        }
    }

    @Test(
        arguments: [
            (
                RecordedResponse.CodingProblem.unknown("br"), nil,
                "incomparable: a body cannot be read: the content-encoding \"br\""
            ),
            (nil, .unknown("br"), "incomparable: a body cannot be read: the content-encoding \"br\""),
            (nil, .malformed("gzip: it ends too early"), "syntax body"),
            (
                .malformed("gzip: it ends too early"), nil,
                "incomparable: a body cannot be read: gzip: it ends too early"
            ),
        ] as [(RecordedResponse.CodingProblem?, RecordedResponse.CodingProblem?, String)])
    func `a body in a coding that cannot be undone is named, not compared as bytes`(
        _ left: RecordedResponse.CodingProblem?, _ right: RecordedResponse.CodingProblem?, _ expected: String
    ) {
        var (mine, theirs) = (Samples.json("{}"), Samples.json("{ }"))
        mine.codingProblem = left
        theirs.codingProblem = right
        #expect(Samples.summary(Samples.compare(mine, theirs)).contains { $0.hasPrefix(expected) })
    }

    @Test func `the same bytes in the same coding are equal all the same`() {
        var answer = Samples.json("coded", headers: [("content-encoding", "br")])
        answer.codingProblem = .unknown("br")
        #expect(Samples.compare(answer, answer).verdict == .match)
        var other = Samples.json("coded", headers: [("content-encoding", "zstd")])
        other.codingProblem = .unknown("zstd")
        #expect(Samples.compare(answer, other).verdict.incomparableReason != nil)
    }
}
