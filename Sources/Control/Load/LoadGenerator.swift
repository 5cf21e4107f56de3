package import EventLoop
import HTTP
package import ServiceKit
import Synchronization

/// Open-model traffic: requests leave when the schedule says, whether or not earlier ones were answered, and their
/// latency counts from the scheduled moment.
package final class LoadGenerator: Sendable {
    private struct State {
        var total = LoadStatistics()
        var window = LoadStatistics()
        var windowBegan = ContinuousClock.now
    }

    private let client: HTTPClient
    private let address: SocketAddress
    private let rate: Double
    private let process: ArrivalTimes.Process
    private let seed: UInt64
    private let state = Mutex(State())
    private let began = ContinuousClock.now
    package let limit: LoadLimit

    /// The client is the load's own: its connections are as many as requests may be under way.
    package init(
        address: SocketAddress, rate: Double, arrivals: ArrivalTimes.Process, seed: UInt64, limit: LoadLimit
    ) throws(HTTPClientError) {
        do {
            // A connection that is just closing still counts for a moment.
            client = try HTTPClient(name: "strangler-load", connections: limit.requests + 64)
        } catch {
            throw HTTPClientError(.unreachable, "no thread for the load: \(error)")
        }
        self.limit = limit
        self.address = address
        self.rate = rate
        process = arrivals
        self.seed = seed
    }

    package var elapsed: Duration { ContinuousClock.now - began }
    package var total: LoadStatistics { state.withLock { $0.total } }

    /// The figures since the last call, and how long ago that was.
    package func takeWindow() -> (statistics: LoadStatistics, span: Duration) {
        state.withLock { state in
            let now = ContinuousClock.now
            defer {
                state.window = LoadStatistics()
                state.windowBegan = now
            }
            return (state.window, now - state.windowBegan)
        }
    }

    /// Sends until the task is cancelled or `span` is over, then waits for the responses under way.
    package func run(_ visitors: SampleVisitors, for span: Duration? = nil) async {
        var arrivals = ArrivalTimes(process, rate: rate, seed: seed)
        var visitors = visitors
        let start = ContinuousClock.now
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let offset = arrivals.next()
                if let span, offset > span { break }
                let due = start + offset
                if due > .now { try? await Task.sleep(until: due, tolerance: .zero, clock: .continuous) }
                if Task.isCancelled { break }
                let request = visitors.next()
                let isSent = state.withLock { state in
                    guard state.total.sent - state.total.completed < limit.requests else {
                        state.total.recordUnsent()
                        state.window.recordUnsent()
                        return false
                    }
                    state.total.recordSent()
                    state.window.recordSent()
                    return true
                }
                guard isSent else { continue }
                // A request on its way is finished even when the load is told to stop: a cut one would count as an
                // error that nobody's user saw.
                group.addTask { await Task { await self.send(request, due: due) }.value }
            }
        }
    }

    private func send(_ request: SampleVisitors.Request, due: ContinuousClock.Instant) async {
        var fields: HTTPFields = ["user-agent": "strangler-load"]
        for (name, value) in request.fields { fields.append(name, value) }
        let message = HTTPRequest(method: "GET", target: request.target, host: address.description, fields: fields)
        do throws(HTTPClientError) {
            let response = try await client.send(message, to: address, timeout: .seconds(15))
            let side = response.fields["x-strangler-side"]
            let status = Int(response.status.rawValue)
            if (200..<400).contains(status) {
                record(
                    .answered(side: side, route: response.fields["x-strangler-route"], status: status), request, due)
            } else {
                record(.refused(side: side, status: status), request, due)
            }
        } catch {
            record(.failed(error.description), request, due)
        }
    }

    private func record(
        _ outcome: LoadStatistics.Outcome, _ request: SampleVisitors.Request, _ due: ContinuousClock.Instant
    ) {
        let latency = ContinuousClock.now - due
        state.withLock { state in
            state.total.record(outcome, of: request.name, latency: latency)
            state.window.record(outcome, of: request.name, latency: latency)
        }
    }
}
