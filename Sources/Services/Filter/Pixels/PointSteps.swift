import Imaging

/// Linear mixing of the three colours.
struct Mix: PixelStep {
    let red: SIMD3<Float>
    let green: SIMD3<Float>
    let blue: SIMD3<Float>

    static func grayscale(_ amount: Double) -> Mix {
        let luma = SIMD3<Float>(0.299, 0.587, 0.114)
        return Mix(luma, luma, luma, amount: Float(amount))
    }

    static func sepia(_ amount: Double) -> Mix {
        Mix(
            SIMD3(0.393, 0.769, 0.189), SIMD3(0.349, 0.686, 0.168), SIMD3(0.272, 0.534, 0.131), amount: Float(amount))
    }

    private init(_ red: SIMD3<Float>, _ green: SIMD3<Float>, _ blue: SIMD3<Float>, amount: Float) {
        self.red = SIMD3(1, 0, 0) * (1 - amount) + red * amount
        self.green = SIMD3(0, 1, 0) * (1 - amount) + green * amount
        self.blue = SIMD3(0, 0, 1) * (1 - amount) + blue * amount
    }

    func transform(_ picture: Bitmap) -> Bitmap {
        picture.mappingColours { _, _, colour in
            SIMD3((red * colour).sum(), (green * colour).sum(), (blue * colour).sum())
        }
    }
}

/// A polynomial over each colour: `offset + scale * (t + bend * (3t² - 2t³ - t))` with `t` in 0...1.
struct Curve: PixelStep {
    var bend: Float = 0
    var scale: SIMD3<Float> = SIMD3(repeating: 1)
    var offset: SIMD3<Float> = SIMD3(repeating: 0)

    /// Positive amounts bend towards an S, negative ones pull towards middle grey.
    static func contrast(_ amount: Float) -> Curve {
        guard amount < 0 else { return Curve(bend: amount) }
        return Curve(scale: SIMD3(repeating: 1 + amount), offset: SIMD3(repeating: -amount / 2))
    }

    /// Lifts black by 24 of 255, and moves red by +8 and blue by -6.
    static func warmFade(_ strength: Float) -> Curve {
        let lift = 24 * strength / 255
        return Curve(
            scale: SIMD3(repeating: 1 - lift), offset: SIMD3(repeating: lift) + SIMD3(8, 0, -6) * (strength / 255))
    }

    func transform(_ picture: Bitmap) -> Bitmap {
        picture.mappingColours { _, _, colour in
            let t = colour / 255
            let bent = t + bend * (t * t * (3 - 2 * t) - t)
            return (offset + scale * bent) * 255
        }
    }
}

/// Multiplies colour by `1 - strength * d²`; `d` is the distance from the middle as a share of the corner's.
struct Darkening: PixelStep {
    let strength: Float

    func transform(_ picture: Bitmap) -> Bitmap {
        let middle = SIMD2<Float>(Float(picture.width - 1), Float(picture.height - 1)) / 2
        let reach = (middle * middle).sum()
        guard reach > 0 else { return picture }
        return picture.mappingColours { x, y, colour in
            let away = SIMD2<Float>(Float(x), Float(y)) - middle
            return colour * (1 - strength * (away * away).sum() / reach)
        }
    }
}
