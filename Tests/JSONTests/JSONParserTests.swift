import JSON
import Testing

@Suite struct JSONParserTests {
    @Test(arguments: [
        "null", " true\n", "false", "0", "-0", "1.50", "-12.5e+10", "1E400", "\"\"", "[]", "{}", "[1,[2,{\"a\":[]}]]",
        #"{"a":1,"b":{"a":2}}"#, #""\ud83d\ude00 \u0041 \/ é 😀""#, "[\t1\r\n,2 ]",
    ])
    func `what RFC 8259 allows is accepted`(text: String) throws {
        let document = try JSONDocument(text)
        #expect(document.root.byteRange.count > 0)
    }

    @Test(arguments: [
        ("", "1:1: expected a value, found the end of the text"),
        ("nul", "1:1: expected a value, found 'n'"),
        ("01", "1:1: a number may not begin with 0"),
        ("-", "1:2: expected a digit after '-'"),
        ("1.", "1:3: expected a digit after '.'"),
        ("1e+", "1:4: expected a digit in the exponent"),
        (".5", "1:1: expected a value, found '.'"),
        ("+1", "1:1: expected a value, found '+'"),
        ("NaN", "1:1: expected a value, found 'N'"),
        ("1 2", "1:3: expected the end after the value, found '2'"),
        ("[1,]", "1:4: a comma before ']' is not allowed"),
        ("[1 2]", "1:4: expected ',' or ']' after a value of the array, found '2'"),
        ("{\"a\":1,}", "1:8: a comma before '}' is not allowed"),
        ("{a:1}", "1:2: expected a name in double quotes, found 'a'"),
        ("{\"a\" 1}", "1:6: expected ':' after the name, found '1'"),
        ("{\"a\":1", "1:7: expected ',' or '}' after a member of the object, found the end of the text"),
        ("[1]]", "1:4: expected the end after the value, found ']'"),
        ("// hi", "1:1: expected a value, found '/'"),
        ("\"a\nb\"", "1:3: a line break must be escaped in a string"),
        ("\"\u{1}\"", "1:2: control byte 0x1 must be escaped in a string"),
        ("\"abc", "1:1: the string has no closing quote"),
        ("\"abc\\\"", "1:1: the string has no closing quote"),
        (#""\x""#, "1:3: 'x' cannot follow a backslash in a string"),
        (#""\u12g4""#, "1:2: expected four hexadecimal digits after \\u"),
        (#""\ud800""#, "1:2: the escape is half of a surrogate pair"),
        (#""\ud800\u0041""#, "1:2: the escape is half of a surrogate pair"),
        (#""\udc00""#, "1:2: the escape is half of a surrogate pair"),
        ("\u{FEFF}1", "1:1: a byte order mark is not allowed before JSON"),
        ("{\n  \"é\": 1,\n  \"é\": 2 }", "3:3: \"é\" was already given on line 2"),
        (#"{"a":1,"\u0061":2}"#, "1:8: \"a\" was already given on line 1"),
        ("[\"é\", x]", "1:7: expected a value, found 'x'"),
    ])
    func `what it does not allow is refused with its place`(text: String, message: String) {
        let error = #expect(throws: JSONError.self) { try JSONDocument(text) }
        #expect(error?.description == message)
    }

    @Test(
        arguments: [
            [0x22, 0x80, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xE0, 0x80, 0x80, 0x22],
            [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0xF5, 0x80, 0x80, 0x80, 0x22], [0x22, 0xC3, 0x22],
            [0x22, 0xC3],
        ] as [[UInt8]])
    func `invalid UTF-8 is refused`(text: [UInt8]) {
        let error = #expect(throws: JSONError.self) { try JSONDocument(text) }
        #expect(error?.code == .encoding)
    }

    @Test func `hostile depth is an error and not a crash`() {
        let text = String(repeating: "[", count: 1_000_000)
        let error = #expect(throws: JSONError.self) { try JSONDocument(text) }
        #expect(error?.code == .limit)
        #expect(error?.position.column == 129)
    }

    @Test func `size is limited`() {
        let error = #expect(throws: JSONError.self) { try JSONDocument("[1,2,3]", limits: JSONLimits(bytes: 6)) }
        #expect(error?.code == .limit)
    }

    @Test func `duplicates can be reported instead`() throws {
        let document = try JSONDocument(#"{"a":1,"b":2,"a":3}"#, limits: JSONLimits(duplicateKeys: .report))
        #expect(document.duplicates.map(\.key) == ["a"])
        #expect(document.duplicates.first?.second == JSONPosition(line: 1, column: 14))
        #expect(document.root["a"]?.int == 1)
    }

    /// Small objects are looked through in pairs, larger ones and those with escapes by hash.
    @Test(arguments: [2, 3, 16, 17, 40], [false, true])
    func `a name that is given twice is found wherever it stands`(count: Int, isEscaped: Bool) throws {
        let names = (0..<count).map { "name\($0)" }
        #expect(try JSONDocument("{" + names.map { "\"\($0)\":0" }.joined(separator: ",") + "}").root.count == count)
        for (first, second) in [(0, count - 1), (count / 2 - 1, count / 2), (count - 2, count - 1)] where first < second
        {
            var members = names
            members[second] = isEscaped ? #"\u006e"# + names[first].dropFirst() : names[first]
            let text = "{" + members.map { "\"\($0)\":[{}]" }.joined(separator: ",") + "}"
            let error = #expect(throws: JSONError.self) { try JSONDocument(text) }
            #expect(error?.code == .duplicateKey)
        }
    }

    @Test func `names that differ only in Unicode spelling are different`() throws {
        let document = try JSONDocument("{\"e\u{301}\":1,\"\u{e9}\":2}")
        #expect(document.root["\u{e9}"]?.int == 2)
        #expect(document.root["e\u{301}"]?.int == 1)
    }

    /// Every prefix and every one-byte change of a document is accepted or refused without a trap.
    @Test func `damaged text never traps`() {
        let text = Array(#"{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00é"],"b":{"c":null,"d":true}}"#.utf8)
        for cut in 0..<text.count { #expect(throws: JSONError.self) { try JSONDocument(Array(text[..<cut])) } }
        for place in text.indices {
            for byte in [0, 0x22, 0x5C, 0x7B, 0x5D, 0x2C, 0x75, 0xFF, 0xE0, 0x30] as [UInt8] {
                var changed = text
                changed[place] = byte
                if let document = try? JSONDocument(changed) {
                    var writer = JSONWriter()
                    writer.value(document.root)
                    #expect((try? JSONDocument(writer.bytes)) != nil)
                }
            }
        }
    }
}
