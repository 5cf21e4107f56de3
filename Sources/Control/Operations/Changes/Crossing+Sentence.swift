package import ControlKit
import Routing

extension Crossing {
    /// `about 9% of users move from monolith to profile and about 9% from profile to monolith, because ...`.
    ///
    /// - Parameter keyed: whether users stay on a side; without keys only the share of requests is kept.
    package func sentence(keyed: Bool) -> String {
        guard !isEmpty else { return "nobody changes sides" }
        let whom = keyed ? "users" : "requests"
        let roughly =
            switch certainty {
            case .exact: ""
            case .about: "about "
            case .upTo: "up to about "
            }
        let parts = flows.enumerated().map { index, flow in
            var part = roughly + Decimal.percent(flow.share, places: certainty == .exact ? 4 : 1)
            part += (index == 0 ? " of \(whom) move from " : " from ") + "\(flow.from) to \(flow.to)"
            if let buckets = flow.buckets, keyed {
                part +=
                    " (buckets \(Decimal.grouped(Int(buckets.lowerBound))) to \(Decimal.grouped(Int(buckets.upperBound) - 1)))"
            }
            return part
        }
        return parts.joined(separator: " and ") + (because.map { ", because " + $0 } ?? "")
    }

    /// Why users are drawn anew.
    private var because: String? {
        switch certainty {
        case .exact: nil
        case .about:
            reasons.contains(.salt) ? "another salt draws every user anew" : "users are drawn by keys now, or no longer"
        case .upTo:
            reasons.contains(.keys)
                ? "those whose first key is another one now are drawn anew"
                : reasons.contains(.jwtCookie)
                    ? "those whose token is found elsewhere now are drawn anew"
                    : "those whose address is found elsewhere now (trustedPeers) are drawn anew"
        }
    }

    package var datum: OutputValue {
        [
            "percent": .number(rounded(share)), "exact": .bool(certainty == .exact),
            "reasons": .array(reasons.map { .string($0.rawValue) }),
            "flows": .array(
                flows.map { flow in
                    [
                        "from": .string(flow.from), "to": .string(flow.to), "percent": .number(rounded(flow.share)),
                        "buckets": flow.buckets.map {
                            [.integer(Int64($0.lowerBound)), .integer(Int64($0.upperBound))]
                        } ?? .null,
                    ]
                }),
        ]
    }

    private func rounded(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
}
