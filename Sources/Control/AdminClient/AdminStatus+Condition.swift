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

    /// Responses of one side that were of no use, when their share is high enough to be an alarm.
    package struct Faults: Equatable, Sendable {
        /// Responses of the window.
        package var answers: Int
        /// Of these: 5xx, the router's own 502 and 504 included.
        package var errors: Int
        /// Of these: broken off after their head.
        package var cut: Int

        package init(answers: Int, errors: Int, cut: Int) {
            (self.answers, self.errors, self.cut) = (answers, errors, cut)
        }
    }
}

extension AdminStatus.Mirror {
    /// Responses to copies, by class of their status.
    package struct Classes: Equatable, Sendable {
        package var good = 0
        package var redirects = 0
        package var clientErrors = 0
        package var serverErrors = 0

        package init(good: Int = 0, redirects: Int = 0, clientErrors: Int = 0, serverErrors: Int = 0) {
            (self.good, self.redirects) = (good, redirects)
            (self.clientErrors, self.serverErrors) = (clientErrors, serverErrors)
        }

        package var total: Int { good + redirects + clientErrors + serverErrors }
    }
}
