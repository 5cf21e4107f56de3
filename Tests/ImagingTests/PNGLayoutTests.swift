import Testing

@testable import Imaging

/// The walk over the chunks, before anything is allocated for them.
@Suite struct PNGLayoutTests {
    private static let plain = PNGMaker(type: .colour, depth: 8, width: 5, height: 4)

    /// `chunks` between header and data.
    private func with(_ chunks: [UInt8]...) -> [UInt8] {
        var maker = Self.plain
        maker.chunks = chunks
        return maker.bytes
    }

    @Test(arguments: ["tEXt", "zTXt", "iTXt", "iCCP", "tIME", "eXIf", "pHYs", "IDAT", "PLTE", "tRNS", "gAMA", "aaAa"])
    func `a chunk that claims more than is left is broken`(type: String) {
        let whole = Self.plain.bytes
        for claimed in [whole.count, 0x7FFF_FFFF, 0xFFFF_FFFF] {
            let bytes = Array(whole.prefix(33)) + PNGMaker.big(claimed) + Array(type.utf8) + [0, 0, 0, 0]
            #expect(throws: ImageError.broken(.png, "a chunk claims \(claimed) bytes where 0 are left")) {
                try ImageCodec.decode(bytes)
            }
        }
    }

    @Test(arguments: ["tEXt", "zTXt", "iTXt", "tIME", "eXIf", "pHYs", "hIST", "sPLT", "acTL", "fcTL", "abCd"])
    func `ancillary chunks that are not needed are never read`(type: String) throws {
        // Nonsense for every one of them, and a wrong checksum besides.
        var chunk = PNGMaker.chunk(type, [UInt8](repeating: 0xA5, count: 100))
        chunk[chunk.count - 1] ^= 1
        let bytes = with(chunk, chunk)
        #expect(try ImageCodec.decode(bytes).bitmap.pixels == Self.plain.pixels)
        let layout = try PNGLayout(of: bytes)
        #expect(layout.pieces.count == 2)
        #expect(layout.pieces.reduce(0) { $0 + $1.count } == Self.plain.bytes.count)
    }

    @Test func `a chunk that it needs and nobody knows is broken`() {
        #expect(throws: ImageError.self) { try ImageCodec.decode(with(PNGMaker.chunk("ABCD", []))) }
        #expect(throws: ImageError.self) { try ImageCodec.decode(with(PNGMaker.chunk("AB1D", []))) }
    }

    /// However many chunks there are, what is noted down is of a few pieces.
    @Test func `repeated chunks are not noted down`() throws {
        let one = PNGMaker.chunk("tRNS", [0, 0, 0, 0, 0, 0]) + PNGMaker.chunk("teXt", [])
        let gamma = PNGMaker.chunk("gAMA", PNGMaker.big(45_455)) + PNGMaker.chunk("teXt", [])
        let layout = try PNGLayout(of: with(Array([[UInt8]](repeating: one + gamma, count: 1_000).joined())))
        #expect(layout.pieces.count <= 4)
        let palette = PNGMaker.chunk("PLTE", [0, 0, 0])
        #expect(throws: ImageError.broken(.png, "a second palette")) { try PNGLayout(of: with(palette, palette)) }
    }

    @Test func `data must lie together`() {
        var bytes = Self.plain.bytes
        let end = bytes.suffix(12)
        bytes.removeLast(12)
        bytes += PNGMaker.chunk("tEXt", []) + PNGMaker.chunk("IDAT", [1, 2, 3]) + end
        #expect(throws: ImageError.broken(.png, "its data lies apart")) { try ImageCodec.decode(bytes) }
    }

    @Test func `what follows the end is nobody's`() throws {
        let bytes = Self.plain.bytes + [UInt8](repeating: 7, count: 1_000)
        #expect(try ImageCodec.decode(bytes).bitmap.pixels == Self.plain.pixels)
    }

    /// Any bytes end in a layout or an error, and every piece lies within them.
    @Test func `changed bytes never trap`() throws {
        let whole = with(PNGMaker.chunk("zTXt", [1, 2, 3]), PNGMaker.chunk("gAMA", PNGMaker.big(50_000)))
        var state: UInt64 = 7
        for _ in 0..<3_000 {
            var bytes = whole
            for _ in 0..<3 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes[Int((state >> 33) % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: state >> 20)
            }
            if state % 3 == 0 { bytes.removeLast(Int((state >> 40) % UInt64(bytes.count))) }
            if let layout = try? PNGLayout(of: bytes) {
                for piece in layout.pieces { #expect(piece.upperBound <= bytes.count) }
            }
        }
    }
}
