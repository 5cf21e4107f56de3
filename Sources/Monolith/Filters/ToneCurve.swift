import Imaging

/// One table of 256 values for each of red, green and blue.
struct ToneCurve {
    private let red: [UInt8]
    private let green: [UInt8]
    private let blue: [UInt8]

    private init(_ curve: (Int, Double) -> Double) {
        func table(_ channel: Int) -> [UInt8] {
            (0..<256).map { UInt8(clamping: Int((curve(channel, Double($0) / 255) * 255).rounded())) }
        }
        red = table(0)
        green = table(1)
        blue = table(2)
    }

    /// Towards `3t² - 2t³` for positive amounts, towards middle grey for negative ones.
    static func contrast(_ amount: Double) -> ToneCurve {
        ToneCurve { _, t in
            amount >= 0 ? t + (t * t * (3 - 2 * t) - t) * amount : t + (0.5 - t) * -amount
        }
    }

    /// Blacks lifted by 24 of 255, red raised by 8, blue lowered by 6.
    static func warmFade(_ strength: Double) -> ToneCurve {
        let tint = [8.0, 0, -6]
        return ToneCurve { channel, t in
            let lift = 24.0 / 255 * strength
            return lift + t * (1 - lift) + tint[channel] / 255 * strength
        }
    }

    func apply(to bitmap: inout Bitmap) {
        bitmap.pixels.withUnsafeMutableBufferPointer { pixels in
            for offset in stride(from: 0, to: pixels.count - 3, by: 4) {
                pixels[offset] = red[Int(pixels[offset])]
                pixels[offset + 1] = green[Int(pixels[offset + 1])]
                pixels[offset + 2] = blue[Int(pixels[offset + 2])]
            }
        }
    }
}
