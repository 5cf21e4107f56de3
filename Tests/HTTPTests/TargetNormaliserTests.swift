import HTTP
import Testing

@Suite struct TargetNormaliserTests {
    private func normalise(_ target: String, mergesSlashes: Bool = true) -> (TargetNormaliser.Outcome, String) {
        let bytes = latin1(target)
        var buffer = [UInt8](repeating: 0, count: bytes.count + 1)
        let normaliser = TargetNormaliser(mergesSlashes: mergesSlashes)
        let outcome = bytes.withUnsafeBytes { bytes in
            buffer.withUnsafeMutableBytes { normaliser.normalise(bytes, into: $0) }
        }
        if case .rewritten(let length, _) = outcome {
            return (outcome, String(decoding: buffer[..<length], as: UTF8.self))
        }
        return (outcome, target)
    }

    @Test(arguments: ["/", "/a", "/a/", "/a/b.c", "/a..b/c...", "/a;x=1/b", "/a?b=//../%2f", "/a:b@c,d", "*"])
    func `a path in normal form is passed on as it is`(_ target: String) {
        let pathEnd = target.firstIndex(of: "?").map { target.utf8.distance(from: target.startIndex, to: $0) }
        #expect(normalise(target).0 == .canonical(pathEnd: pathEnd ?? target.utf8.count))
    }

    @Test(arguments: [
        ("", "/"), ("?q", "/?q"), ("/%41%7e%2D", "/A~-"), ("/%c3%a9", "/%C3%A9"), ("/%20", "/%20"), ("/%2b", "/%2B"),
        ("/a/./b", "/a/b"), ("/a/../b", "/b"), ("/../a", "/a"), ("/a/..", "/"), ("/a/b/..", "/a/"), ("/a/.", "/a/"),
        ("/./", "/"), ("/..", "/"), ("/a/%2e%2e/b", "/b"), ("/a/.%2E/b", "/b"), ("/a//b", "/a/b"), ("//", "/"),
        ("///a///", "/a/"), ("//svc/a", "/svc/a"), ("/%73vc/a", "/svc/a"), ("/x/../svc/a", "/svc/a"),
        ("/a//../b", "/b"), ("/a/%2e?x=/../%2e", "/a/?x=/../%2e"), ("/.well-known/x", "/.well-known/x"),
        ("/..a/.b", "/..a/.b"), ("/a/.../b", "/a/.../b"), ("/%252f", "/%252f"), ("/%25", "/%25"), ("/a%3Bb", "/a%3Bb"),
    ])
    func `a path has one spelling`(_ target: String, _ normal: String) {
        #expect(normalise(target).1 == normal)
        #expect(normalise(normal).1 == normal)
    }

    @Test(arguments: [
        ("/a//b", "/a//b"), ("//", "//"), ("/a//../b", "/a/b"), ("/a/../..//b", "//b"), ("/./a//", "/a//"),
    ])
    func `runs of slashes are kept on request`(_ target: String, _ normal: String) {
        #expect(normalise(target, mergesSlashes: false).1 == normal)
    }

    @Test(arguments: [
        ("/a%2fb", HTTPViolation.pathEscapeRefused), ("/a%2Fb", .pathEscapeRefused), ("/%5c", .pathEscapeRefused),
        ("/%5C", .pathEscapeRefused), ("/%00", .pathEscapeRefused), ("/%", .pathEscapeMalformed),
        ("/%4", .pathEscapeMalformed), ("/%4?", .pathEscapeMalformed), ("/%zz", .pathEscapeMalformed),
        ("/%4g", .pathEscapeMalformed), ("/%%41", .pathEscapeMalformed), ("/..;/a", .pathParameterOnDots),
        ("/a/..;x=1/b", .pathParameterOnDots), ("/.;/a", .pathParameterOnDots), ("/%2e%2e;/a", .pathParameterOnDots),
        ("/..%3b/a", .pathParameterOnDots), ("/..%3B", .pathParameterOnDots), ("/a\\b", .targetMalformed),
        ("/a b", .targetMalformed), ("/\u{e9}", .targetMalformed), ("/a#b", .targetMalformed), ("a", .targetMalformed),
        ("a%41", .targetMalformed), ("/%41 b", .targetMalformed),
        ("**", .targetMalformed),
    ])
    func `what programs read in different ways is refused`(_ target: String, _ violation: HTTPViolation) {
        #expect(normalise(target).0 == .invalid(violation))
    }

    @Test func `an empty target needs room for its slash`() {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        let none = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        #expect(TargetNormaliser().normalise(nothing, into: none) == .invalid(.targetTooLong))
        var buffer: [UInt8] = [0]
        let outcome = buffer.withUnsafeMutableBytes { TargetNormaliser().normalise(nothing, into: $0) }
        #expect(outcome == .rewritten(length: 1, pathEnd: 1) && buffer == [0x2F])
    }

    @Test func `a buffer that is too small is never overrun`() {
        let bytes = latin1("/a/../b")
        for size in 0..<bytes.count {
            var buffer = [UInt8](repeating: 0xEE, count: bytes.count + 8)
            let outcome = bytes.withUnsafeBytes { bytes in
                buffer.withUnsafeMutableBytes {
                    TargetNormaliser().normalise(bytes, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<size]))
                }
            }
            #expect(outcome == .invalid(.targetTooLong))
            #expect(buffer[size...].allSatisfy { $0 == 0xEE })
        }
    }
}
