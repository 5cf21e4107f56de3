import Compression
import Testing

@Suite struct ContentCodingTests {
    /// `{"a": 1}` in each form, made by Python's gzip and zlib.
    private static let json = Array(#"{"a": 1}"#.utf8)
    private static let gzip: [UInt8] = [
        0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 3, 0xAB, 0x56, 0x4A, 0x54, 0xB2, 0x52, 0x30, 0xAC, 5, 0, 0x97, 0x8E, 0xA1,
        0xFB, 8, 0, 0, 0,
    ]
    private static let zlib: [UInt8] = [
        0x78, 0x9C, 0xAB, 0x56, 0x4A, 0x54, 0xB2, 0x52, 0x30, 0xAC, 5, 0, 9, 0xE5, 2, 0x29,
    ]
    private static let raw = Array(zlib.dropFirst(2).dropLast(4))

    @Test(
        arguments: [
            (json, []), (json, ["identity"]), (gzip, ["gzip"]), (gzip, ["GZIP"]), (gzip, ["x-gzip"]),
            (zlib, ["deflate"]),
            (raw, ["deflate"]), (gzip, ["identity, gzip"]), (gzip, [" gzip ,identity"]),
        ] as [([UInt8], [String])])
    func `what was coded is undone`(_ bytes: [UInt8], _ names: [String]) throws {
        #expect(try ContentCoding.decode(bytes, names, limit: 100) == Self.json)
    }

    @Test func `members behind each other are one body`() throws {
        #expect(try ContentCoding.decode(Self.gzip + Self.gzip, ["gzip"], limit: 100) == Self.json + Self.json)
    }

    @Test func `codings are undone from the last`() throws {
        // deflate around gzip, stored (RFC 1951 3.2.4): no compressor is needed to write it.
        let count = UInt8(Self.gzip.count)
        let stored = [1, count, 0, ~count, 0xFF] + Self.gzip
        #expect(try ContentCoding.decode(stored, ["gzip", "deflate"], limit: 100) == Self.json)
        #expect(try ContentCoding.decode(stored, ["gzip, deflate"], limit: 100) == Self.json)
    }

    @Test(arguments: [["gzip"], ["deflate"], ["deflate", "gzip"]])
    func `an answer without a body has none, whatever it is called`(_ names: [String]) throws {
        #expect(try ContentCoding.decode([], names, limit: 100) == [])
    }

    @Test(
        arguments: [
            (json, ["br"], ContentCoding.Failure.unknown("br")), (json, ["zstd, gzip"], .unknown("zstd")),
            (json, ["gzip"], .malformed(coding: "gzip", reason: "incorrect header check")),
            (Array(gzip.dropLast(3)), ["gzip"], .malformed(coding: "gzip", reason: "it ends too early")),
            (Array(zlib.dropLast(6)), ["deflate"], .malformed(coding: "deflate", reason: "it ends too early")),
            (gzip + json, ["gzip"], .malformed(coding: "gzip", reason: "8 bytes follow its end")),
            (
                Array(zlib.dropLast()) + [0], ["deflate"],
                .malformed(coding: "deflate", reason: "incorrect data check")
            ),
            (
                gzip, ["gzip, gzip, gzip, gzip, gzip"],
                .malformed(coding: "gzip, gzip, gzip, gzip, gzip", reason: "coded 5 times")
            ),
        ] as [([UInt8], [String], ContentCoding.Failure)])
    func `what cannot be undone is named`(_ bytes: [UInt8], _ names: [String], _ expected: ContentCoding.Failure) {
        #expect(throws: expected) { try ContentCoding.decode(bytes, names, limit: 100) }
    }

    @Test func `a bomb goes off nowhere`() throws {
        // One stored byte, then a block of fixed codes that repeats it 258 bytes at a time (RFC 1951 3.2.5): length
        // 285, distance 1.
        var bomb = Bits()
        bomb.append(0, 1)
        bomb.append(1, 2)
        bomb.appendCode(0x30 + 0x61, 8)
        for _ in 0..<100_000 {
            bomb.appendCode(0b1100_0101, 8)
            bomb.appendCode(0, 5)
        }
        #expect(bomb.bytes.count < 200_000)
        #expect(throws: ContentCoding.Failure.tooLarge(limit: 1 << 20)) {
            try ContentCoding.decode(bomb.bytes, ["deflate"], limit: 1 << 20)
        }
    }

    /// Bits as deflate packs them (RFC 1951 3.1.1): numbers from the low end, codes from the high end.
    private struct Bits {
        private(set) var bytes: [UInt8] = []
        private var used = 8

        mutating func append(_ value: Int, _ count: Int) {
            for bit in 0..<count {
                if used == 8 {
                    bytes.append(0)
                    used = 0
                }
                bytes[bytes.count - 1] |= UInt8((value >> bit) & 1) << UInt8(used)
                used += 1
            }
        }

        mutating func appendCode(_ value: Int, _ count: Int) {
            for bit in (0..<count).reversed() { append((value >> bit) & 1, 1) }
        }
    }
}
