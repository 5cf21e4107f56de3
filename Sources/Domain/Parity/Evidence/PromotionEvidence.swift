/// The case against "answers differ at the tolerated rate or more often", as an e-value.
///
/// ln E = k·ln(p₁/p₀) + (n−k)·ln((1−p₁)/(1−p₀)) with p₁ = p₀/10. By Ville's inequality the chance that E ever reaches 1/α
/// while the rate is p₀ or more is at most α, whenever one looks and however often; so a report may be read every minute
/// and a promotion decided at any of them. (Wald 1945; Ramdas et al., "Game-theoretic statistics and safe anytime-valid
/// inference", 2023.)
package struct PromotionEvidence: Sendable, Equatable {
    /// Tolerated rate of mismatches p₀: 0.001 for critical routes, 0.005 for normal, 0.01 for those with little traffic.
    package let tolerance: Double
    /// α: the chance that is taken of promoting what should not be. Default 0.05.
    package let risk: Double
    /// Strata that must all be proved: the risk is divided among them (Bonferroni).
    package let strata: Int

    /// - Parameter tolerance: above 0 and below 1; anything else is taken for the nearest that makes sense.
    package init(tolerance: Double, risk: Double = 0.05, strata: Int = 1) {
        self.tolerance = Swift.min(Swift.max(tolerance, 1e-9), 0.5)
        self.risk = Swift.min(Swift.max(risk, 1e-9), 1)
        self.strata = Swift.max(1, strata)
    }

    private var perMatch: Double {
        Logarithm.onePlus(-tolerance / 10) - Logarithm.onePlus(-tolerance)
    }

    private var perMismatch: Double { -Logarithm.natural(10) }

    /// ln E after these comparisons.
    package func logarithm(_ tally: Tally) -> Double {
        Double(tally.mismatches) * perMismatch + Double(tally.matches) * perMatch
    }

    /// ln of what E must reach: S/α.
    package var threshold: Double {
        Logarithm.natural(Double(strata) / risk)
    }

    /// Whether the stratum is proved.
    package func isProved(_ tally: Tally) -> Bool {
        logarithm(tally) >= threshold
    }

    /// How many matches in a row are still missing; 0 when proved. What a report says beside "hold".
    package func matchesMissing(_ tally: Tally) -> Int {
        let missing = ((threshold - logarithm(tally)) / perMatch).rounded(.up)
        return missing > 0 ? Int(Swift.min(missing, 1e15)) : 0
    }
}
