import JSON
import Testing

@Suite struct JSONValueTests {
    private func document() throws -> JSONDocument {
        try JSONDocument(
            """
            {
              "text": "a\\n\\u00e9\\ud83d\\ude00\\/",
              "whole": 9007199254740991, "real": 1.50, "big": 1e400, "no": false, "none": null,
              "list": [1, [2], {"deep": "é"}],
              "a/b~c": 7
            }
            """)
    }

    @Test func `scalars are converted only on demand and exactly`() throws {
        let root = try document().root
        #expect(root["text"]?.string == "a\né😀/")
        #expect(root["whole"]?.int == 9_007_199_254_740_991)
        #expect(root["whole"]?.numberText == "9007199254740991")
        #expect(root["real"]?.numberText == "1.50")
        #expect(root["real"]?.double == 1.5)
        #expect(root["real"]?.int == nil)
        #expect(root["big"]?.double == nil)
        #expect(root["no"]?.bool == false)
        #expect(root["none"]?.isNull == true)
        #expect(root["missing"] == nil)
        #expect(root["text"]?.int == nil)
    }

    @Test func `containers are walked in order`() throws {
        let root = try document().root
        #expect(root.members.map(\.key) == ["text", "whole", "real", "big", "no", "none", "list", "a/b~c"])
        #expect(root["list"]?.count == 3)
        #expect(root["list"]?[2]?["deep"]?.string == "é")
        #expect(root["list"]?[3] == nil)
        #expect(root["list"]?.elements.map(\.kind) == [.number, .array, .object])
        #expect(root["text"]?.array == nil)
    }

    @Test func `pointers name values`() throws {
        let document = try document()
        #expect(document.value(at: "")?.kind == .object)
        #expect(document.value(at: "/list/2/deep")?.string == "é")
        #expect(document.value(at: "/a~1b~0c")?.int == 7)
        for missing in ["/list/03", "/list/-", "/nope", "list", "/text/0"] {
            #expect(document.value(at: missing) == nil, "\(missing)")
        }
    }

    @Test func `positions count characters`() throws {
        let document = try JSONDocument("{\n \"é😀\": 1}")
        #expect(document.root["é😀"]?.position == JSONPosition(line: 2, column: 8))
    }
}

@Suite struct JSONWriterTests {
    private func write(_ writer: inout JSONWriter) {
        writer.object { json in
            json.member("id", "a\"b\\\n\u{1}é")
            json.member("n", number: "1.50")
            json.member("missing", nil as String?)
            json.member("list") {
                $0.array {
                    $0.int(1); $0.bool(true); $0.null(); $0.double(0.1)
                }
            }
            json.member("empty") { $0.object { _ in } }
            json.member("none") { $0.array { _ in } }
        }
    }

    @Test func `the compact form has no blanks`() {
        var writer = JSONWriter()
        write(&writer)
        #expect(
            writer.text == #"{"id":"a\"b\\\n\u0001é","n":1.50,"list":[1,true,null,0.1],"empty":{},"none":[]}"#)
    }

    @Test func `pretty reads back the same`() throws {
        var pretty = JSONWriter(pretty: true)
        write(&pretty)
        var compact = JSONWriter()
        write(&compact)
        var again = JSONWriter()
        again.value(try JSONDocument(pretty.bytes).root)
        #expect(again.text == compact.text)
        #expect(pretty.text.hasPrefix("{\n  \"id\": "))
        #expect(pretty.text.contains("\n  \"list\": [\n    1,\n    true,"))
        #expect(pretty.text.contains("\"empty\": {}"))
    }
}

@Suite struct JSONEditsTests {
    @Test func `replacing keeps every other byte`() throws {
        let text = "{ \"revision\": 41,\n  \"routes\": [ { \"id\":\"a\",  \"percent\" : 10 } ] }\n"
        let document = try JSONDocument(text)
        var edits = JSONEdits(document)
        edits.set("revision", of: document.root, to: "42")
        let route = try #require(document.value(at: "/routes/0"))
        edits.set("percent", of: route, to: "12.5")
        #expect(
            String(decoding: edits.apply(), as: UTF8.self)
                == "{ \"revision\": 42,\n  \"routes\": [ { \"id\":\"a\",  \"percent\" : 12.5 } ] }\n")
    }

    @Test(arguments: [
        ("{\n  \"a\": 1,\n  \"b\": 2\n}", "{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}"),
        ("{\"a\":1}", "{\"a\":1,\"c\": 3}"),
        ("{}", "{ \"c\": 3 }"),
        ("{ \"a\": 1, \"b\": 2 }", "{ \"a\": 1, \"b\": 2, \"c\": 3 }"),
    ])
    func `a missing member is added in the same layout`(text: String, expected: String) throws {
        let document = try JSONDocument(text)
        var edits = JSONEdits(document)
        edits.set("c", of: document.root, to: "3")
        #expect(String(decoding: edits.apply(), as: UTF8.self) == expected)
    }

    @Test(arguments: [
        ("a", "{ \"b\": 2, \"c\": 3 }"), ("b", "{ \"a\": 1, \"c\": 3 }"), ("c", "{ \"a\": 1, \"b\": 2 }"),
        ("d", "{ \"a\": 1, \"b\": 2, \"c\": 3 }"),
    ])
    func `a member is removed with its comma`(name: String, expected: String) throws {
        let document = try JSONDocument("{ \"a\": 1, \"b\": 2, \"c\": 3 }")
        var edits = JSONEdits(document)
        edits.remove(name, of: document.root)
        #expect(String(decoding: edits.apply(), as: UTF8.self) == expected)
    }

    @Test func `the last edit of a place wins`() throws {
        let document = try JSONDocument("[1]")
        let value = try #require(document.root[0])
        var edits = JSONEdits(document)
        edits.replace(value, with: "2")
        edits.replace(value, with: "3")
        #expect(edits.apply() == Array("[3]".utf8))
    }

    /// What every reader of JSON takes for the same number; one more, the negative and a thousandfold are numbers too.
    @Test(arguments: [
        ("9007199254740991", 9_007_199_254_740_991), ("-9007199254740991", -9_007_199_254_740_991), ("0", 0), ("-0", 0),
        ("9007199254740992", nil), ("-9007199254740992", nil), ("9223372036854775807", nil),
        ("-9223372036854775808", nil), ("9223372036854775808", nil), ("1e3", nil), ("1.0", nil),
    ])
    func `an integer is one that can be reckoned with`(text: String, expected: Int?) throws {
        let value = try JSONDocument("[\(text)]").root[0]
        #expect(value?.int == expected)
        if let number = value?.int { #expect(number * 1_000 / 1_000 + 1 - 1 == -(-number)) }
    }
}
