import EventLoop
import Routing
import Testing

@testable import Router

/// A worker with one context of the mode `owned`, whose users name themselves by `x-user`.
final class HoldBench {
    let bench: WorkerBench
    private var numbers: UInt64 = 0
    var loop: Loop { bench.loop }
    var worker: Worker { bench.worker }
    var owned: LoopContext { bench.worker.owned("c") }
    /// What was copied to the new side.
    var copies: [InMemoryUpstream] { bench.newCopies.streams }
    private let assignment = Assignment(salt: "")

    init(percent: String = "0", route: String = "", epoch: UInt64? = nil) throws {
        bench = try WorkerBench(
            percent: percent, route: #""context": "c", "override": { "header": "x-side" }, \#(route)"#,
            context: #""contexts": { "c": { "keys": ["header:x-user"], "mode": "stateless" } },"#,
            edit: { document in
                document.contexts[0].mode = .owned
                document.contexts[0].epoch = epoch
            })
    }

    /// Publishes a percentage, as the end of a move does.
    func publish(_ percent: Percent, epoch: UInt64? = nil) {
        bench.serve { document in
            document.routes[0].percent = percent
            document.contexts[0].epoch = epoch
        }
    }

    func bucket(_ user: String) -> Int32 { assignment.bucket(of: user) }

    @discardableResult
    func ask(_ head: String, user: String?, fields: String = "", body: String? = nil) -> InMemoryClient {
        bench.ask(head, fields: (user.map { "x-user: \($0)\r\n" } ?? "") + fields, body: body)
    }

    // MARK: Holds

    /// - Returns: the hold's number, and what the loop says.
    func hold(
        _ buckets: Range<Int32> = 0..<1_000_000, _ kind: HoldCohort.Kind = .all, lease: UInt64 = 5000,
        again number: UInt64? = nil
    ) -> (number: UInt64, report: LoopReport) {
        numbers += 1
        let order = LoopOrder(
            number: number ?? numbers, generation: numbers,
            cohort: HoldCohort(context: "c", buckets: buckets, kind: kind), expiresAt: loop.now + .milliseconds(lease),
            isRenewal: number != nil)
        return (order.number, worker.hold(order))
    }

    @discardableResult
    func release(_ number: UInt64) -> Int { worker.endHold(number, of: "c") }

    func pass(_ milliseconds: UInt64) {
        for _ in 0..<milliseconds { loop.advance(by: .milliseconds(1)) }
    }

    // MARK: What must balance

    func counters() -> (legacy: Int64, service: Int64, worker: Int64) {
        let state = worker.states["all"]
        return (
            state?.legacy.counters.inFlight ?? 0, state?.service.counters.inFlight ?? 0, worker.inFlight
        )
    }

    /// Everybody has gone: nothing is counted as under way or waiting.
    func expectNothingLeft() {
        #expect(counters() == (0, 0, 0))
        #expect(owned.counts.waiting == 0)
        #expect(worker.exchanges.allSatisfy { $0.hold == nil })
    }
}

extension InMemorySource {
    /// What the newest request of the side looked like.
    var last: InMemoryUpstream? { streams.last }

    func answerLast(_ status: UInt16 = 200, _ fields: String = "") {
        streams.last?.answer(status, fields)
        streams.last?.end()
    }
}
