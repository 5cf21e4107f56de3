/// One number that a filter can be given.
package struct FilterParameter: Sendable, Equatable {
    package let name: String
    package let range: ClosedRange<Double>
    package let standard: Double
    /// True when fractions mean nothing (a radius in pixels).
    package let wholeNumber: Bool
}

/// What a filter is called, what it does, and what it can be given.
package struct FilterDescription: Sendable, Equatable {
    package let name: String
    package let title: String
    package let summary: String
    package let parameters: [FilterParameter]
}

/// The filters on offer, in the order in which they are listed. This table and the OpenAPI document are the definition
/// that the extracted service was written from.
package enum FilterCatalogue {
    package static let all: [FilterDescription] = [
        FilterDescription(
            name: "grayscale", title: "Grayscale", summary: "Luma of BT.601, mixed in by the amount.",
            parameters: [share("amount", 1)]),
        FilterDescription(
            name: "sepia", title: "Sepia", summary: "The brown of old prints, mixed in by the amount.",
            parameters: [share("amount", 1)]),
        FilterDescription(
            name: "blur", title: "Blur", summary: "Three box passes of the radius, close to a Gaussian.",
            parameters: [FilterParameter(name: "radius", range: 1...50, standard: 4, wholeNumber: true)]),
        FilterDescription(
            name: "sharpen", title: "Sharpen", summary: "Unsharp mask against the mean of 3 by 3 pixels.",
            parameters: [FilterParameter(name: "amount", range: 0...2, standard: 0.5, wholeNumber: false)]),
        FilterDescription(
            name: "vignette", title: "Vignette", summary: "Darkens towards the corners by the strength.",
            parameters: [share("strength", 0.5)]),
        FilterDescription(
            name: "contrast", title: "Contrast", summary: "An S-shaped curve; negative amounts flatten.",
            parameters: [FilterParameter(name: "amount", range: -1...1, standard: 0.25, wholeNumber: false)]),
        FilterDescription(
            name: "aesthetic", title: "Aesthetic", summary: "Contrast, sepia, a warm fade and a vignette in one chain.",
            parameters: [share("strength", 1)]),
    ]

    package static func named(_ name: String) -> FilterDescription? {
        all.first { $0.name == name }
    }

    private static func share(_ name: String, _ standard: Double) -> FilterParameter {
        FilterParameter(name: name, range: 0...1, standard: standard, wholeNumber: false)
    }
}
