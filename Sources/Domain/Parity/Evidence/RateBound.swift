/// Upper bounds of the rate of mismatches: "proved so far: less than u".
package enum RateBound {
    /// Clopper and Pearson's one-sided bound, BetaInv(1−α; k+1, n−k): right for **one look** at a number of comparisons
    /// that was fixed before. 1 without comparisons.
    package static func oneLook(_ tally: Tally, risk: Double = 0.05) -> Double {
        if tally.matches == 0 { return 1 }
        // The greatest rate at which k or fewer mismatches still happen with probability α.
        return bisect { rate in atMost(tally, rate) > risk }
    }

    /// The bound that holds at **any look**: rates whose mixture M_n(p) = B(a+k, b+n−k) / (B(a,b)·p^k·(1−p)^(n−k)) stays
    /// below 1/α (Robbins 1970), with Jeffreys' a = b = ½ by default.
    package static func anyLook(_ tally: Tally, risk: Double = 0.05, a: Double = 0.5, b: Double = 0.5) -> Double {
        if tally.matches == 0 { return 1 }
        let k = Double(tally.mismatches)
        let rest = Double(tally.matches)
        let mixed = Logarithm.beta(a + k, b + rest) - Logarithm.beta(a, b)
        let limit = -Logarithm.natural(risk)
        let likeliest = k / Double(tally.total)
        return bisect(from: likeliest) { rate in
            mixed - k * Logarithm.natural(rate) - rest * Logarithm.onePlus(-rate) < limit
        }
    }

    /// P(at most k of n | rate), summed in logarithms from the first term.
    private static func atMost(_ tally: Tally, _ rate: Double) -> Double {
        var term = Double(tally.total) * Logarithm.onePlus(-rate)
        let odds = Logarithm.natural(rate) - Logarithm.onePlus(-rate)
        var sum = Logarithm.power(term)
        for count in 0..<tally.mismatches {
            term += Logarithm.natural(Double(tally.total - count) / Double(count + 1)) + odds
            sum += Logarithm.power(term)
        }
        return sum
    }

    /// The rate above `lower` at which a condition that holds there first fails.
    private static func bisect(from lower: Double = 0, _ holds: (Double) -> Bool) -> Double {
        var low = lower
        var high = 1.0
        for _ in 0..<100 {
            let middle = (low + high) / 2
            if middle <= low || middle >= high { break }
            if holds(middle) { low = middle } else { high = middle }
        }
        return high
    }
}
