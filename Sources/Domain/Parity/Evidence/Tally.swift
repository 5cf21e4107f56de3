/// Comparisons of one stratum: how many, and how many of them did not match. Only matches and mismatches count;
/// incomparable pairs are kept apart by whoever counts.
package struct Tally: Sendable, Equatable {
    package var mismatches: Int
    package var total: Int

    /// Nonsense is put right: no fewer than none, and no more mismatches than comparisons.
    package init(mismatches: Int, of total: Int) {
        self.total = Swift.max(0, total)
        self.mismatches = Swift.min(Swift.max(0, mismatches), self.total)
    }

    package var matches: Int { total - mismatches }
}
