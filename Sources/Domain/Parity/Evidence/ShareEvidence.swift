/// Whether errors fall on the candidate more often than its share of the traffic explains.
package enum ShareEvidence {
    /// The e-value for "k of N errors fall on a side that has the share θ of the traffic", against any other share:
    /// E = B(a+k, b+N−k) / (B(a,b)·θ^k·(1−θ)^(N−k)) with a = 10·θ, b = 10·(1−θ). Valid at any look. Act only when the
    /// candidate has more than its share: 20 holds a promotion, 100 rolls back.
    /// - Returns: E; 1 without errors or for a share that is none.
    package static func errors(_ onCandidate: Int, of all: Int, share: Double) -> Double {
        let tally = Tally(mismatches: onCandidate, of: all)
        guard share > 0, share < 1, tally.total > 0 else { return 1 }
        let k = Double(tally.mismatches)
        let rest = Double(tally.matches)
        let a = 10 * share
        let b = 10 * (1 - share)
        return Logarithm.power(
            Logarithm.beta(a + k, b + rest) - Logarithm.beta(a, b) - k * Logarithm.natural(share)
                - rest * Logarithm.onePlus(-share))
    }

    /// One-sided sign test of a field: `b` pairs where only the candidate differed, `c` where only a second copy of the
    /// right side did. The probability of so many or more under "no worse than noise"; 1 when there are none.
    package static func signTest(_ b: Int, _ c: Int) -> Double {
        let tally = Tally(mismatches: b, of: b + c)
        guard tally.total > 0 else { return 1 }
        var term = Double(tally.total) * Logarithm.natural(0.5)
        var sum = 0.0
        for count in 0...tally.total {
            if count >= tally.mismatches { sum += Logarithm.power(term) }
            if count < tally.total {
                term += Logarithm.natural(Double(tally.total - count) / Double(count + 1))
            }
        }
        return Swift.min(1, sum)
    }
}
