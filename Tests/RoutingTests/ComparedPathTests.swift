import HTTP
import TestSupport
import Testing

@testable import Routing

/// Spellings that mean one path, and those that do not.
struct ComparedPathTests {
    @Test(arguments: [
        ("/plain/a-b_c.d~e", "/plain/a-b_c.d~e"), ("/u1%40x", "/u1@x"), ("/u1@x", "/u1@x"),
        ("/my%20profile", "/my profile"), ("/my profile", "/my profile"), ("/%7Euser", "/~user"),
        ("/caf%c3%a9", "/caf%C3%A9"), ("/café", "/caf%C3%A9"), ("/a%2fb", "/a%2Fb"), ("/a%5cb", "/a%5Cb"),
        ("/100%25", "/100%25"), ("/a%2525", "/a%2525"), ("/%3F", "/?"), ("/%0a", "/%0A"), ("/%e4", "/%E4"),
        ("/half%2", "/half%252"), ("/[x]", "/[x]"), ("/%5Bx%5d", "/[x]"), ("", ""),
    ])
    func `spellings become one`(path: String, expected: String) {
        #expect(ComparedPath.of(path) == expected)
        // What is in that form stays.
        #expect(ComparedPath.of(expected) == expected)
    }

    @Test func `what has no room is not written`() {
        var short = [UInt8](repeating: 0, count: 2)
        short.withUnsafeMutableBytes { output in
            Array("/abcdef".utf8).withUnsafeBytes { text in
                #expect(ComparedPath.write(text, into: output) == nil)
                #expect(PercentDecoder().decode(text, into: output) == nil)
                #expect(QueryText.decoder.decode(text, into: output) == nil)
            }
        }
    }

    @Test(arguments: [
        ("a+b", "a b"), ("a%2bb", "a%2Bb"), ("caf%c3%a9", "caf%C3%A9"), ("%0a", "%0A"), ("plain", "plain"),
        ("100%", "100%25"),
    ])
    func `a text of the configuration has one spelling`(text: String, expected: String) {
        #expect(QueryText.canonical(text) == expected)
    }

    @Test func `no byte is ever read as another path`() {
        var random = SplitMix(seed: 11)
        let alphabet: [UInt8] = Array("/%aF2540eE3\\?~ @".utf8) + [0xC3, 0xA9, 0x00]
        for _ in 0..<20_000 {
            let length = Int.random(in: 0..<12, using: &random)
            let path: [UInt8] = (0..<length).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
            let text = written(path)
            // Neither more segments nor fewer, and nothing beyond ASCII.
            #expect(text.filter { $0 == 0x2F }.count == path.filter { $0 == 0x2F }.count)
            #expect(text.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
            // What a program behind us decodes is the same.
            #expect(decoded(text) == decoded(path))
        }
    }

    private func written(_ path: [UInt8]) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: path.count * ComparedPath.growth)
        let count = output.withUnsafeMutableBytes { output in
            path.withUnsafeBytes { ComparedPath.write($0, into: output) ?? 0 }
        }
        return Array(output[..<count])
    }

    private func decoded(_ path: [UInt8]) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: path.count)
        let count = output.withUnsafeMutableBytes { output in
            path.withUnsafeBytes { PercentDecoder().decode($0, into: output) ?? 0 }
        }
        return Array(output[..<count])
    }

    @Test(arguments: [
        ("my%20profile", "my profile", true), ("my+profile", "my profile", true), ("my profile", "my profile", true),
        ("u1%40x", "u1@x", true), ("a%2Bb", "a+b", true), ("a+b", "a+b", false), ("a", "ab", false), ("ab", "a", false),
        ("%zz", "%zz", true), ("", "", true), ("%", "%", true),
    ])
    func `queries are compared decoded`(raw: String, wanted: String, isEqual: Bool) {
        let equal = Array(raw.utf8).withUnsafeBytes { raw in
            Array(wanted.utf8).withUnsafeBytes { QueryText.decoder.isEqual(raw, decoded: $0) }
        }
        #expect(equal == isEqual)
    }

    @Test func `two spellings in the file are one`() throws {
        let document = try parsed(
            """
            {"upstreams":{"m":{"endpoints":["h:1"]}},"routes":[
              {"id":"a","match":{"exact":"/u1@x","query":{"q":"my profile"}},"legacy":"m"},
              {"id":"all","match":{"prefix":"/"},"legacy":"m"}]}
            """)
        #expect(document.routes[0].match.path == .exact("/u1@x"))
        let text = #"""
            {"upstreams":{"m":{"endpoints":["h:1"]}},"routes":[
              {"id":"a","match":{"exact":"/u1%40x","query":{"q":"my+profile"}},"legacy":"m"},
              {"id":"b","match":{"exact":"/u1@x","query":{"q":"my%20profile"}},"legacy":"m"},
              {"id":"all","match":{"prefix":"/"},"legacy":"m"}]}
            """#
        guard case .failure(let diagnostics) = RoutesDocument.parse(Array(text.utf8), file: "routes.json") else {
            Issue.record("two routes of one match were accepted")
            return
        }
        #expect(diagnostics.description.contains("route \"b\" can never match"))
    }
}
