import func Glibc.log10

/// Decoded pixels. The caller decodes them: the comparison itself knows no image format.
package struct Picture: Sendable {
    package let width: Int
    package let height: Int
    /// Whether the picture carries transparency: an opaque picture and one with alpha differ even when they look alike.
    package let hasAlpha: Bool
    /// Eight bits each of red, green, blue and alpha, row by row from the top; `width · height · 4` bytes.
    package let pixels: [UInt8]

    /// `nil` when the pixels do not fill the dimensions.
    package init?(width: Int, height: Int, hasAlpha: Bool, pixels: [UInt8]) {
        let (area, overflow) = width.multipliedReportingOverflow(by: height)
        guard width > 0, height > 0, !overflow, area <= Int.max / 4, pixels.count == area * 4 else { return nil }
        self.width = width
        self.height = height
        self.hasAlpha = hasAlpha
        self.pixels = pixels
    }

    /// How far two pictures of the same size are apart.
    struct Distance: Equatable {
        /// The greatest difference of one channel of one pixel, 0 to 255.
        var greatest: Int
        /// 10·log₁₀(255²/MSE) in decibels over all channels; infinite when no pixel differs.
        var signalToNoise: Double
    }

    /// `nil` when the dimensions differ.
    func distance(to other: Picture) -> Distance? {
        guard width == other.width, height == other.height else { return nil }
        var greatest = 0
        var squares = 0.0
        for index in pixels.indices {
            let delta = Int(pixels[index]) - Int(other.pixels[index])
            greatest = Swift.max(greatest, Swift.abs(delta))
            squares += Double(delta * delta)
        }
        if squares == 0 { return Distance(greatest: 0, signalToNoise: .infinity) }
        let meanSquare = squares / Double(pixels.count)
        return Distance(greatest: greatest, signalToNoise: 10 * log10(255 * 255 / meanSquare))
    }
}
