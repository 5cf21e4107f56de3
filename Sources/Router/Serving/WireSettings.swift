import HTTP
import Routing

// What the configuration says of the wire, in the words of the wire.

extension TargetNormaliser {
    init(_ document: RoutesDocument) {
        self.init(mergesSlashes: document.mergesSlashes, keepsEscapedSlashes: document.escapedSlashes == .keep)
    }
}

extension Tolerance {
    init(_ tolerance: ResponseTolerance) {
        switch tolerance {
        case .strict: self = .strict
        case .legacy: self = .legacy
        }
    }
}

extension HTTPViolation {
    /// The setting that decides whether a request with this violation is refused, as it stands in the configuration;
    /// nil: none does.
    var requestKey: StaticString? { self == .bodyTooLarge ? Failure.bodyTooLarge.setting : EdgeLack(self)?.path }

    /// The same of a response, besides the upstream's `tolerance`.
    var responseKey: StaticString? { self == .headTooLarge ? EdgeLack.responseHead.path : nil }
}
