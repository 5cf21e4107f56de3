import Testing

@testable import Imaging

@Suite struct ThumbnailTests {
    @Test(arguments: [
        (1, 1, 1, 1), (320, 320, 320, 320), (321, 1, 320, 1), (640, 480, 320, 240), (480, 640, 240, 320),
        (16_384, 1, 320, 1), (1, 16_384, 1, 320), (1_000, 999, 320, 320), (4_000, 3_000, 320, 240),
    ]) func `the longest side is bounded`(width: Int, height: Int, smallWidth: Int, smallHeight: Int) {
        #expect(Thumbnail.size(width: width, height: height) == (smallWidth, smallHeight))
    }

    @Test func `a small picture keeps its size`() throws {
        let bitmap = Bitmap(width: 20, height: 30, filledWith: (10, 20, 30, 40))
        let thumbnail = try Thumbnail(of: bitmap)
        #expect(thumbnail.format == .png)
        #expect(try ImageCodec.decode(thumbnail.bytes).bitmap == bitmap)
    }

    @Test func `one colour stays that colour`() throws {
        for (width, height) in [(641, 333), (1_234, 17), (325, 324)] {
            let bitmap = Bitmap(width: width, height: height, filledWith: (200, 100, 50, 255))
            let thumbnail = try Thumbnail(of: bitmap)
            #expect(thumbnail.format == .jpeg)
            let small = Thumbnail.scaled(bitmap)
            #expect(small.width == 320)
            #expect(small == Bitmap(width: 320, height: small.height, filledWith: (200, 100, 50, 255)))
        }
    }

    @Test func `a pixel is the mean of what it covers`() throws {
        // Columns of black and white, 640 of them: each target pixel covers one of each.
        var pixels: [UInt8] = []
        for _ in 0..<2 { for x in 0..<640 { pixels += x % 2 == 0 ? [0, 0, 0, 255] : [255, 255, 255, 255] } }
        let small = Thumbnail.scaled(try #require(Bitmap(width: 640, height: 2, pixels: pixels)))
        #expect(small == Bitmap(width: 320, height: 1, filledWith: (128, 128, 128, 255)))
    }

    @Test func `what is invisible colours nothing`() throws {
        var pixels: [UInt8] = []
        for x in 0..<640 { pixels += x % 2 == 0 ? [255, 0, 0, 255] : [0, 255, 0, 0] }
        let small = Thumbnail.scaled(try #require(Bitmap(width: 640, height: 1, pixels: pixels)))
        #expect(small == Bitmap(width: 320, height: 1, filledWith: (255, 0, 0, 128)))
    }
}
