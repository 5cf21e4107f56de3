import ControlKit
import Routing

/// The users that a new percentage moves: users whose bucket lies between the old threshold and the new one.
package struct ShiftChange: Equatable, Sendable {
    package var before: Double
    package var after: Double

    package init(before: Double, after: Double) {
        self.before = before
        self.after = after
    }

    /// The buckets that change sides; empty when none does.
    package var moving: Range<Int> {
        let moved = AssignmentDecision.moved(from: Percent(nearest: before), to: Percent(nearest: after))
        return Int(moved.lowerBound)..<Int(moved.upperBound)
    }

    /// The share of all users that changes sides, in percent.
    package var share: Double { Double(moving.count) / 10_000 }

    package var towardsService: Bool { after > before }

    /// One sentence about who moves.
    ///
    /// - Parameters:
    ///   - keyed: whether users stay on a side; without keys only the share of requests is kept.
    package func sentence(route: String, legacy: String, service: String, keyed: Bool) -> String {
        guard !moving.isEmpty else { return "Nobody moves: \(route) stays at \(Decimal.percent(after))." }
        let (from, to) = towardsService ? (legacy, service) : (service, legacy)
        let whom = keyed ? "users" : "requests"
        var sentence = "\(Decimal.percent(share)) of \(whom) move from \(from) to \(to)"
        if keyed {
            sentence +=
                " (buckets \(Decimal.grouped(moving.lowerBound)) to \(Decimal.grouped(moving.upperBound - 1)))"
        }
        let stay = 100 - share
        return sentence + "; " + (stay == 0 ? "nobody stays." : "\(Decimal.percent(stay)) stay where they are.")
    }
}
