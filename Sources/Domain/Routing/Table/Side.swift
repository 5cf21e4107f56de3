/// Which side of a route serves a request.
public enum Side: UInt8, Sendable, CaseIterable {
    case legacy, service

    package var name: StaticString {
        switch self {
        case .legacy: "legacy"
        case .service: "service"
        }
    }
    /// The side that a request names; nil: neither.
    package init?(named text: UnsafeRawBufferPointer) {
        func says(_ name: StaticString) -> Bool {
            text.count == name.utf8CodeUnitCount
                && text.elementsEqual(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        }
        if says(Side.service.name) {
            self = .service
        } else if says(Side.legacy.name) {
            self = .legacy
        } else {
            return nil
        }
    }

    package var other: Side { self == .legacy ? .service : .legacy }
}
