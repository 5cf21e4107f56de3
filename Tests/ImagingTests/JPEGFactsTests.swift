import Testing

@testable import Imaging

/// JPEGs of kinds that cameras do not make, and that are pictures all the same.
@Suite struct JPEGFactsTests {
    private typealias Component = JPEGMaker.Component

    private func expect(
        _ maker: JPEGMaker, _ colour: (UInt8, UInt8, UInt8), _ location: SourceLocation = #_sourceLocation
    ) throws {
        let (bitmap, header) = try ImageCodec.decode(maker.bytes)
        #expect(header.width == maker.width && header.height == maker.height, sourceLocation: location)
        let expected = Bitmap(
            width: maker.width, height: maker.height, filledWith: (colour.0, colour.1, colour.2, 255))
        let difference = bitmap.largestDifference(from: expected)
        #expect(difference ?? 255 <= 2, "\(bitmap.pixels.prefix(4))", sourceLocation: location)
    }

    /// Every pair of factors that luminance can have, from 1:1 to 4:4: 4:1:0 is (4, 2).
    @Test(arguments: 1...4, 1...4) func `any subsampling is read`(horizontal: Int, vertical: Int) throws {
        // Ten blocks are the most that fit a unit of a scan (T.81 B.2.3).
        guard horizontal * vertical <= 8 else { return }
        for (width, height) in [(50, 37), (1, 1), (8, 8), (64, 64)] {
            let maker = JPEGMaker(
                width: width, height: height,
                components: [
                    Component(horizontal: horizontal, vertical: vertical, value: 76), Component(value: 85),
                    Component(value: 255),
                ])
            try expect(maker, (254, 0, 0))
        }
    }

    @Test func `chrominance may be finer than luminance`() throws {
        let maker = JPEGMaker(
            width: 40, height: 40,
            components: [
                Component(value: 149), Component(horizontal: 2, vertical: 2, value: 43),
                Component(horizontal: 2, value: 21),
            ])
        try expect(maker, (0, 255, 0))
    }

    @Test(arguments: [0, 100, 255]) func `grey is read`(value: UInt8) throws {
        try expect(JPEGMaker(width: 20, height: 9, components: [Component(value: value)]), (value, value, value))
    }

    @Test func `colour without transform is read`() throws {
        let maker = JPEGMaker(
            width: 20, height: 9, components: [Component(value: 10), Component(value: 150), Component(value: 240)],
            adobeTransform: 0)
        try expect(maker, (10, 150, 240))
    }

    /// Inks as Adobe stores them: 255 is none.
    @Test(arguments: [nil, 0] as [UInt8?]) func `inks are read as Adobe stores them`(transform: UInt8?) throws {
        let maker = JPEGMaker(
            width: 20, height: 20,
            components: [Component(value: 255), Component(value: 100), Component(value: 0), Component(value: 255)],
            adobeTransform: transform)
        try expect(maker, (255, 100, 0))
        var dark = maker
        dark.components[3].value = 128
        try expect(dark, (128, 50, 0))
    }

    @Test func `inks as luminance and chrominance are read`() throws {
        // YCCK: the first three are YCbCr of the inverted inks, here of red.
        let maker = JPEGMaker(
            width: 33, height: 20,
            components: [
                Component(horizontal: 2, vertical: 2, value: 76), Component(value: 85), Component(value: 255),
                Component(horizontal: 2, vertical: 2, value: 255),
            ], adobeTransform: 2)
        let (bitmap, _) = try ImageCodec.decode(maker.bytes)
        // The library turns YCC into CMY, which is 255 less RGB: what Adobe stores inverted comes out inverted again.
        #expect(bitmap.width == 33 && bitmap.height == 20)
        try expect(maker, (1, 255, 255))
    }

    @Test func `what only warns is a picture`() throws {
        var maker = JPEGMaker(
            width: 64, height: 64, components: [Component(value: 76), Component(value: 85), Component(value: 255)])
        maker.extraneous = [1, 2, 3, 0, 0]
        try expect(maker, (254, 0, 0))
        maker.extraneous = []
        // Data between the scan and the end.
        var bytes = maker.bytes
        bytes.insert(contentsOf: [7, 7, 7], at: bytes.count - 2)
        #expect(try ImageCodec.decode(bytes).bitmap.pixels.prefix(3) == [254, 0, 0])
        // A scan that ends too early, and an end.
        bytes = maker.bytes
        bytes.removeSubrange(bytes.count - 30..<bytes.count - 2)
        #expect(try ImageCodec.decode(bytes).bitmap.pixels.prefix(3) == [254, 0, 0])
    }

    @Test func `only the last marker may be missing`() throws {
        let maker = JPEGMaker(
            width: 64, height: 64, components: [Component(value: 76), Component(value: 85), Component(value: 255)])
        let whole = maker.bytes
        #expect(try ImageCodec.decode(Array(whole.dropLast(2))).bitmap.pixels.prefix(3) == [254, 0, 0])
        #expect(try ImageCodec.decode(Array(whole.dropLast(1))).bitmap.pixels.prefix(3) == [254, 0, 0])
        #expect(throws: ImageError.self) { try ImageCodec.decode(Array(whole.dropLast(20))) }
    }

    // MARK: Time

    @Test func `scans are counted before they are read`() throws {
        var maker = JPEGMaker(width: 64, height: 64, components: [Component(value: 90)], emptyScans: 63)
        #expect(try JPEGLayout(of: maker.bytes).scans == 64)
        try expect(maker, (90, 90, 90))
        for count in [64, 498] {
            maker.emptyScans = count
            #expect(throws: ImageError.broken(.jpeg, "it has \(count + 1) scans; at most 64 are read")) {
                try ImageCodec.decode(maker.bytes)
            }
        }
    }

    @Test func `scans of a large picture are fewer`() throws {
        var maker = JPEGMaker(width: 6_000, height: 6_000, components: [Component(value: 90)], emptyScans: 10)
        #expect(try JPEGLayout(of: maker.bytes).work == 11 * 36_000_000)
        maker.emptyScans = 30
        #expect(throws: ImageError.broken(.jpeg, "its 31 scans over 6000 by 6000 pixels would take too long")) {
            try JPEGLayout(of: maker.bytes)
        }
    }

    @Test func `a layout of any bytes is an error or within them`() {
        let whole = JPEGMaker(
            width: 30, height: 30, components: [Component(value: 76), Component(value: 85), Component(value: 255)],
            segments: JPEGMaker.segment(
                0xE2, Array("ICC_PROFILE".utf8) + [0, 1, 1] + [UInt8](repeating: 0, count: 140)),
            emptyScans: 3
        ).bytes
        var state: UInt64 = 11
        for _ in 0..<3_000 {
            var bytes = whole
            for _ in 0..<4 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes[3 + Int((state >> 33) % UInt64(bytes.count - 3))] = UInt8(truncatingIfNeeded: state >> 20)
            }
            if state % 3 == 0 { bytes.removeLast(Int((state >> 40) % UInt64(bytes.count - 3))) }
            _ = try? JPEGLayout(of: bytes)
            _ = try? ImageCodec.decode(bytes, limits: ImageLimits(bytes: 1 << 20, pixels: 100_000, side: 1_000))
        }
    }
}
