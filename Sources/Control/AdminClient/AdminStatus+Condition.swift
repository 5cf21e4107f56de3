package import AdminAPI

/// How a side and its upstream are.
extension AdminStatus {
    /// An upstream's endpoints taken together.
    package enum Health: Equatable, Sendable {
        case healthy
        /// None of its endpoints answers its probes; with the reason of the first.
        case ill(String?)
        /// All of its endpoints were taken out by requests that failed there.
        case ejected
        /// Some are out, others serve.
        case partly(out: Int, of: Int)
        /// Nothing was asked of it, or nothing since its ejection ended.
        case unknown

        /// None of its endpoints is one to send to.
        package var isOut: Bool {
            switch self {
            case .ill, .ejected: true
            case .healthy, .partly, .unknown: false
            }
        }
    }

    package enum Circuit: String, Equatable, Sendable {
        case closed, open
        case halfOpen = "half-open"
    }
}

extension AdminStatus.Configuration {
    /// Why the last reload was refused, if it was, and nothing else has been served since.
    package var standingRefusal: String? {
        guard let lastReload, lastReload.result == "refused", lastReload.isCurrent else { return nil }
        return lastReload.message ?? "refused"
    }
}
