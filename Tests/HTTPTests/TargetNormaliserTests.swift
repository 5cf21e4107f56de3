import HTTP
import TestSupport
import Testing

@Suite struct TargetNormaliserTests {
    private struct Forms: Equatable {
        var forwarded: String
        var matched: String
    }

    private func normalise(
        _ target: String, mergesSlashes: Bool = true, keepsEscapedSlashes: Bool = false
    ) -> TargetNormaliser.Outcome {
        let bytes = latin1(target)
        var buffer = [UInt8](repeating: 0, count: TargetNormaliser.room(for: bytes.count))
        let normaliser = TargetNormaliser(mergesSlashes: mergesSlashes, keepsEscapedSlashes: keepsEscapedSlashes)
        return bytes.withUnsafeBytes { bytes in buffer.withUnsafeMutableBytes { normaliser.normalise(bytes, into: $0) }
        }
    }

    /// As they are forwarded, and as they are matched, both with their query.
    private func forms(
        _ target: String, mergesSlashes: Bool = true, keepsEscapedSlashes: Bool = false
    ) -> Forms? {
        let normaliser = TargetNormaliser(mergesSlashes: mergesSlashes, keepsEscapedSlashes: keepsEscapedSlashes)
        return latin1(target).withUnsafeBytes { bytes in
            Reforwarding.forms(of: bytes, normaliser).map { forms in
                let query = forms.forwarded[forms.pathEnd...]
                return Forms(forwarded: text(forms.forwarded), matched: text(forms.matched + query))
            }
        }
    }

    private func text(_ bytes: [UInt8]) -> String {
        String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }

    @Test(arguments: [
        "/", "/a", "/a/", "/a/b.c", "/a..b/c...", "/a;x=1/b", "/a?b=//../%2f", "/a:b@c,d", "*", "/[a]/{b}|c^d`\"<e>",
        "/a?\"<>\\\u{e9}[]", "/%C3%A9", "/%25",
    ])
    func `a path in normal form is passed on as it is`(_ target: String) {
        let pathEnd = target.firstIndex(of: "?").map { latin1(String(target[..<$0])).count }
        #expect(normalise(target) == .canonical(pathEnd: pathEnd ?? latin1(target).count))
    }

    @Test(arguments: [
        ("/%7E", "/~"), ("/%41%7e%2D", "/A~-"), ("/%c3%a9", "/%C3%A9"), ("/%e4", "/%E4"), ("/%2b", "/+"),
        ("/%73vc/a", "/svc/a"), ("/%252f", "/%252f"), ("/%2561", "/%2561"), ("/a%3bb", "/a;b"), ("/a%2eb", "/a.b"),
        ("/%5b%7B%7d", "/[{}"), ("/%2e%2e%2e", "/..."), ("/a%2e%2e", "/a.."), ("/%61[b]?%61[", "/a[b]?%61["),
        ("/u1%40x", "/u1@x"), ("/my%20profile", "/my profile"), ("/%0a%7f", "/%0A%7F"),
        ("/\u{c3}\u{a9}/x", "/%C3%A9/x"),
        ("/\u{c3}\u{a9}%7e", "/%C3%A9~"),
    ])
    func `escapes keep their client's spelling and are matched in one`(_ target: String, _ matched: String) {
        #expect(forms(target) == Forms(forwarded: target, matched: matched))
        if !matched.contains(" ") { #expect(forms(matched) == Forms(forwarded: matched, matched: matched)) }
    }

    @Test(arguments: [
        ("", "/"), ("?q", "/?q"), ("/a/./b", "/a/b"), ("/a/../b", "/b"), ("/../a", "/a"), ("/a/..", "/"),
        ("/a/b/..", "/a/"), ("/a/.", "/a/"), ("/./", "/"), ("/..", "/"), ("/a/%2e%2e/b", "/b"), ("/a/.%2E/b", "/b"),
        ("/a//b", "/a/b"), ("//", "/"), ("///a///", "/a/"), ("//svc/a", "/svc/a"), ("/x/../svc/a", "/svc/a"),
        ("/a//../b", "/b"), ("/a/%2e?x=/../%2e", "/a/?x=/../%2e"), ("/.well-known/x", "/.well-known/x"),
        ("/..a/.b", "/..a/.b"), ("/a/.../b", "/a/.../b"), ("/x/%2E%2E/a?[b]", "/a?[b]"), ("/a/..?b", "/?b"),
    ])
    func `dot segments and runs of slashes are resolved before a path is matched and forwarded`(
        _ target: String, _ normal: String
    ) {
        #expect(forms(target) == Forms(forwarded: normal, matched: normal))
        #expect(forms(normal) == Forms(forwarded: normal, matched: normal))
    }

    @Test(arguments: [
        ("/x/../%7Eme", "/%7Eme", "/~me"), ("//%e4", "/%e4", "/%E4"), ("/%7e/%2e%2e/%7E/./%62", "/%7E/%62", "/~/b"),
        ("/x/%2E%2E/[a]%5B?b", "/[a]%5B?b", "/[a][?b"), ("//\u{c3}\u{a9}", "/\u{c3}\u{a9}", "/%C3%A9"),
        ("/a/%2E/%C3%a9?%7e", "/a/%C3%a9?%7e", "/a/%C3%A9?%7e"), ("/a%62/..//%63", "/%63", "/c"),
    ])
    func `what remains of a resolved path keeps its spelling`(
        _ target: String, _ forwarded: String, _ matched: String
    ) {
        #expect(forms(target) == Forms(forwarded: forwarded, matched: matched))
    }

    @Test(arguments: [
        ("/a//b", "/a//b"), ("//", "//"), ("/a//../b", "/a/b"), ("/a/../..//b", "//b"), ("/./a//", "/a//"),
    ])
    func `runs of slashes are kept on request`(_ target: String, _ normal: String) {
        #expect(forms(target, mergesSlashes: false) == Forms(forwarded: normal, matched: normal))
        #expect(forms(normal, mergesSlashes: false) == Forms(forwarded: normal, matched: normal))
    }

    @Test(arguments: [
        ("/a%2fb", HTTPViolation.pathSlashEscaped), ("/a%2Fb", .pathSlashEscaped), ("/%5c", .pathSlashEscaped),
        ("/%5C", .pathSlashEscaped), ("/%00", .pathEscapeRefused), ("/%", .pathEscapeMalformed),
        ("/%4", .pathEscapeMalformed), ("/%4?", .pathEscapeMalformed), ("/%zz", .pathEscapeMalformed),
        ("/%4g", .pathEscapeMalformed), ("/%%41", .pathEscapeMalformed), ("/..;/a", .pathParameterOnDots),
        ("/a/..;x=1/b", .pathParameterOnDots), ("/.;/a", .pathParameterOnDots), ("/%2e%2e;/a", .pathParameterOnDots),
        ("/..%3b/a", .pathParameterOnDots), ("/..%3B", .pathParameterOnDots), ("/a\\b", .targetMalformed),
        ("/%41\\b", .targetMalformed), ("/..\\a", .targetMalformed), ("/a b", .targetMalformed),
        ("/a#b", .targetMalformed), ("a", .targetMalformed), ("a%41", .targetMalformed), ("/%41 b", .targetMalformed),
        ("**", .targetMalformed), ("/\u{7f}", .targetMalformed), ("/%2e\u{1}", .targetMalformed),
    ])
    func `what programs read in different ways is refused`(_ target: String, _ violation: HTTPViolation) {
        #expect(normalise(target) == .invalid(violation))
    }

    @Test(
        arguments: [
            ("/@scope%2fname", "/@scope%2Fname"), ("/api/queues/%2F/q", "/api/queues/%2F/q"), ("/a%5cb", "/a%5Cb"),
            ("/files/lib%2F.gitignore/raw", "/files/lib%2F.gitignore/raw"), ("/%2f%2F", "/%2F%2F"),
            ("/a%2f...", "/a%2F..."),
            ("/x/../a%2fb", nil), ("/%252e%252e%252f", "/%252e%252e%252f"),
        ] as [(String, String?)])
    func `escaped slashes are kept on request, as bytes of their segment`(_ target: String, _ matched: String?) {
        let forwarded = matched == nil ? "/a%2fb" : target
        #expect(
            forms(target, keepsEscapedSlashes: true) == Forms(forwarded: forwarded, matched: matched ?? "/a%2Fb"))
    }

    @Test(arguments: [
        "/..%2fa", "/a/..%2F", "/a%2f..", "/a%2F..%2Fb", "/%2e%2e%5cb", "/.%2f", "/a%5C.", "/a%2f..;x", "/a%2f.%3bx/b",
        "/..;%2fa", "/%2F..%2F",
    ])
    func `an escaped slash beside a dot segment is refused whatever is configured`(_ target: String) {
        #expect(normalise(target, keepsEscapedSlashes: true) == .invalid(.pathParameterOnDots))
        #expect(forms(target) == nil)
    }

    @Test func `what is matched and what is forwarded decode to the same path`() {
        var random = SplitMix(seed: 3986)
        let pieces = [
            "/", "/", ".", "..", "%2e", "%2E", "a", "%61", "%7e", "~", "%c3%a9", "\u{c3}\u{a9}", "[", "%5B", ";", "%3b",
            "%2f", "%5C", "%252e", "%25", "|", "b",
        ]
        for _ in 0..<20_000 {
            var target = "/"
            for _ in 0..<Int.random(in: 0..<10, using: &random) {
                target += pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }
            for keeps in [false, true] {
                let normaliser = TargetNormaliser(keepsEscapedSlashes: keeps)
                latin1(target).withUnsafeBytes { bytes in
                    guard let forms = Reforwarding.forms(of: bytes, normaliser) else { return }
                    #expect(decoded(forms.forwarded) == decoded(forms.matched), "\(target)")
                    let slashes = forms.forwarded.count { $0 == 0x2F }
                    #expect(slashes == forms.matched.count { $0 == 0x2F }, "\(target)")
                    // No reader that decodes once, or splits first and decodes then, finds a way up.
                    for segment in decoded(forms.forwarded).split(whereSeparator: { $0 == 0x2F || $0 == 0x5C }) {
                        #expect(!["..", "."].contains(text(Array(segment))), "\(target)")
                    }
                }
            }
        }
    }

    private func decoded(_ bytes: [UInt8]) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: bytes.count)
        let count = bytes.withUnsafeBytes { bytes in
            buffer.withUnsafeMutableBytes { PercentDecoder().decode(bytes, into: $0) }
        }
        return Array(buffer[..<(count ?? 0)])
    }

    @Test func `an empty target needs room for its slash`() {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        let none = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        #expect(TargetNormaliser().normalise(nothing, into: none) == .invalid(.targetTooLong))
        var buffer: [UInt8] = [0]
        let outcome = buffer.withUnsafeMutableBytes { TargetNormaliser().normalise(nothing, into: $0) }
        #expect(outcome == .rewritten(length: 1, pathEnd: 1, matched: 0..<1) && buffer == [0x2F])
    }

    @Test func `a buffer that is too small is never overrun`() {
        let bytes = latin1("/a/../b%7e")
        for size in 0..<TargetNormaliser.room(for: bytes.count) {
            var buffer = [UInt8](repeating: 0xEE, count: TargetNormaliser.room(for: bytes.count) + 8)
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

@Suite struct PercentDecoderTests {
    private func decode(_ text: String, plusIsBlank: Bool = false) -> String {
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = latin1(text).withUnsafeBytes { text in
            buffer.withUnsafeMutableBytes { PercentDecoder(plusIsBlank: plusIsBlank).decode(text, into: $0) }
        }
        return String(decoding: buffer[..<(count ?? 0)], as: UTF8.self)
    }

    @Test(arguments: [
        ("u1%40x", "u1@x"), ("my%20profile", "my profile"), ("%c3%A9", "é"), ("a+b", "a+b"), ("%", "%"), ("%4", "%4"),
        ("%zz", "%zz"), ("%2541", "%41"), ("", ""), ("%41%", "A%"), ("%%41", "%A"),
    ])
    func `escapes are taken off once`(_ text: String, _ plain: String) {
        #expect(decode(text) == plain)
        let decoder = PercentDecoder()
        let (left, right) = (latin1(text), Array(plain.utf8))
        let isEqual = left.withUnsafeBytes { left in right.withUnsafeBytes { decoder.isEqual(left, decoded: $0) } }
        #expect(isEqual)
    }

    @Test func `a plus is a blank in a form's query only`() {
        #expect(decode("a+b%2B", plusIsBlank: true) == "a b+")
        let decoder = PercentDecoder(plusIsBlank: true)
        for (plain, expected) in [("a b", true), ("a bc", false), ("a+b", false)] {
            let isEqual = latin1("a+b").withUnsafeBytes { text in
                latin1(plain).withUnsafeBytes { decoder.isEqual(text, decoded: $0) }
            }
            #expect(isEqual == expected, "\(plain)")
        }
    }

    @Test func `what does not fit is not decoded`() {
        var buffer = [UInt8](repeating: 0, count: 2)
        let decoder = PercentDecoder()
        #expect(
            latin1("%41BC").withUnsafeBytes { t in buffer.withUnsafeMutableBytes { decoder.decode(t, into: $0) } }
                == nil)
        #expect(
            latin1("%41B").withUnsafeBytes { t in buffer.withUnsafeMutableBytes { decoder.decode(t, into: $0) } } == 2)
    }
}
