import Testing

@testable import Imaging

/// What PNGs of every type, depth, size and interlacing show, as the public suites of test pictures have them.
@Suite struct PNGFactsTests {
    struct Kind: Sendable, CustomTestStringConvertible {
        let type: PNGMaker.ColourType
        let depth: Int
        let isInterlaced: Bool
        var testDescription: String { "\(type) of \(depth) bits\(isInterlaced ? ", interlaced" : "")" }

        static let all = PNGMaker.ColourType.allCases.flatMap { type in
            type.depths.flatMap { depth in
                [false, true].map { Kind(type: type, depth: depth, isInterlaced: $0) }
            }
        }

        func maker(_ width: Int, _ height: Int) -> PNGMaker {
            PNGMaker(type: type, depth: depth, width: width, height: height, isInterlaced: isInterlaced)
        }
    }

    private func expect(_ maker: PNGMaker, _ location: SourceLocation = #_sourceLocation) throws {
        let (bitmap, header) = try ImageCodec.decode(maker.bytes)
        let expected = Bitmap(width: maker.width, height: maker.height, pixels: maker.pixels)
        #expect(bitmap == expected, "\(maker.width) by \(maker.height)", sourceLocation: location)
        #expect(header == ImageHeader(format: .png, width: maker.width, height: maker.height), sourceLocation: location)
    }

    @Test func `there are thirty kinds`() { #expect(Kind.all.count == 30) }

    @Test(arguments: Kind.all) func `every kind shows its pixels`(kind: Kind) throws {
        try expect(kind.maker(32, 32))
    }

    /// Sizes at which passes of the interlacing are empty or have one pixel.
    @Test(arguments: Kind.all) func `small and odd sizes are read`(kind: Kind) throws {
        for size in 1...9 {
            try expect(kind.maker(size, size))
            try expect(kind.maker(size, 1))
            try expect(kind.maker(1, size))
        }
        for size in [33, 40] { try expect(kind.maker(size, 7)) }
    }

    @Test(arguments: Kind.all, 0...4) func `every filter is undone`(kind: Kind, filter: Int) throws {
        var maker = kind.maker(19, 11)
        maker.filter = filter
        try expect(maker)
    }

    @Test(arguments: [1, 2, 7, 1_000]) func `data in pieces of any size is read`(size: Int) throws {
        var maker = PNGMaker(type: .colour, depth: 8, width: 12, height: 12)
        maker.dataSize = size
        try expect(maker)
    }

    @Test(arguments: [
        (PNGMaker.ColourType.grey, 1), (.grey, 4), (.grey, 8), (.grey, 16), (.colour, 8), (.colour, 16), (.palette, 4),
        (.palette, 8),
    ])
    func `one colour may be invisible`(type: PNGMaker.ColourType, depth: Int) throws {
        for isInterlaced in [false, true] {
            var maker = PNGMaker(type: type, depth: depth, width: 16, height: 16, isInterlaced: isInterlaced)
            maker.transparency =
                type == .palette
                ? [0, 128, 255]
                : (0..<type.channels).flatMap { channel -> [UInt8] in
                    let sample = maker.sample(5, 3, channel)
                    return [UInt8(sample >> 8), UInt8(sample & 0xFF)]
                }
            #expect(maker.pixels.contains(0))
            try expect(maker)
        }
    }

    /// Without a gAMA chunk 16 bits are what 8 are: 0x7878 is 0x78.
    @Test(arguments: [false, true]) func `sixteen bits without gamma are as bright as eight`(isInterlaced: Bool) throws
    {
        let maker = PNGMaker(type: .grey, depth: 16, width: 8, height: 8, isInterlaced: isInterlaced)
        #expect(maker.sample(0, 0, 0) == 0)
        try expect(maker)
    }

    @Test(arguments: [(PNGMaker.ColourType.grey, 8), (.grey, 16), (.colour, 8), (.colour, 16), (.palette, 8)])
    func `a gamma of one is brightened for the screen`(type: PNGMaker.ColourType, depth: Int) throws {
        var maker = PNGMaker(type: type, depth: depth, width: 64, height: 64)
        let plain = try ImageCodec.decode(maker.bytes).bitmap
        maker.chunks = [PNGMaker.chunk("gAMA", PNGMaker.big(45_455))]
        #expect(try ImageCodec.decode(maker.bytes).bitmap == plain)
        maker.chunks = [PNGMaker.chunk("gAMA", PNGMaker.big(100_000))]
        let linear = try ImageCodec.decode(maker.bytes).bitmap
        for index in stride(from: 0, to: plain.pixels.count, by: 4)
        where plain.pixels[index] > 20 && plain.pixels[index] < 235 {
            #expect(linear.pixels[index] > plain.pixels[index])
        }
        // What says that the colours are the screen's own outweighs it.
        maker.chunks.append(PNGMaker.chunk("sRGB", [0]))
        #expect(try ImageCodec.decode(maker.bytes).bitmap == plain)
    }

    @Test(arguments: [0, 1, 9_999, 1_000_001, 0x7FFF_FFFF]) func `a gamma that no device has is passed over`(gamma: Int)
        throws
    {
        var maker = PNGMaker(type: .colour, depth: 8, width: 8, height: 8)
        maker.chunks = [PNGMaker.chunk("gAMA", PNGMaker.big(gamma))]
        try expect(maker)
    }
}
