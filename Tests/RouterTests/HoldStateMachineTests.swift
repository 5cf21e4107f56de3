import Testing

@testable import Router

/// Every state of a hold against every event.
struct HoldStateMachineTests {
    typealias Machine = HoldStateMachine
    typealias State = HoldStateMachine.State

    /// Of two loops.
    private static func machine(in state: State) -> Machine {
        var machine = Machine(loops: 2)
        switch state {
        case .requested: break
        case .holding:
            _ = machine.acknowledged(.busy, of: 1)
            _ = machine.acknowledged(.empty, of: 1)
        case .drained:
            _ = machine.acknowledged(.empty, of: 1)
            _ = machine.acknowledged(.empty, of: 1)
        case .released: _ = machine.releaseAsked()
        case .expired: _ = machine.leasePassed()
        }
        return machine
    }

    private static let states: [State] = [
        .requested(unanswered: 2, busy: 0), .holding(busy: 1), .drained, .released, .expired,
    ]

    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let event: @Sendable (inout Machine) -> String
        /// By state; in every other one the event does nothing.
        let cells: [(from: State, action: String, next: State)]
    }

    private static let (asked, held) = (State.requested(unanswered: 2, busy: 0), State.holding(busy: 1))

    private static let rows: [Row] = [
        Row(
            testDescription: "a loop holds, and nothing is under way",
            event: { "\($0.acknowledged(.empty, of: 1))" },
            cells: [(asked, "wait", .requested(unanswered: 1, busy: 0))]),
        Row(
            testDescription: "a loop holds, and something is under way",
            event: { "\($0.acknowledged(.busy, of: 1))" },
            cells: [(asked, "wait", .requested(unanswered: 1, busy: 1))]),
        Row(
            testDescription: "a loop no longer holds", event: { "\($0.acknowledged(.gone, of: 1))" },
            cells: [(asked, "expired", .expired)]),
        Row(
            testDescription: "a loop says something of an earlier request",
            event: { "\($0.acknowledged(.empty, of: 0))" }, cells: []),
        Row(
            testDescription: "the last one that was under way has ended", event: { "\($0.emptied(of: 1))" },
            cells: [(held, "drained", .drained)]),
        Row(
            testDescription: "the same, of an earlier request", event: { "\($0.emptied(of: 0))" }, cells: []),
        Row(
            testDescription: "asked for again", event: { "\($0.askedAgain(loops: 2))" },
            cells: [(asked, "tellLoops", asked), (held, "tellLoops", asked), (.drained, "tellLoops", asked)]),
        Row(
            testDescription: "the time of what is under way has passed", event: { "\($0.drainTimePassed())" },
            cells: [(asked, "release", .released), (held, "release", .released)]),
        Row(
            testDescription: "the lease has run out", event: { "\($0.leasePassed())" },
            cells: [
                (asked, "release", .expired), (held, "release", .expired), (.drained, "release", .expired),
            ]),
        Row(
            testDescription: "a release is asked for", event: { "\($0.releaseAsked())" },
            cells: [
                (asked, "release", .released), (held, "release", .released), (.drained, "release", .released),
            ]),
    ]

    @Test(arguments: rows) func `an event does what its row says, and nothing in any other state`(row: Row) {
        for state in Self.states {
            var machine = Self.machine(in: state)
            #expect(machine.state == state)
            let before = machine
            let action = row.event(&machine)
            if let cell = row.cells.first(where: { $0.from == state }) {
                #expect(action == cell.action, "\(row.testDescription) in \(state)")
                #expect(machine.state == cell.next, "\(row.testDescription) in \(state)")
            } else {
                #expect(["wait", "nothing"].contains(action), "\(row.testDescription) in \(state)")
                #expect(machine == before, "\(row.testDescription) in \(state)")
            }
        }
    }

    @Test func `it is drained when the last loop has answered and the last request has ended`() {
        var machine = Machine(loops: 3)
        #expect(machine.acknowledged(.busy, of: 1) == .wait)
        #expect(machine.acknowledged(.empty, of: 1) == .wait)
        // The first loop is done before the third one has answered.
        #expect(machine.emptied(of: 1) == .wait)
        #expect(machine.acknowledged(.busy, of: 1) == .wait)
        #expect(machine.state == .holding(busy: 1))
        #expect(machine.emptied(of: 1) == .drained)
    }

    @Test func `what is said of an earlier request does not count for a wider one`() {
        var machine = Machine(loops: 2)
        #expect(machine.acknowledged(.busy, of: 1) == .wait)
        #expect(machine.askedAgain(loops: 2) == .tellLoops)
        #expect(machine.generation == 2)
        #expect(machine.acknowledged(.empty, of: 1) == .wait)
        #expect(machine.emptied(of: 1) == .wait)
        #expect(machine.acknowledged(.empty, of: 2) == .wait)
        #expect(machine.acknowledged(.empty, of: 2) == .drained)
        #expect(!machine.hasEnded)
        #expect(machine.leasePassed() == .release)
        #expect(machine.hasEnded)
    }
}
