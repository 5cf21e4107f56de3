import Testing

@testable import Imaging

/// What the numbers of a picture mean goes with them.
@Suite struct ColourProfileTests {
    /// As much of a profile as is looked at: length, signature and space of its colours.
    private func profile(_ size: Int = 500, space: String = "RGB ") -> [UInt8] {
        var bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 73) }
        bytes.replaceSubrange(0..<4, with: PNGMaker.big(size))
        bytes.replaceSubrange(16..<20, with: space.utf8)
        bytes.replaceSubrange(36..<40, with: "acsp".utf8)
        return bytes
    }

    private func png(_ profile: [UInt8], type: PNGMaker.ColourType = .colour) -> [UInt8] {
        let content = Array("name".utf8) + [0, 0] + PNGMaker.deflated(profile)
        return PNGMaker(type: type, depth: 8, width: 4, height: 4, chunks: [PNGMaker.chunk("iCCP", content)]).bytes
    }

    private func jpeg(_ parts: [[UInt8]], components: Int = 3) -> [UInt8] {
        let segments = parts.enumerated().flatMap { index, part in
            JPEGMaker.segment(
                0xE2, Array("ICC_PROFILE".utf8) + [0, UInt8(index + 1), UInt8(parts.count)] + part)
        }
        let component = JPEGMaker.Component(value: 90)
        return JPEGMaker(
            width: 8, height: 8, components: [JPEGMaker.Component](repeating: component, count: components),
            segments: segments
        ).bytes
    }

    @Test(arguments: [132, 500, 70_000, 1 << 20]) func `a profile comes back from either format`(size: Int) throws {
        let bytes = profile(size)
        let (bitmap, header) = try ImageCodec.decode(png(bytes))
        #expect(header.profile?.bytes == bytes)
        for format in ImageFormat.allCases {
            let again = try ImageCodec.encode(bitmap, as: format, profile: header.profile)
            let (pixels, read) = try ImageCodec.decode(again)
            #expect(read.profile?.bytes == bytes)
            #expect(pixels.width == 4)
            if format == .png { #expect(pixels == bitmap) }
        }
    }

    @Test func `a profile in parts is put together`() throws {
        let bytes = profile(1_000)
        let parts = [Array(bytes[0..<300]), Array(bytes[300..<900]), Array(bytes[900...])]
        #expect(try ImageCodec.decode(jpeg(parts)).header.profile?.bytes == bytes)
        #expect(try ImageCodec.decode(jpeg(Array(parts.dropLast()))).header.profile == nil)
    }

    /// Kept, the profile speaks of the numbers as they are: they must not be changed for a gAMA chunk besides.
    @Test func `a profile outweighs gamma`() throws {
        var maker = PNGMaker(type: .colour, depth: 8, width: 8, height: 8)
        let content = Array("name".utf8) + [0, 0] + PNGMaker.deflated(profile())
        maker.chunks = [PNGMaker.chunk("gAMA", PNGMaker.big(100_000)), PNGMaker.chunk("iCCP", content)]
        #expect(try ImageCodec.decode(maker.bytes).bitmap.pixels == maker.pixels)
    }

    @Test func `what describes other channels is left out`() throws {
        #expect(try ImageCodec.decode(png(profile(space: "GRAY"), type: .grey)).header.profile == nil)
        #expect(try ImageCodec.decode(png(profile(), type: .grey)).header.profile == nil)
        #expect(try ImageCodec.decode(png(profile(space: "CMYK"))).header.profile == nil)
        #expect(try ImageCodec.decode(jpeg([profile(space: "CMYK")], components: 4)).header.profile == nil)
    }

    @Test func `a profile that is none costs nothing`() throws {
        var wrongLength = profile()
        wrongLength[3] ^= 1
        var claimsMore = profile()
        claimsMore.replaceSubrange(0..<4, with: PNGMaker.big(0x7FFF_FFFF))
        for bytes in [[], [0], wrongLength, claimsMore, profile((1 << 20) + 1), [UInt8](repeating: 0, count: 1 << 22)] {
            #expect(try ImageCodec.decode(png(bytes)).header.profile == nil)
        }
        for content in [[], [0], Array("name".utf8), Array("name".utf8) + [0], Array("name".utf8) + [0, 1, 2, 3]] {
            let maker = PNGMaker(
                type: .colour, depth: 8, width: 4, height: 4, chunks: [PNGMaker.chunk("iCCP", content)])
            #expect(try ImageCodec.decode(maker.bytes).header.profile == nil)
        }
    }

    @Test func `a thumbnail keeps a profile that is small`() throws {
        let (bitmap, header) = try ImageCodec.decode(png(profile()))
        #expect(try ImageCodec.decode(try Thumbnail(of: bitmap, profile: header.profile).bytes).header.profile != nil)
        let large = ColourProfile(profile(40_000))
        #expect(try ImageCodec.decode(try Thumbnail(of: bitmap, profile: large).bytes).header.profile == nil)
    }
}
