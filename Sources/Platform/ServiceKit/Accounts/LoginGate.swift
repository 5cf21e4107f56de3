import Formats
import HTTP
import Synchronization
import Telemetry

/// Lets passwords be checked no faster than `LoginThrottle` allows, from any loop.
package final class LoginGate: Sendable {
    private let throttle = Mutex(LoginThrottle())
    private let now: @Sendable () -> Int

    /// - Parameter now: seconds; comes in from outside for tests.
    package init(now: @escaping @Sendable () -> Int = { Timestamp.now().seconds }) { self.now = now }

    /// The result of `check`, which is nil for a wrong password. Throws 429 without calling it when too many tries were
    /// wrong before.
    ///
    /// - Parameter device: see `LoginThrottle.reserve`.
    package func admit<Account>(
        _ account: String, of request: ServiceRequest, device: String?, _ check: () async throws -> Account?
    ) async throws -> Account? {
        let address = request.client.network
        let verdict = throttle.withLock { $0.reserve(account: account, address: address, device: device, now: now()) }
        switch verdict {
        case .wait(let seconds):
            throw Problem(
                .tooManyRequests, code: "slow_down", title: "Too many failed logins",
                detail: "try again in \(seconds) s", fields: [("retry-after", String(seconds))])
        case .admitted(let attempt):
            do {
                let found = try await check()
                throttle.withLock {
                    if found == nil { $0.wrong(attempt, now: now()) } else { $0.right(attempt, now: now()) }
                }
                return found
            } catch {
                throttle.withLock { $0.undecided(attempt) }
                throw error
            }
        }
    }
}
