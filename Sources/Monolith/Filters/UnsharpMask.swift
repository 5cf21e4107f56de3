import Imaging

/// `x + amount * (x - mean of the 3 by 3 pixels around it)`; the border pixel goes on beyond the edge.
struct UnsharpMask {
    let amount: Double

    func apply(to bitmap: inout Bitmap) {
        let width = bitmap.width
        let height = bitmap.height
        let source = bitmap.pixels
        let gain = Int((amount * 65_536 / 9).rounded())
        for y in 0..<height {
            let rows = [max(0, y - 1), y, min(height - 1, y + 1)].map { $0 * width }
            for x in 0..<width {
                let columns = [max(0, x - 1), x, min(width - 1, x + 1)]
                for channel in 0..<3 {
                    var sum = 0
                    for row in rows {
                        for column in columns { sum += Int(source[(row + column) * 4 + channel]) }
                    }
                    let offset = (y * width + x) * 4 + channel
                    let own = Int(source[offset])
                    bitmap.pixels[offset] = UInt8(clamping: own + ((own * 9 - sum) * gain + 32_768) >> 16)
                }
            }
        }
    }
}
