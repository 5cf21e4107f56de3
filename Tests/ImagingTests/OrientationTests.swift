import Testing

@testable import Imaging

@Suite struct OrientationTests {
    /// The stored picture is `1 2 3 / 4 5 6`; what each orientation makes of it, after the drawings of the Exif
    /// specification.
    @Test(
        arguments: [
            (Orientation.upright, 3, [1, 2, 3, 4, 5, 6]), (.mirrored, 3, [3, 2, 1, 6, 5, 4]),
            (.turnedHalf, 3, [6, 5, 4, 3, 2, 1]), (.flipped, 3, [4, 5, 6, 1, 2, 3]),
            (.transposed, 2, [1, 4, 2, 5, 3, 6]),
            (.turnedRight, 2, [4, 1, 5, 2, 6, 3]), (.transversed, 2, [6, 3, 5, 2, 4, 1]),
            (.turnedLeft, 2, [3, 6, 2, 5, 1, 4]),
        ] as [(Orientation, Int, [UInt8])])
    func `each orientation moves the pixels`(orientation: Orientation, width: Int, wanted: [UInt8]) throws {
        let stored = try #require(
            Bitmap(width: 3, height: 2, pixels: ([1, 2, 3, 4, 5, 6] as [UInt8]).flatMap { [$0, 0, 0, 255] }))
        let result = orientation.apply(to: stored)
        #expect(result.width == width)
        #expect(stride(from: 0, to: 24, by: 4).map { result.pixels[$0] } == wanted)
    }

    /// A TIFF directory of one entry, in either byte order, put behind the start of a JPEG.
    private static func exif(_ value: UInt8, little: Bool) -> [UInt8] {
        let order: [UInt8] =
            little
            ? [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, value, 0, 0, 0]
            : [0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, value, 0, 0]
        return [0xFF, 0xE1, 0, UInt8(order.count + 8), 0x45, 0x78, 0x69, 0x66, 0, 0] + order
    }

    @Test(arguments: [true, false]) func `a photo is read upright`(little: Bool) throws {
        let upright = Bitmap(width: 32, height: 16, filledWith: (10, 200, 30, 255))
        var bytes = try ImageCodec.encode(upright, as: .jpeg)
        bytes.insert(contentsOf: Self.exif(6, little: little), at: 2)
        let (bitmap, header) = try ImageCodec.decode(bytes)
        #expect(header.width == 16 && header.height == 32)
        #expect(bitmap.width == 16 && bitmap.height == 32)
    }

    @Test func `nonsense is upright wherever it ends`() {
        let whole = [0xFF, 0xD8] + Self.exif(6, little: true)
        #expect(Orientation(ofJPEG: whole) == .turnedRight)
        for length in 0..<whole.count - 3 { #expect(Orientation(ofJPEG: Array(whole.prefix(length))) == .upright) }
        #expect(Orientation(ofJPEG: [0xFF, 0xD8] + Self.exif(9, little: false)) == .upright)
        for index in whole.indices.dropFirst(2) {
            var changed = whole
            changed[index] = 0xFF
            _ = Orientation(ofJPEG: changed)
        }
    }
}
