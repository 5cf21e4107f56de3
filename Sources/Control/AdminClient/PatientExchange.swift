import AdminAPI
import ControlKit

/// Requests of a command to the admin API: asked again when the router says that it is busy, or has died in the middle
/// of a rollback, until the command's time is over; and what cannot be reached is told with the configuration that was
/// asked for.
package struct PatientExchange: Sendable {
    private let configuration: String
    private let patience: Duration
    private let exchange: AdminClient.Exchange

    /// How long a router that died is waited for before a rollback goes into the file: whatever keeps it running starts
    /// it within that time.
    private let restart: Duration
    /// Told when nobody answers where the router was: one that is started again may be elsewhere.
    private let lost: @Sendable () -> Void

    package init(
        configuration: String, patience: Duration, restart: Duration = .seconds(2),
        lost: @escaping @Sendable () -> Void = {}, _ exchange: @escaping AdminClient.Exchange
    ) {
        self.configuration = configuration
        self.restart = restart
        self.lost = lost
        self.patience = patience
        self.exchange = exchange
    }

    @Sendable
    package func send(_ request: AdminCall) async throws -> AdminResponse {
        let began = ContinuousClock.now
        var attempt = 0
        var hasDied = false
        while true {
            attempt += 1
            do {
                let response = try await exchange(request)
                guard request.method != "GET", AdminProblem.isPassing(response),
                    let pause = Self.pause(attempt, response.retryAfter, left: patience - (ContinuousClock.now - began))
                else { return response }
                try await Task.sleep(for: pause)
            } catch let failure as OperationFailure where failure.kind == .unreachable {
                hasDied = hasDied || failure.isBroken
                // Asked for once more it changes nothing: a rollback may be repeated, and nothing else.
                guard hasDied, request.endpoint == .rollback, ContinuousClock.now - began < restart
                else {
                    lost()
                    throw named(failure)
                }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    /// Until the next attempt: what the router asks for at most, less by chance, so that callers who wait together do
    /// not come together.
    /// - Returns: nil: there is no time left for it.
    package static func pause(_ attempt: Int, _ retryAfter: Int?, left: Duration) -> Duration? {
        let longest = Double(min(max(retryAfter ?? 1, 1), 10)) * 1000
        let base = min(longest, 50 * Double(1 << min(attempt, 8)))
        let pause = Duration.milliseconds(Int64(base * Double.random(in: 0.5...1)))
        return pause < left ? pause : nil
    }

    private func named(_ failure: OperationFailure) -> OperationFailure {
        var failure = failure
        failure.isBroken = false
        failure.fixes = failure.fixes.map {
            $0.replacingFirst("--config routes.json", with: "--config \(configuration)")
        }
        return failure
    }
}

extension String {
    fileprivate func replacingFirst(_ part: String, with other: String) -> String {
        guard let range = firstRange(of: part) else { return self }
        return self[..<range.lowerBound] + other + self[range.upperBound...]
    }
}
