import HTTP
import Routing
import Testing

@testable import Router

struct KeyScannerTests {
    private func bytes<R>(_ text: String, _ body: (UnsafeRawBufferPointer) -> R) -> R {
        Array(text.utf8).withUnsafeBytes(body)
    }

    @Test(
        arguments: [
            ("strangler_id=abc", "abc"), ("a=1; strangler_id=abc; b=2", "abc"),
            ("xstrangler_id=1;strangler_id=\"q\"", "q"),
            ("strangler_id=", ""), ("STRANGLER_ID=abc", nil), ("strangler_idx=1", nil), ("strangler_id", nil),
            ("", nil),
        ] as [(String, String?)])
    func `finds a cookie`(field: String, expected: String?) {
        let found = bytes("strangler_id") { name in
            bytes(field) { field in
                var position = 0
                return CookieScanner.next(name, in: field, from: &position).map {
                    String(decoding: field[$0], as: UTF8.self)
                }
            }
        }
        #expect(found == expected)
    }

    @Test(
        arguments: [
            ("user=7", "7"), ("a=b&user=%37+x&c", "7 x"), ("user", ""), ("users=1&user=2", "2"), ("xuser=1", nil),
            ("user=%zz", "%zz"), ("", nil), ("us%65r=1", "1"), ("use=1&user", ""),
        ] as [(String, String?)])
    func `finds a query parameter`(query: String, expected: String?) {
        var scratch = [UInt8](repeating: 0, count: 64)
        let found: String? = scratch.withUnsafeMutableBytes { scratch in
            bytes("user") { name in
                bytes(query) { query in
                    guard let range = QueryText.value(of: name, in: query),
                        let count = QueryText.decoder.decode(
                            UnsafeRawBufferPointer(rebasing: query[range]), into: scratch)
                    else { return nil }
                    return String(decoding: scratch[..<count], as: UTF8.self)
                }
            }
        }
        #expect(found == expected)
    }

    @Test(
        arguments: [
            (#"{"sub":"01HZX","exp":1}"#, "01HZX"), (#"{ "iss" : {"sub":"no"}, "a":[1,"]"], "sub" : 42 }"#, "42"),
            (#"{"x":"\"sub\":\"no\"","sub":"a\u00e9\/\ud83d\ude00"}"#, "aé/😀"), (#"{"sub":null}"#, nil),
            (#"{"sub":""}"#, nil), (#"{"sub":"\ud800"}"#, nil), (#"{"sub""#, nil), (#"["sub"]"#, nil), ("", nil),
            (#"{"subject":"x"}"#, nil), (#"{"s\u0075b":"x"}"#, "x"),
        ] as [(String, String?)])
    func `reads a claim`(payload: String, expected: String?) {
        let token = "eyJhbGciOiJIUzI1NiJ9." + encode(payload) + ".c2ln"
        #expect(claim(token) == expected)
    }

    @Test(arguments: [
        "", "a", "a.b", "..", "a..b", "a.!!!!.b", "a.AAAAA.b", "a." + String(repeating: "A", count: 8192) + ".b",
    ])
    func `refuses what is no token`(token: String) {
        #expect(claim(token) == nil)
    }

    private func claim(_ token: String) -> String? {
        var scratch = [UInt8](repeating: 0, count: 4096)
        return scratch.withUnsafeMutableBytes { scratch in
            bytes("sub") { name in
                bytes(token) { token in
                    TokenClaim.value(of: name, in: token, scratch: scratch).map {
                        String(decoding: scratch[$0], as: UTF8.self)
                    }
                }
            }
        }
    }

    private func encode(_ text: String) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        var result = ""
        var bits = 0
        var accumulated = 0
        for byte in text.utf8 {
            accumulated = accumulated << 8 | Int(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                result.append(alphabet[accumulated >> bits & 63])
            }
            accumulated &= (1 << bits) - 1
        }
        if bits > 0 { result.append(alphabet[accumulated << (6 - bits) & 63]) }
        return result
    }
}
