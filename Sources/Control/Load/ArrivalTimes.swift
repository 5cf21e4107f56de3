import Glibc

/// When requests arrive in an open model: the schedule knows nothing of responses, so a slow server meets a growing
/// number of requests instead of a polite client (the "coordinated omission" of closed-loop generators).
package struct ArrivalTimes: Sendable {
    package enum Process: String, Sendable, CaseIterable {
        /// Independent users: exponential gaps.
        case poisson
        /// One request every 1/rate seconds.
        case fixed
    }

    private let process: Process
    private let meanNanoseconds: Double
    private var random: SeededRandom
    /// The exact time of the last arrival, in nanoseconds since the start.
    private var clock = 0.0

    /// - Parameter rate: arrivals in a second, above 0.
    package init(_ process: Process, rate: Double, seed: UInt64) {
        self.process = process
        self.meanNanoseconds = 1e9 / max(rate, 0.001)
        self.random = SeededRandom(seed: seed)
    }

    /// The next arrival, in time since the start of the load.
    package mutating func next() -> Duration {
        switch process {
        case .fixed: clock += meanNanoseconds
        case .poisson: clock += -log(random.unit()) * meanNanoseconds
        }
        return .nanoseconds(Int64(clock))
    }
}
