import Testing

@testable import Imaging

@Suite struct ImageCodecTests {
    private func gradient(width: Int, height: Int, alpha: Bool = false) throws -> Bitmap {
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                let opacity = alpha ? UInt8((x + y) % 256) : 255
                pixels += [UInt8(x * 255 / max(1, width - 1)), UInt8(y * 255 / max(1, height - 1)), 128, opacity]
            }
        }
        return try #require(Bitmap(width: width, height: height, pixels: pixels))
    }

    @Test(arguments: [(1, 1, false), (7, 3, false), (7, 3, true), (64, 64, true), (300, 2, false)])
    func `PNG comes back pixel by pixel`(width: Int, height: Int, alpha: Bool) throws {
        let bitmap = try gradient(width: width, height: height, alpha: alpha)
        let bytes = try ImageCodec.encode(bitmap, as: .png)
        let (decoded, header) = try ImageCodec.decode(bytes)
        #expect(header == ImageHeader(format: .png, width: width, height: height))
        #expect(decoded == bitmap)
    }

    @Test func `JPEG comes back nearly the same`() throws {
        let bitmap = try gradient(width: 64, height: 48)
        let (decoded, header) = try ImageCodec.decode(try ImageCodec.encode(bitmap, as: .jpeg, quality: 95))
        #expect(header == ImageHeader(format: .jpeg, width: 64, height: 48))
        #expect(try #require(decoded.largestDifference(from: bitmap)) <= 12)
    }

    @Test func `JPEG puts transparency over white`() throws {
        let clear = Bitmap(width: 8, height: 8, filledWith: (0, 0, 0, 0))
        let (decoded, _) = try ImageCodec.decode(try ImageCodec.encode(clear, as: .jpeg))
        #expect(decoded == Bitmap(width: 8, height: 8, filledWith: (255, 255, 255, 255)))
    }

    @Test(arguments: ["", "GIF8", "\u{89}PNG", "RIFF....WAVE", "not a picture at all"])
    func `other bytes are of unknown format`(text: String) {
        #expect(throws: ImageError.unknownFormat) { try ImageCodec.decode(Array(text.utf8)) }
    }

    @Test(arguments: [
        ("GIF89a...", "GIF"), ("GIF87a", "GIF"), ("RIFF\u{1}\u{2}\u{3}\u{4}WEBPVP8 ", "WebP"),
        ("\0\0\0 ftypheic", "HEIF"),
        ("\0\0\0 ftypavif", "AVIF"), ("II*\0", "TIFF"), ("MM\0*", "TIFF"), ("BM............", "BMP"),
        ("\0\0\0\u{0C}JXL \r\n", "JPEG XL"), ("<svg/>", "SVG"), ("<?xml version='1.0'?>\n<svg>", "SVG"),
    ])
    func `other formats are told what is accepted`(text: String, name: String) throws {
        let error = #expect(throws: ImageError.self) { try ImageCodec.decode(Array(text.utf8)) }
        #expect(error?.description == "the bytes are a \(name) picture; PNG and JPEG are accepted")
        #expect(error?.isTooLarge == false)
    }

    @Test(arguments: ImageFormat.allCases)
    func `a torn picture is broken wherever it is torn`(format: ImageFormat) throws {
        let whole = try ImageCodec.encode(try gradient(width: 40, height: 40), as: format)
        for length in stride(from: 8, to: whole.count - 12, by: max(1, whole.count / 50)) {
            let torn = Array(whole.prefix(length))
            #expect(throws: ImageError.self, "\(format) torn at \(length)") { try ImageCodec.decode(torn) }
        }
    }

    /// Whatever a changed byte does, it ends in a picture or in an error.
    @Test(arguments: ImageFormat.allCases)
    func `changed bytes never trap`(format: ImageFormat) throws {
        let whole = try ImageCodec.encode(try gradient(width: 24, height: 24), as: format)
        var state: UInt64 = 42
        for _ in 0..<2_000 {
            var bytes = whole
            for _ in 0..<3 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes[Int((state >> 33) % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: state >> 20)
            }
            let limits = ImageLimits(bytes: 1 << 20, pixels: 10_000, side: 1_000)
            _ = try? ImageCodec.decode(bytes, limits: limits)
        }
    }

    @Test func `sizes are held against the header alone`() throws {
        var bomb = try ImageCodec.encode(Bitmap(width: 1, height: 1, filledWith: (0, 0, 0, 255)), as: .png)
        // A header of 16,384 by 16,384 before a few bytes of data: one gigabyte if it were believed.
        bomb.replaceSubrange(16..<24, with: [0, 0, 0x40, 0, 0, 0, 0x40, 0])
        #expect(throws: ImageError.tooManyPixels(268_435_456, limit: 40_000_000)) { try ImageCodec.decode(bomb) }
        bomb.replaceSubrange(16..<24, with: [0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF])
        #expect(throws: ImageError.sideTooLong(2_147_483_647, limit: 16_384)) { try ImageCodec.decode(bomb) }
        bomb.replaceSubrange(16..<24, with: [0, 0, 0, 0, 0, 0, 0, 1])
        #expect(throws: ImageError.self) { try ImageCodec.decode(bomb) }
    }

    @Test func `each limit refuses with its own error`() throws {
        let bytes = try ImageCodec.encode(try gradient(width: 30, height: 20), as: .png)
        #expect(throws: ImageError.tooManyBytes(bytes.count, limit: 10)) {
            try ImageCodec.header(of: bytes, limits: ImageLimits(bytes: 10))
        }
        #expect(throws: ImageError.sideTooLong(30, limit: 29)) {
            try ImageCodec.header(of: bytes, limits: ImageLimits(side: 29))
        }
        #expect(throws: ImageError.tooManyPixels(600, limit: 599)) {
            try ImageCodec.header(of: bytes, limits: ImageLimits(pixels: 599))
        }
        #expect(ImageError.tooManyPixels(600, limit: 599).isTooLarge)
        #expect(!ImageError.unknownFormat.isTooLarge)
    }

    @Test(arguments: [(0, 1, 0), (1, 0, 0), (2, 2, 15), (-1, -1, 4), (Int.max, 2, 8)])
    func `a bitmap whose sizes do not agree is none`(width: Int, height: Int, count: Int) {
        #expect(Bitmap(width: width, height: height, pixels: [UInt8](repeating: 0, count: count)) == nil)
    }
}
