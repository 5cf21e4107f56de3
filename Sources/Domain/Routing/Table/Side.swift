/// Which side of a route serves a request.
package enum Side: UInt8, Sendable, CaseIterable {
    case legacy, service

    package var name: StaticString {
        switch self {
        case .legacy: "legacy"
        case .service: "service"
        }
    }
    package var other: Side { self == .legacy ? .service : .legacy }
}
