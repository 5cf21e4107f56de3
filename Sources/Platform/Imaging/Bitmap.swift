/// A picture in memory: rows from the top, four bytes per pixel (red, green, blue, alpha), alpha not multiplied in.
package struct Bitmap: Sendable, Equatable {
    package let width: Int
    package let height: Int
    /// `width * height * 4` bytes.
    package var pixels: [UInt8]

    package static let bytesPerPixel = 4

    /// Nil when the sizes are not positive or do not agree with the number of bytes.
    package init?(width: Int, height: Int, pixels: [UInt8]) {
        guard width > 0, height > 0 else { return nil }
        let (count, tooMany) = width.multipliedReportingOverflow(by: height)
        guard !tooMany, count <= Int.max / Self.bytesPerPixel, pixels.count == count * Self.bytesPerPixel else {
            return nil
        }
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// One colour everywhere; sizes below 1 count as 1.
    package init(width: Int, height: Int, filledWith colour: (UInt8, UInt8, UInt8, UInt8)) {
        let width = max(1, width)
        let height = max(1, height)
        var pixels = [UInt8](repeating: 0, count: width * height * Self.bytesPerPixel)
        for offset in stride(from: 0, to: pixels.count, by: Self.bytesPerPixel) {
            pixels[offset] = colour.0
            pixels[offset + 1] = colour.1
            pixels[offset + 2] = colour.2
            pixels[offset + 3] = colour.3
        }
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// Whether nothing shows through.
    package var isOpaque: Bool {
        stride(from: 3, to: pixels.count, by: Self.bytesPerPixel).allSatisfy { pixels[$0] == 255 }
    }
}
