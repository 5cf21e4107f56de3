import Parity
import Testing

@Suite struct DocumentTests {
    @Test(
        arguments: [
            ("{", "rules.json:1:2: error: "),
            ("{\"bdy\": []}", "rules.json:1:2: error: unknown key \"bdy\"; did you mean \"body\"?"),
            (
                "{\n  \"body\": [{\"path\": \"/a\", \"check\": \"ignor\"}]}",
                "rules.json:2:36: error: \"ignor\" is none of"
            ),
            ("{\"body\": [{\"check\": \"ignore\"}]}", "rules.json:1:11: error: a rule needs a \"path\""),
            ("{\"body\": [{\"path\": \"a\", \"check\": \"ignore\"}]}", "rules.json:1:20: error: a JSON Pointer"),
            ("{\"body\": [{\"path\": \"/a\", \"check\": \"time\"}]}", "rules.json:1:11: error: a time rule needs"),
            ("{\"body\": [{\"path\": \"/a\", \"check\": \"time\", \"within\": 2}]}", "expected a time with its unit"),
            ("{\"body\": [{\"path\": \"/a\", \"check\": \"regex\", \"pattern\": \"(\"}]}", "expected ')', at sign 2"),
            ("{\"body\": [{\"path\": \"/a\", \"check\": \"id\", \"within\": \"2s\"}]}", "unknown key \"within\""),
            ("{\"headers\": {\"etag\": \"presnt\"}}", "did you mean \"present\"?"),
            ("{\"image\": {\"maxDelta\": 300}}", "expected a whole number from 0 to 255"),
            ("[]", "rules.json:1:1: error: expected an object, found an array"),
        ])
    func `a bad rule file is told where and how to mend it`(_ text: String, _ expected: String) {
        do throws(DocumentProblems) {
            _ = try RuleSet(document: Array(text.utf8), file: "rules.json")
            Issue.record("accepted \(text)")
        } catch {
            #expect(error.problems.contains { $0.rendered.contains(expected) }, "\(error.problems.map(\.rendered))")
        }
    }

    @Test func `a problem shows its line with a caret`() {
        do throws(DocumentProblems) {
            _ = try RuleSet(document: Array("{\n  \"extra\": 1\n}".utf8), file: "r.json")
        } catch {
            #expect(
                error.problems.map(\.rendered) == [
                    "r.json:2:12: error: expected a string, found a number\n    \"extra\": 1\n             ^"
                ])
        }
    }

    @Test func `recorded answers carry JSON, text or base64`() throws {
        func read(_ text: String) throws -> RecordedResponse {
            try RecordedResponse(document: Array(text.utf8), file: "left.json")
        }
        let json = try read(#"{"status":200,"headers":{"Set-Cookie":["a=1","b=2"]},"body":{"a":1.50}}"#)
        #expect(json.values(of: "set-cookie") == ["a=1", "b=2"])
        if case .json(let value) = json.body { #expect(value.text == #"{"a":1.50}"#) } else { Issue.record("no JSON") }
        let pairs = try read(#"{"status":200,"headers":[["a","1"],["A","2"]],"base64":"AAEC/w=="}"#)
        #expect(pairs.values(of: "a") == ["1", "2"])
        if case .bytes(let bytes) = pairs.body { #expect(bytes == [0, 1, 2, 255]) } else { Issue.record("no bytes") }
        #expect(try read(#"{"outcome":"failed","reason":"reset"}"#).outcome == .failed("reset"))
    }

    @Test(
        arguments: [
            ("{}", "needs a \"status\""), (#"{"status": 99}"#, "from 100 to 599"),
            (#"{"status":200,"text":"a","base64":"AA=="}"#, "one body"),
            (#"{"status":200,"base64":"A"}"#, "not base64"),
            (#"{"status":200,"headers":[1]}"#, "[name, value]"),
        ])
    func `a bad recorded answer is told what is wrong`(_ text: String, _ expected: String) {
        do throws(DocumentProblems) {
            _ = try RecordedResponse(document: Array(text.utf8), file: "left.json")
            Issue.record("accepted \(text)")
        } catch {
            #expect(error.problems.contains { $0.rendered.contains(expected) }, "\(error.problems.map(\.rendered))")
        }
    }

    @Test(arguments: 0..<10) func `Base64 survives both ways`(_ count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 91) }
        #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }
}
