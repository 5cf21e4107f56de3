/// Whose turn it is among members of different weight: each gets its share, spread as evenly as can be, and nothing is
/// left to chance (smooth weighted round robin, as nginx has it). With equal weights it is plain turns.
struct WeightedRotation: Equatable {
    /// The credit of each endpoint: its weight is added at every turn, and the endpoint with the most credit is chosen
    /// and pays the sum of all weights. Bounded by that sum, so nothing overflows.
    private var credits: [Int32]

    init(count: Int) { credits = Array(repeating: 0, count: count) }

    /// - Parameter weight: of each member; 0 and below: not now.
    /// - Returns: nil when nobody may.
    mutating func next(_ weight: (Int) -> Int32) -> Int? {
        var total: Int32 = 0
        var best: Int?
        for index in credits.indices {
            let weight = weight(index)
            guard weight > 0 else { continue }
            total &+= weight
            credits[index] &+= weight
            if let leader = best, credits[leader] >= credits[index] { continue }
            best = index
        }
        if let best { credits[best] &-= total }
        return best
    }
}
