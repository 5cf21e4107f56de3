/// Tells at once when answers begin to differ more often than tolerated: Page's CUSUM for p₀ against 10·p₀.
///
/// W ← max(0, W) + ln 10 for a mismatch, + ln((1−10·p₀)/(1−p₀)) for a match; the alarm is W ≥ ln 1000. A healthy past is
/// never banked: W does not fall below 0. On average at least 1,000 comparisons pass between false alarms at p₀ itself.
/// With p₀ = 0.1 %: three mismatches in a row, or four among at most 254 matches.
///
/// Kept in fixed point with ln 10 as a million units, so that three mismatches are exactly ln 1000.
package struct RollbackAlarm: Sendable, Equatable {
    private static let mismatchStep = 1_000_000
    private static let threshold = 3 * mismatchStep
    private let matchStep: Int
    private var sum = 0

    /// - Parameter tolerance: p₀, below 0.1. Default 0.1 %.
    package init(tolerance: Double = 0.001) {
        let rate = Swift.min(Swift.max(tolerance, 1e-9), 0.099)
        let match = Logarithm.onePlus(-10 * rate) - Logarithm.onePlus(-rate)
        matchStep = Int((match / Logarithm.natural(10) * Double(Self.mismatchStep)).rounded())
    }

    /// Whether it rings: it goes on ringing until `reset`.
    package private(set) var isRinging = false

    /// Takes one comparison.
    package mutating func take(isMismatch: Bool) {
        sum = Swift.max(0, sum) + (isMismatch ? Self.mismatchStep : matchStep)
        if sum >= Self.threshold { isRinging = true }
    }

    /// Forgets everything: after any change of either side, of routes or of rules.
    package mutating func reset() {
        sum = 0
        isRinging = false
    }
}
