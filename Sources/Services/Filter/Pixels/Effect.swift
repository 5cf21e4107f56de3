package import Imaging

/// A named picture filter: its description for `GET /api/filters`, and how it is made from numbers.
package struct Effect: Sendable {
    /// A number that the effect can be given.
    package struct Setting: Sendable {
        package let name: String
        package let minimum: Double
        package let maximum: Double
        package let fallback: Double
        /// Only whole values make sense (a radius).
        package var isInteger = false
    }

    package let name: String
    package let title: String
    package let summary: String
    package let settings: [Setting]
    /// The steps of the effect for given settings; every setting is present by then.
    private let steps: @Sendable ([String: Double]) -> [any PixelStep]

    /// Runs the steps one after the other; each rounds to eight bits.
    package func apply(_ values: [String: Double], to picture: Bitmap) -> Bitmap {
        var complete: [String: Double] = [:]
        for setting in settings { complete[setting.name] = values[setting.name] ?? setting.fallback }
        return steps(complete).reduce(picture) { $1.transform($0) }
    }

    package static func named(_ name: String) -> Effect? { all.first { $0.name == name } }

    /// In the order in which they are listed.
    package static let all: [Effect] = [
        Effect(
            name: "grayscale", title: "Grayscale", summary: "Luma of BT.601, mixed in by the amount.",
            settings: [Setting(name: "amount", minimum: 0, maximum: 1, fallback: 1)],
            steps: { [Mix.grayscale($0["amount"] ?? 1)] }),
        Effect(
            name: "sepia", title: "Sepia", summary: "The brown of old prints, mixed in by the amount.",
            settings: [Setting(name: "amount", minimum: 0, maximum: 1, fallback: 1)],
            steps: { [Mix.sepia($0["amount"] ?? 1)] }),
        Effect(
            name: "blur", title: "Blur", summary: "Three box passes of the radius, close to a Gaussian.",
            settings: [Setting(name: "radius", minimum: 1, maximum: 50, fallback: 4, isInteger: true)],
            steps: { [TripleBox(radius: Int($0["radius"] ?? 4))] }),
        Effect(
            name: "sharpen", title: "Sharpen", summary: "Unsharp mask against the mean of 3 by 3 pixels.",
            settings: [Setting(name: "amount", minimum: 0, maximum: 2, fallback: 0.5)],
            steps: { [Sharpening(amount: Float($0["amount"] ?? 0.5))] }),
        Effect(
            name: "vignette", title: "Vignette", summary: "Darkens towards the corners by the strength.",
            settings: [Setting(name: "strength", minimum: 0, maximum: 1, fallback: 0.5)],
            steps: { [Darkening(strength: Float($0["strength"] ?? 0.5))] }),
        Effect(
            name: "contrast", title: "Contrast", summary: "An S-shaped curve; negative amounts flatten.",
            settings: [Setting(name: "amount", minimum: -1, maximum: 1, fallback: 0.25)],
            steps: { [Curve.contrast(Float($0["amount"] ?? 0.25))] }),
        Effect(
            name: "aesthetic", title: "Aesthetic", summary: "Contrast, sepia, a warm fade and a vignette in one chain.",
            settings: [Setting(name: "strength", minimum: 0, maximum: 1, fallback: 1)],
            steps: { settings in
                let strength = settings["strength"] ?? 1
                return [
                    Curve.contrast(Float(0.35 * strength)), Mix.sepia(0.3 * strength), Curve.warmFade(Float(strength)),
                    Darkening(strength: Float(0.45 * strength)),
                ]
            }),
    ]
}

/// One pass over a picture: a pure function.
protocol PixelStep: Sendable {
    func transform(_ picture: Bitmap) -> Bitmap
}

extension Bitmap {
    /// A picture of the same size whose colours are computed from position and colour, each 0 to 255; alpha stays.
    func mappingColours(_ body: (_ x: Int, _ y: Int, _ colour: SIMD3<Float>) -> SIMD3<Float>) -> Bitmap {
        var result = self
        result.pixels.withUnsafeMutableBufferPointer { bytes in
            var offset = 0
            for y in 0..<height {
                for x in 0..<width {
                    let colour = SIMD3<Float>(Float(bytes[offset]), Float(bytes[offset + 1]), Float(bytes[offset + 2]))
                    let mapped = body(x, y, colour)
                    bytes[offset] = Self.eightBits(mapped.x)
                    bytes[offset + 1] = Self.eightBits(mapped.y)
                    bytes[offset + 2] = Self.eightBits(mapped.z)
                    offset += 4
                }
            }
        }
        return result
    }

    /// Rounded and kept within a byte; what is no number is black.
    static func eightBits(_ value: Float) -> UInt8 {
        guard value > 0 else { return 0 }
        return value >= 254.5 ? 255 : UInt8(value + 0.5)
    }
}
