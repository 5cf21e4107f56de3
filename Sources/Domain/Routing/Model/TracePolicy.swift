/// What the router makes for a request that brings no valid `traceparent` (W3C Trace Context).
///
/// A valid one is passed on as it came, whatever the policy.
package enum TracePolicy: Sendable, Equatable {
    /// Nothing: whatever the client sent as `traceparent` passes, valid or not, as through a hop that knows nothing of
    /// traces.
    case off
    /// A new trace that is sampled (`-01`): what is behind the router records as it did when it began its traces
    /// itself.
    case create
    /// A new trace, sampled for that share of them. From 0 to 1.
    case sample(Double)

    /// `off`, `create` or `sample:RATIO`; nil for anything else.
    package init?(parsing text: String) {
        switch text {
        case "off": self = .off
        case "create": self = .create
        default:
            guard text.hasPrefix("sample:") else { return nil }
            let digits = text.dropFirst(7)
            guard (1...18).contains(digits.utf8.count), digits.utf8.contains(where: { $0 != 0x2E }),
                digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }),
                let ratio = Double(digits.hasPrefix(".") ? "0" + digits : String(digits)), (0...1).contains(ratio)
            else { return nil }
            self = .sample(ratio)
        }
    }

    /// A trace whose last 56 bits are not below it is sampled (W3C Trace Context Level 2, 3.2.2.3.2: they are the
    /// random ones). Whoever samples the same share by the same bits chooses the same traces.
    package var rejectionThreshold: UInt64 {
        switch self {
        case .off, .create: 0
        case .sample(let ratio): UInt64(((1 - ratio) * Double(UInt64(1) << 56)).rounded())
        }
    }
}
