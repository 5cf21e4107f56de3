import Imaging
import Testing

@testable import Monolith

@Suite struct PixelFilterTests {
    private func single(_ red: UInt8, _ green: UInt8, _ blue: UInt8, _ alpha: UInt8 = 255) -> Bitmap {
        Bitmap(width: 1, height: 1, filledWith: (red, green, blue, alpha))
    }

    /// Worked out by hand from the definitions in the catalogue.
    @Test(
        arguments: [
            (PixelFilter.grayscale(amount: 1), [255, 0, 0], [76, 76, 76]),
            (.grayscale(amount: 1), [0, 255, 0], [150, 150, 150]),
            (.grayscale(amount: 0), [12, 34, 56], [12, 34, 56]),
            (.grayscale(amount: 0.5), [200, 0, 0], [130, 30, 30]),
            (.sepia(amount: 1), [100, 100, 100], [135, 120, 94]),
            (.sepia(amount: 1), [255, 255, 255], [255, 255, 239]),
            (.contrast(amount: 1), [64, 128, 191], [40, 128, 215]),
            (.contrast(amount: -1), [0, 128, 255], [128, 128, 128]),
            (.contrast(amount: 0), [1, 2, 3], [1, 2, 3]),
            (.vignette(strength: 1), [9, 9, 9], [9, 9, 9]),
            (.blur(radius: 50), [10, 20, 30], [10, 20, 30]),
            (.sharpen(amount: 2), [10, 20, 30], [10, 20, 30]),
            (.aesthetic(strength: 0), [10, 20, 30], [10, 20, 30]),
        ] as [(PixelFilter, [UInt8], [UInt8])])
    func `known pixels come out as reckoned`(filter: PixelFilter, before: [UInt8], after: [UInt8]) {
        let result = filter.apply(to: single(before[0], before[1], before[2]))
        #expect(result.pixels == after + [255])
    }

    @Test func `a vignette leaves the middle and blackens the corners at full strength`() {
        let result = PixelFilter.vignette(strength: 1).apply(
            to: Bitmap(width: 5, height: 5, filledWith: (200, 100, 50, 255)))
        #expect(Array(result.pixels[48..<52]) == [200, 100, 50, 255])
        for corner in [0, 4, 20, 24] { #expect(Array(result.pixels[corner * 4..<corner * 4 + 4]) == [0, 0, 0, 255]) }
    }

    @Test func `a blur spreads a line past its boxes and keeps the sum`() throws {
        var pixels = [UInt8](repeating: 0, count: 21 * 4)
        for index in 0..<21 { pixels[index * 4 + 3] = 255 }
        pixels[10 * 4] = 243
        let bitmap = try #require(Bitmap(width: 21, height: 1, pixels: pixels))
        let result = PixelFilter.blur(radius: 1).apply(to: bitmap)
        let red = (0..<21).map { Int(result.pixels[$0 * 4]) }
        // Three boxes of three: the weights 1 3 6 7 6 3 1 of 27.
        #expect(Array(red[7...13]) == [9, 27, 54, 63, 54, 27, 9])
        #expect(red.reduce(0, +) == 243)
    }

    @Test func `hidden colour does not bleed`() throws {
        let bitmap = try #require(Bitmap(width: 2, height: 1, pixels: [255, 0, 0, 0, 0, 0, 255, 255]))
        let result = PixelFilter.blur(radius: 1).apply(to: bitmap)
        #expect(result.pixels[0] == 0)
        #expect(result.pixels[2] == 255)
    }

    @Test func `sharpening raises an edge on both sides`() throws {
        let line: [UInt8] = [100, 100, 100, 140, 140, 140]
        let bitmap = try #require(Bitmap(width: 6, height: 1, pixels: line.flatMap { [$0, $0, $0, 255] }))
        let result = PixelFilter.sharpen(amount: 1).apply(to: bitmap)
        #expect((0..<6).map { result.pixels[$0 * 4] } == [100, 100, 87, 153, 140, 140])
    }

    @Test(arguments: FilterCatalogue.all.map(\.name))
    func `every listed filter keeps size and alpha of an opaque picture`(name: String) throws {
        let filter = try #require(PixelFilter(name: name, parameters: [:]))
        let result = filter.apply(to: Bitmap(width: 13, height: 7, filledWith: (90, 120, 200, 255)))
        #expect(result.width == 13 && result.height == 7)
        #expect(stride(from: 3, to: result.pixels.count, by: 4).allSatisfy { result.pixels[$0] == 255 })
    }

    @Test func `an unlisted name is no filter`() {
        #expect(PixelFilter(name: "explode", parameters: [:]) == nil)
    }
}
