package import ControlKit
package import Routing

/// What becomes of the requests of a match that comes, goes or changes: they follow another route.
package enum Fate: Equatable, Sendable {
    /// Wherever they were served, they still are.
    case stays
    /// All of them followed one rule before and follow one after.
    case crosses(Crossing, isKeyed: Bool)
    /// Several routes may have taken them; the files do not tell how many users each had.
    case unknown(routes: [String])

    /// - Parameters:
    ///   - destinations: where the requests may have gone on the other side of the change; none: nowhere.
    ///   - own: where the route in question sends them.
    ///   - isNew: whether the route comes, and does not go.
    package static func of(_ destinations: [(route: String, destination: Destination)], own: Destination, isNew: Bool)
        -> Fate
    {
        func crossing(_ other: Destination) -> Crossing {
            isNew ? Crossing(from: other, to: own) : Crossing(from: own, to: other)
        }
        let crossings = destinations.map { crossing($0.destination) }
        guard let first = crossings.first else { return .unknown(routes: []) }
        if crossings.allSatisfy(\.isEmpty) { return .stays }
        guard crossings.allSatisfy({ $0 == first }) else { return .unknown(routes: destinations.map(\.route)) }
        return .crosses(first, isKeyed: own.draw != nil)
    }

    /// The most of a route's users that change sides, in percent; nil when the files do not tell.
    package var share: Double? {
        switch self {
        case .stays: 0
        case .crosses(let crossing, _): crossing.share
        case .unknown: nil
        }
    }

    package func sentence(isNew: Bool) -> String {
        switch self {
        case .stays: return "nobody changes sides by that"
        case .crosses(let crossing, let isKeyed): return crossing.sentence(keyed: isKeyed)
        case .unknown(let routes) where routes.isEmpty:
            return isNew ? "no route took its requests before" : "no route takes its requests then"
        case .unknown(let routes):
            let names = routes.joined(separator: ", ")
            return isNew
                ? "its requests were taken by \(names), so some users may change sides"
                : "its requests fall to \(names), so some users may change sides"
        }
    }

    package var datum: OutputValue {
        switch self {
        case .stays: ["percent": 0]
        case .crosses(let crossing, _): crossing.datum
        case .unknown(let routes): ["percent": .null, "routes": .array(routes.map { .string($0) })]
        }
    }
}
