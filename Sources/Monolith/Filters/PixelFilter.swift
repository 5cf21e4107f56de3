package import Imaging

/// A filter with its parameters: a pure function from picture to picture.
///
/// Arithmetic is in integers and look-up tables; alpha is never touched except by `blur`, which weighs colour by it.
package enum PixelFilter: Sendable, Equatable {
    case grayscale(amount: Double)
    case sepia(amount: Double)
    case blur(radius: Int)
    case sharpen(amount: Double)
    case vignette(strength: Double)
    case contrast(amount: Double)
    case aesthetic(strength: Double)

    /// Nil for a name that the catalogue lacks; parameters are taken as they are (see `FilterSelection`).
    package init?(name: String, parameters: [String: Double]) {
        func value(_ key: String) -> Double {
            parameters[key] ?? FilterCatalogue.named(name)?.parameters.first { $0.name == key }?.standard ?? 0
        }
        switch name {
        case "grayscale": self = .grayscale(amount: value("amount"))
        case "sepia": self = .sepia(amount: value("amount"))
        case "blur": self = .blur(radius: max(1, min(50, Int(value("radius")))))
        case "sharpen": self = .sharpen(amount: value("amount"))
        case "vignette": self = .vignette(strength: value("strength"))
        case "contrast": self = .contrast(amount: value("amount"))
        case "aesthetic": self = .aesthetic(strength: value("strength"))
        default: return nil
        }
    }

    package func apply(to bitmap: Bitmap) -> Bitmap {
        var result = bitmap
        switch self {
        case .grayscale(let amount): ColourMatrix.grayscale(amount: amount).apply(to: &result)
        case .sepia(let amount): ColourMatrix.sepia(amount: amount).apply(to: &result)
        case .blur(let radius): BoxBlur(radius: radius).apply(to: &result)
        case .sharpen(let amount): UnsharpMask(amount: amount).apply(to: &result)
        case .vignette(let strength): Vignette(strength: strength).apply(to: &result)
        case .contrast(let amount): ToneCurve.contrast(amount).apply(to: &result)
        case .aesthetic(let strength):
            // The order is part of the look: the curve works on the picture's own colours, the fade lifts what the
            // curve made black, and the vignette darkens the finished picture.
            ToneCurve.contrast(0.35 * strength).apply(to: &result)
            ColourMatrix.sepia(amount: 0.3 * strength).apply(to: &result)
            ToneCurve.warmFade(strength).apply(to: &result)
            Vignette(strength: 0.45 * strength).apply(to: &result)
        }
        return result
    }
}
