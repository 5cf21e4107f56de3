import Imaging

/// A 3 by 3 matrix over red, green and blue in 16.16 fixed point.
struct ColourMatrix {
    private let weights: [Int]

    private init(towards target: [Double], amount: Double) {
        weights = target.enumerated().map { index, value in
            let identity = index % 4 == 0 ? 1.0 : 0.0
            return Int(((identity + (value - identity) * amount) * 65_536).rounded())
        }
    }

    static func grayscale(amount: Double) -> ColourMatrix {
        let luma = [0.299, 0.587, 0.114]
        return ColourMatrix(towards: luma + luma + luma, amount: amount)
    }

    static func sepia(amount: Double) -> ColourMatrix {
        ColourMatrix(towards: [0.393, 0.769, 0.189, 0.349, 0.686, 0.168, 0.272, 0.534, 0.131], amount: amount)
    }

    func apply(to bitmap: inout Bitmap) {
        weights.withUnsafeBufferPointer { weight in
            bitmap.pixels.withUnsafeMutableBufferPointer { pixels in
                for offset in stride(from: 0, to: pixels.count - 3, by: 4) {
                    let red = Int(pixels[offset])
                    let green = Int(pixels[offset + 1])
                    let blue = Int(pixels[offset + 2])
                    for channel in 0..<3 {
                        let row = channel * 3
                        let sum = weight[row] * red + weight[row + 1] * green + weight[row + 2] * blue
                        pixels[offset + channel] = UInt8(clamping: (sum + 32_768) >> 16)
                    }
                }
            }
        }
    }
}
