import JSON
import Testing

@testable import AdminAPI

/// What one plane writes, the other one reads; and what is wrong with a text is told by name.
struct WireTests {
    private static let change = ChangeResponse(
        route: "profile", field: "percent", before: 10, after: 12.5, revision: 8, previousRevision: 7, isDryRun: false,
        isChanged: true, loops: 2, tookMilliseconds: 0.814,
        longLived: LongLivedLeft(
            side: "service", policy: "drain",
            open: LongLived(
                count: 1, tunnel: 1, stream: 0, download: 0, upload: 0, waiting: 0, oldestMilliseconds: 1200,
                closing: 0)),
        warnings: [], nextSteps: ["strangler status profile"])
    private static let text = """
        {"route":"profile","field":"percent","before":10,"after":12.5,"revision":8,"previous_revision":7,\
        "dry_run":false,"changed":true,"loops":2,"took_ms":0.814,"long_lived":{"side":"service","policy":"drain",\
        "count":1,"tunnel":1,"stream":0,"download":0,"upload":0,"waiting":0,"oldest_ms":1200,"closing":0},\
        "warnings":[],"next_steps":["strangler status profile"]}
        """

    @Test func `a value is written in the order of its members, and read back`() throws {
        #expect(String(decoding: Self.change.json, as: UTF8.self) == Self.text)
        #expect(try ChangeResponse.read(Self.change.json) == Self.change)
    }

    @Test func `members that are not known are passed over`() throws {
        let more = "{\"news\":{\"a\":[1]}," + Self.text.dropFirst()
        #expect(try ChangeResponse.read(Array(more.utf8)) == Self.change)
    }

    @Test(arguments: [
        ("\"revision\":8", "\"revisoin\":8", "\"revision\" is missing"),
        ("\"revision\":8", "\"revision\":\"8\"", "\"revision\" is a string, not a whole number"),
        ("\"revision\":8", "\"revision\":8.5", "\"revision\" is 8.5, not a whole number"),
        ("\"changed\":true", "\"changed\":1", "\"changed\" is a number, not true or false"),
        ("\"took_ms\":0.814", "\"took_ms\":null", "\"took_ms\" is null, not a number"),
        ("\"took_ms\":0.814", "\"took_ms\":1e999", "\"took_ms\" is too large a number"),
        ("\"after\":12.5,", "", "\"after\" is missing"),
        ("\"tunnel\":1,", "", "\"long_lived.tunnel\" is missing"),
        ("[\"strangler status profile\"]", "[\"a\",null]", "\"next_steps[1]\" is null, not a string"),
        ("\"warnings\":[]", "\"warnings\":{}", "\"warnings\" is an object, not an array"),
        ("{\"side\"", "[{\"side\"", "it is not JSON: "),
    ]) func `what is wrong with a text is told with its place`(
        _ part: String, _ other: String, _ said: String
    ) throws {
        let pieces = Self.text.split(separator: part, maxSplits: 1, omittingEmptySubsequences: false)
        let text = pieces.joined(separator: other)
        let error = #expect(throws: WireError.self) { try ChangeResponse.read(Array(text.utf8)) }
        #expect(error.map { "\($0)".hasPrefix(said) } ?? false, "\(error.map { "\($0)" } ?? "")")
    }

    @Test func `a member of an element in a list is told with its index`() {
        let text = """
            {"changes":[{"at":"","verb":"put","actor":"","reason":"","previous_revision":1,"revision":2,"changes":[
            {"route":"a","field":"added","before":null,"after":0},{"route":"b"}]}]}
            """
        let error = #expect(throws: WireError.self) { try RecentChangesResponse.read(Array(text.utf8)) }
        #expect(error?.place == "changes[0].changes[1].field")
    }

    @Test func `what is no object is told`() {
        let error = #expect(throws: WireError.self) { try RevisionsResponse.read(Array("[]".utf8)) }
        #expect(error?.description == "it is an array, not an object")
    }

    @Test func `a member that may be left out is, and null is something else`() throws {
        let brief = HealthResponse(status: "ok", revision: 7)
        #expect(String(decoding: brief.json, as: UTF8.self) == #"{"status":"ok","revision":7}"#)
        #expect(try HealthResponse.read(brief.json) == brief)
        let verbose = HealthResponse(
            status: "ok", revision: 7, persistence: Persistence(unwritten: nil, notWritable: nil))
        #expect(
            String(decoding: verbose.json, as: UTF8.self)
                == #"{"status":"ok","revision":7,"unwritten":null,"not_writable":null}"#)
        #expect(try HealthResponse.read(verbose.json) == verbose)
    }

    @Test(arguments: [
        (100.0, "100"), (12.5, "12.5"), (-3, "-3"), (0, "0"), (1e15, "1000000000000000.0"), (.infinity, "null"),
        (.nan, "null"),
    ]) func `whole numbers are written without a fraction`(_ number: Double, _ text: String) {
        var json = JSONWriter()
        number.write(to: &json)
        #expect(json.text == text)
    }
}
