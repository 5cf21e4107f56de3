import Imaging

/// Multiplies colour by `1 - strength * d²`, where `d` is the distance from the middle, 1 at the corners.
struct Vignette {
    let strength: Double

    func apply(to bitmap: inout Bitmap) {
        let width = bitmap.width
        let height = bitmap.height
        let centreX = Double(width - 1) / 2
        let centreY = Double(height - 1) / 2
        let corner = centreX * centreX + centreY * centreY
        guard corner > 0 else { return }
        let across = (0..<width).map { (Double($0) - centreX) * (Double($0) - centreX) / corner }
        bitmap.pixels.withUnsafeMutableBufferPointer { pixels in
            var offset = 0
            for y in 0..<height {
                let down = (Double(y) - centreY) * (Double(y) - centreY) / corner
                for x in 0..<width {
                    let factor = Int(((1 - strength * (across[x] + down)) * 65_536).rounded())
                    for channel in offset..<offset + 3 {
                        pixels[channel] = UInt8(clamping: (Int(pixels[channel]) * factor + 32_768) >> 16)
                    }
                    offset += 4
                }
            }
        }
    }
}
