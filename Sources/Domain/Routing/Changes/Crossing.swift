/// Which users one route moves from one upstream to another when its destination changes.
package struct Crossing: Sendable, Equatable {
    /// Users who were served by one upstream and will be by another.
    package struct Flow: Sendable, Equatable {
        package var from: String
        package var to: String
        /// Of the route's users, in percent.
        package var share: Double
        /// Their buckets; nil when the draw itself changes, so that no range tells who they are.
        package var buckets: Range<Int32>?
    }

    /// How far `Flow.share` can be relied on.
    package enum Certainty: Sendable, Equatable {
        /// Thresholds move over the same draw: exactly these buckets.
        case exact
        /// Every user is drawn anew, independently of before: the share that this gives on average.
        case about
        /// Only users whose key is another one now are drawn anew, and the files do not tell how many they are.
        case upTo
    }

    /// What draws users anew.
    package enum Reason: String, Sendable, CaseIterable {
        case keys, salt
        /// The cookie in which a token is looked for.
        case jwtCookie
        /// Peers whose word about a client's address is taken.
        case trustedPeers
    }

    package var flows: [Flow]
    package var certainty: Certainty
    package var reasons: [Reason]

    package var isEmpty: Bool { flows.isEmpty }
    /// Of the route's users, in percent.
    package var share: Double { flows.reduce(0) { $0 + $1.share } }

    package init(from old: Destination, to new: Destination) {
        let reasons = Self.reasons(old.draw, new.draw)
        // At 0 and 100 everybody is on one side, whatever the draw: the other threshold alone says who moves.
        let isOpen = [old.percent, new.percent].allSatisfy { $0 > .zero && $0 < .all }
        let exact = Self.merged(Self.ofThresholds(old, new))
        guard isOpen, !reasons.isEmpty else {
            (flows, certainty, self.reasons) = (exact, .exact, [])
            return
        }
        self.reasons = reasons
        let independent = Self.merged(Self.ofDraws(old, new))
        // Another salt, or no keys on one of the sides: every user. Other keys: those whose first key is another one
        // now.
        guard old.draw != nil, new.draw != nil, !reasons.contains(.salt) else {
            (flows, certainty) = (independent, .about)
            return
        }
        certainty = .upTo
        flows = independent.map { flow in
            let kept = exact.first { $0.from == flow.from && $0.to == flow.to }?.share ?? 0
            return Flow(from: flow.from, to: flow.to, share: max(flow.share, kept), buckets: nil)
        }
    }

    private static func reasons(_ old: Destination.Draw?, _ new: Destination.Draw?) -> [Reason] {
        guard let old, let new else { return old == new ? [] : [.keys] }
        var reasons: [Reason] = []
        if old.keys != new.keys { reasons.append(.keys) }
        if old.salt != new.salt { reasons.append(.salt) }
        let readsTokens = (old.keys + new.keys).contains { $0.hasPrefix("jwt:") }
        if old.tokenCookie != new.tokenCookie, readsTokens { reasons.append(.jwtCookie) }
        if Set(old.trustedPeers) != Set(new.trustedPeers) { reasons.append(.trustedPeers) }
        return reasons
    }

    /// The same draw: buckets below a threshold are the service's.
    private static func ofThresholds(_ old: Destination, _ new: Destination) -> [Flow] {
        let cuts = [0, min(old.percent, new.percent).ticks, max(old.percent, new.percent).ticks, Percent.all.ticks]
        return zip(cuts, cuts.dropFirst()).compactMap { low, high in
            guard low < high else { return nil }
            return Flow(
                from: old.upstream(ofBucket: low), to: new.upstream(ofBucket: low), share: Double(high - low) / 10_000,
                buckets: low..<high)
        }
    }

    /// Two independent draws: p(1 - q) go back, q(1 - p) go to the service.
    private static func ofDraws(_ old: Destination, _ new: Destination) -> [Flow] {
        let (p, q) = (old.percent.ratio, new.percent.ratio)
        return [
            Flow(from: old.legacy, to: new.onService, share: (1 - p) * q * 100),
            Flow(from: old.onService, to: new.legacy, share: p * (1 - q) * 100),
            Flow(from: old.onService, to: new.onService, share: p * q * 100),
            Flow(from: old.legacy, to: new.legacy, share: (1 - p) * (1 - q) * 100),
        ]
    }

    private static func merged(_ flows: [Flow]) -> [Flow] {
        var result: [Flow] = []
        for flow in flows where flow.from != flow.to && flow.share > 0 {
            if let index = result.firstIndex(where: { $0.from == flow.from && $0.to == flow.to }) {
                result[index].share += flow.share
                // Two pieces that do not touch are no range.
                if let left = result[index].buckets, let right = flow.buckets, left.upperBound == right.lowerBound {
                    result[index].buckets = left.lowerBound..<right.upperBound
                } else {
                    result[index].buckets = nil
                }
            } else {
                result.append(flow)
            }
        }
        return result
    }
}

extension Destination {
    fileprivate var onService: String { service ?? legacy }

    fileprivate func upstream(ofBucket bucket: Int32) -> String {
        switch AssignmentDecision.side(ofBucket: bucket, percent: percent) {
        case .service: onService
        case .legacy: legacy
        }
    }
}
