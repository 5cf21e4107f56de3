import HTTP
import Routing

// The configuration's settings about HTTP, as the values that the modules of HTTP take.

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
    /// nil when none does.
    var requestKey: StaticString? { self == .bodyTooLarge ? Failure.bodyTooLarge.setting : EdgeLack(self)?.path }

    /// The same for a response. The upstream's `tolerance` decides as well.
    var responseKey: StaticString? { self == .headTooLarge ? EdgeLack.responseHead.path : nil }
}
