import AdminAPI
import AdminClient
import ControlKit
import Synchronization
import Testing

/// A router that dies in the middle of a request.
struct PatientExchangeTests {
    private final class Router: Sendable {
        let asked = Mutex(0)
        let failure: OperationFailure
        let deaths: Int

        init(dies deaths: Int, broken: Bool) {
            var failure = OperationFailure(
                .unreachable, "gone", fix: "start it: strangler-router --config routes.json")
            failure.isBroken = broken
            self.failure = failure
            self.deaths = deaths
        }

        @Sendable func exchange(_ request: AdminCall) async throws -> AdminResponse {
            let number = asked.withLock { count in
                count += 1
                return count
            }
            if number <= deaths { throw failure }
            return AdminResponse(status: 200, body: [])
        }
    }

    private func send(_ endpoint: AdminEndpoint, _ router: Router) async throws -> Int {
        let patient = PatientExchange(
            configuration: "/srv/own.json", patience: .seconds(3600), restart: .seconds(3600), router.exchange)
        _ = try await patient.send(AdminCall(endpoint, of: "x"))
        return router.asked.withLock { $0 }
    }

    @Test func `a rollback is asked for again, until the router is back`() async throws {
        #expect(try await send(.rollback, Router(dies: 3, broken: true)) == 4)
    }

    @Test(arguments: [(AdminEndpoint.shift, true), (.putRoutes, true), (.rollback, false)])
    func `what is not to be repeated is not, and a router that was never there is not waited for`(
        _ endpoint: AdminEndpoint, _ isBroken: Bool
    ) async throws {
        let router = Router(dies: 1, broken: isBroken)
        let thrown = await #expect(throws: OperationFailure.self) { _ = try await send(endpoint, router) }
        #expect(router.asked.withLock { $0 } == 1)
        #expect(thrown?.fixes == ["start it: strangler-router --config /srv/own.json"])
    }

    @Test(arguments: [(1, 1, 30.0, 0.05...0.1), (4, 1, 30, 0.4...0.8), (9, 1, 30, 0.5...1), (9, 5, 30, 2.5...5)])
    func `the pause before another attempt grows up to what the router asks for, and ends with the time`(
        _ attempt: Int, _ retryAfter: Int, _ left: Double, _ bounds: ClosedRange<Double>
    ) throws {
        for _ in 0..<50 {
            let pause = try #require(PatientExchange.pause(attempt, retryAfter, left: .seconds(left)))
            #expect(bounds.contains(pause.seconds))
        }
        #expect(PatientExchange.pause(attempt, retryAfter, left: .milliseconds(10)) == nil)
    }
}
