import Foundation
import Routing
import Testing

@testable import Router

/// Every phase against every event. A row names the phases in which its event does something, with what it asks for and
/// where it leads; in every other phase the event must leave the machine as it was, and ask for nothing.
struct ExchangeStateMachineTests {
    typealias Machine = ExchangeStateMachine

    private static let rule = RetryRule()

    /// A read of the service whose request has been read whole, in the given phase.
    private static func machine(
        in phase: ExchangePhase, hasBody: Bool = false, isRead: Bool = true, requestEnded: Bool = true
    ) -> Machine {
        var machine = Machine(.init(hasBody: hasBody, isIdempotent: true))
        if phase == .matching {
            if requestEnded { _ = machine.endRequest() }
            return machine
        }
        if phase == .refusing {
            // Only a request that has not ended can wait for its end.
            _ = machine.refuse(.failure(.noRoute))
            return machine
        }
        machine.assign(.service, isRead: isRead)
        machine.begin(keepsBody: hasBody)
        if requestEnded { _ = machine.endRequest() }
        if phase == .admitting { return machine }
        if phase == .parked {
            machine.park()
            return machine
        }
        if phase == .waitingForCircuit {
            machine.waitForCircuit(20)
            return machine
        }
        _ = machine.circuit(.pass, delay: 0, longest: 300)
        if phase == .picking { return machine }
        if phase == .queued {
            machine.enqueue()
            return machine
        }
        machine.connect()
        if phase == .connecting { return machine }
        _ = machine.transmit()
        var budget = RetryBudget()
        switch phase {
        case .pausing:
            // The first repeat is immediate, the second one is not.
            for _ in 0..<2 {
                _ = machine.fail(
                    .closedUnsent, wasOld: false, hasSibling: false, random: 0, rule: rule, budget: &budget)
                if machine.phase == .admitting { again(&machine) }
            }
        case .responding: _ = machine.respond(200)
        case .tunnelling: _ = machine.respond(101)
        case .finishing:
            _ = machine.respond(200)
            _ = machine.endResponse()
        case .ended: _ = machine.endClient()
        case .matching, .parked, .admitting, .waitingForCircuit, .picking, .queued, .connecting, .sent, .refusing: break
        }
        return machine
    }

    private static func again(_ machine: inout Machine) {
        _ = machine.circuit(.pass, delay: 0, longest: 300)
        machine.connect()
        _ = machine.transmit()
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Returns the action as text; "" is nothing.
        let event: @Sendable (inout Machine) -> String
        let cells: [ExchangePhase: (action: String, next: ExchangePhase)]

        init(
            _ name: String, _ cells: [ExchangePhase: (String, ExchangePhase)],
            _ event: @escaping @Sendable (inout Machine) -> String
        ) {
            testDescription = name
            self.event = event
            self.cells = cells
        }
    }

    private static func text(_ action: some Equatable, nothing: some Equatable) -> String {
        "\(action)" == "\(nothing)" ? "" : "\(action)"
    }

    private static func text(_ ending: Machine.Ending) -> String {
        if ending.step == .nothing { return ending.held == .nothing ? "" : "\(ending)" }
        return ending.held == .nothing ? "\(ending.step)" : "\(ending.step), \(ending.held)"
    }

    private static func fail(
        _ failure: Failure, old: Bool = false, sibling: Bool = false
    ) -> @Sendable (inout Machine) -> String {
        { machine in
            var budget = RetryBudget()
            let after = machine.fail(
                failure, wasOld: old, hasSibling: sibling, random: 0, rule: rule, budget: &budget)
            guard after.step != .nothing else { return after.report == nil ? "" : "\(after)" }
            return after.report.map { "\(after.step), \($0.outcome)" } ?? "\(after.step)"
        }
    }

    /// What refuses a request wherever it is, in each phase that can be refused at once.
    private static let endings: [ExchangePhase: (String, ExchangePhase)] = [
        .matching: ("respond", .finishing), .admitting: ("respond", .finishing),
        .parked: ("respond, parkingPlace", .finishing),
        .waitingForCircuit: ("respond, circuitPlace", .finishing), .picking: ("respond", .finishing),
        .queued: ("respond, queuePlace", .finishing), .connecting: ("respond, connection", .finishing),
        .sent: ("respond, connection", .finishing), .pausing: ("respond", .finishing),
        .refusing: ("respond", .finishing), .responding: ("abort, connection", .finishing),
        .tunnelling: ("abort, connection", .finishing), .finishing: ("abort", .finishing),
    ]

    private static func endings(_ phases: ExchangePhase...) -> [ExchangePhase: (String, ExchangePhase)] {
        endings.filter { phases.contains($0.key) }
    }

    private static let rows: [Row] = [
        Row("assign", [.matching: ("", .matching)]) {
            $0.assign(.service, isRead: true); return ""
        },
        Row("begin", [.matching: ("", .admitting)]) {
            $0.begin(keepsBody: true); return ""
        },
        Row(
            "meetHold", [.admitting: ("\(Machine.HoldAction.takePlace(forMilliseconds: 2000))", .admitting)]
        ) { text($0.meetHold(longest: 2000), nothing: Machine.HoldAction.nothing) },
        Row("meetHold: it has waited for long enough", [.admitting: ("refuse", .admitting)]) {
            text($0.meetHold(longest: 0), nothing: Machine.HoldAction.nothing)
        },
        Row("park", [.admitting: ("", .parked)]) {
            $0.park(); return ""
        },
        Row("unpark", [.parked: ("true", .admitting)]) {
            text($0.unpark(after: 12, to: .legacy), nothing: false)
        },
        Row("redirect", [.sent: ("otherSide, succeeded", .admitting)]) {
            let after = $0.redirect(to: .legacy)
            return after.step == .nothing ? "" : "\(after.step), \(after.report.map { "\($0.outcome)" } ?? "-")"
        },
        Row("redirect: to where it was", [.sent: ("giveUp, succeeded", .sent)]) {
            let after = $0.redirect(to: .service)
            guard after.step != .nothing else { return "" }
            return "\(after.step), \(after.report.map { "\($0.outcome)" } ?? "-")"
        },
        Row("admit: serve", [.admitting: ("askCircuit", .admitting)]) {
            text($0.admit(.serve, isUnwell: false), nothing: Machine.Admission.nothing)
        },
        Row("admit: all unwell", [.admitting: ("fallBack(isShed: false)", .admitting)]) {
            text($0.admit(.serve, isUnwell: true), nothing: Machine.Admission.nothing)
        },
        Row("admit: by legacy", [.admitting: ("fallBack(isShed: true)", .admitting)]) {
            text($0.admit(.serveByLegacy, isUnwell: true), nothing: Machine.Admission.nothing)
        },
        Row("admit: refuse", [.admitting: ("\(Machine.Admission.refuse(.memory))", .admitting)]) {
            text($0.admit(.refuse(.memory), isUnwell: false), nothing: Machine.Admission.nothing)
        },
        Row(
            "circuit: pass",
            [
                .admitting: ("\(Machine.CircuitAction.attempt(.nothing))", .picking),
                .waitingForCircuit: ("\(Machine.CircuitAction.attempt(.circuitPlace))", .picking),
            ]
        ) { text($0.circuit(.pass, delay: 0, longest: 300), nothing: Machine.CircuitAction.nothing) },
        Row("passes", [.admitting: ("true", .picking)]) { text($0.passes(.pass), nothing: false) },
        Row("passes: not a circuit that is closed", [:]) { text($0.passes(.wait), nothing: false) },
        Row(
            "circuit: refuse",
            [
                .admitting: ("\(Machine.CircuitAction.fallBack(.nothing))", .admitting),
                .waitingForCircuit: ("\(Machine.CircuitAction.fallBack(.circuitPlace))", .admitting),
            ]
        ) {
            text(
                $0.circuit(.refuse(retryAfterMilliseconds: 9), delay: 0, longest: 300),
                nothing: Machine.CircuitAction.nothing)
        },
        Row(
            "circuit: wait",
            [.admitting: ("takePlace", .admitting), .waitingForCircuit: ("wait", .waitingForCircuit)]
        ) { text($0.circuit(.wait, delay: 30, longest: 300), nothing: Machine.CircuitAction.nothing) },
        Row(
            "circuit: wait, for too long",
            [.admitting: ("refuse", .admitting), .waitingForCircuit: ("refuse", .waitingForCircuit)]
        ) { text($0.circuit(.wait, delay: 30, longest: 33), nothing: Machine.CircuitAction.nothing) },
        Row(
            "waitForCircuit",
            [.admitting: ("", .waitingForCircuit), .waitingForCircuit: ("", .waitingForCircuit)]
        ) {
            $0.waitForCircuit(20); return ""
        },
        Row("enqueue", [.picking: ("", .queued)]) {
            $0.enqueue(); return ""
        },
        Row("leaveQueue", [.queued: ("true", .picking)]) { text($0.leaveQueue(), nothing: false) },
        Row("connect", [.picking: ("", .connecting)]) {
            $0.connect(); return ""
        },
        Row("transmit", [.connecting: ("finishes", .sent)]) {
            let out = $0.transmit()
            return out.finishes && !out.sendsKept && !out.readsOn ? "finishes" : out.readsOn ? "reads on" : ""
        },
        Row("respond: 200", [.sent: ("true", .responding)]) { text($0.respond(200), nothing: false) },
        Row("respond: 101", [.sent: ("true", .tunnelling)]) { text($0.respond(101), nothing: false) },
        Row("endResponse", [.responding: ("true", .finishing), .tunnelling: ("true", .finishing)]) {
            text($0.endResponse(), nothing: false)
        },
        Row(
            "fail: nobody listens",
            [
                .picking: ("fallBack, failed", .admitting), .queued: ("fallBack, failed", .admitting),
                .connecting: ("fallBack, failed", .admitting), .sent: ("fallBack, failed", .admitting),
                .responding: ("abort, failed", .finishing), .tunnelling: ("abort, failed", .finishing),
            ], fail(.connectRefused)),
        Row(
            "fail: nobody listens, but a sibling does",
            [
                .picking: ("retry(afterMilliseconds: 0)", .admitting),
                .queued: ("retry(afterMilliseconds: 0)", .admitting),
                .connecting: ("retry(afterMilliseconds: 0)", .admitting),
                .sent: ("retry(afterMilliseconds: 0)", .admitting),
                .responding: ("abort, failed", .finishing), .tunnelling: ("abort, failed", .finishing),
            ], fail(.connectRefused, sibling: true)),
        Row(
            "fail: an old connection ended",
            [
                .picking: ("retry(afterMilliseconds: 0)", .admitting),
                .queued: ("retry(afterMilliseconds: 0)", .admitting),
                .connecting: ("retry(afterMilliseconds: 0)", .admitting),
                .sent: ("retry(afterMilliseconds: 0)", .admitting),
                .responding: ("abort, calledOff", .finishing), .tunnelling: ("abort, calledOff", .finishing),
            ], fail(.closedUnanswered, old: true)),
        Row(
            "fail: no response in time",
            [
                .picking: ("giveUp, failed", .picking), .queued: ("giveUp, failed", .picking),
                .connecting: ("giveUp, failed", .picking), .sent: ("giveUp, failed", .picking),
                .responding: ("abort, failed", .finishing), .tunnelling: ("abort, failed", .finishing),
            ], fail(.responseTimeout)),
        Row(
            "fail: no connection was free",
            [
                .picking: ("fallBack, calledOff", .admitting), .queued: ("fallBack, calledOff", .admitting),
                .connecting: ("fallBack, calledOff", .admitting), .sent: ("fallBack, calledOff", .admitting),
                .responding: ("abort, calledOff", .finishing), .tunnelling: ("abort, calledOff", .finishing),
            ], fail(.noConnection)),
        Row(
            "refuse",
            endings(.matching, .admitting, .waitingForCircuit, .picking, .connecting)
        ) { text($0.refuse(.failure(.circuitOpen))) },
        Row("refuse: OPTIONS", endings(.matching, .admitting, .waitingForCircuit, .picking, .connecting)) {
            text($0.refuse(.options))
        },
        Row("giveUp", endings) { text($0.giveUp(.exchangeTimeout)) },
        Row("violate", endings) { text($0.violate(400)) },
        Row(
            "deadline: what was waited for",
            [
                .waitingForCircuit: ("askCircuit", .waitingForCircuit), .pausing: ("askCircuit", .admitting),
                .queued: ("leaveQueue", .queued), .parked: ("\(Machine.DeadlineAction.giveUp(.heldTooLong))", .parked),
            ]
        ) {
            text(
                $0.deadlineReached(waitIsOver: true, timeIsUp: false), nothing: Machine.DeadlineAction.rearm)
        },
        Row(
            "deadline: the whole exchange's",
            Dictionary(
                uniqueKeysWithValues: ExchangePhase.allCases.filter { $0 != .ended }.map {
                    ($0, ("\(Machine.DeadlineAction.giveUp(.exchangeTimeout))", $0))
                })
        ) {
            text(
                $0.deadlineReached(waitIsOver: false, timeIsUp: true), nothing: Machine.DeadlineAction.rearm)
        },
        Row(
            "move",
            Dictionary(
                uniqueKeysWithValues: ExchangePhase.allCases.filter { $0 != .ended }.map { phase in
                    phase == .tunnelling ? (phase, ("endTunnel", .finishing)) : (phase, ("breakOff", phase))
                })
        ) { text($0.move(isStuck: false), nothing: Machine.MovedAction.nothing) },
        Row(
            "endClient",
            Dictionary(
                uniqueKeysWithValues: ExchangePhase.allCases.map { phase in
                    let held = endings[phase]?.0.split(separator: " ").last.map(String.init) ?? ""
                    return (phase, (held.hasSuffix("lace") || held == "connection" ? held : "", .ended))
                })
        ) { text($0.endClient().held, nothing: Machine.Held.nothing) },
    ]

    @Test(arguments: rows) func `an event does what its row says, and nothing in any other phase`(row: Row) {
        for phase in ExchangePhase.allCases {
            var machine = Self.machine(in: phase)
            #expect(machine.phase == phase)
            let before = machine
            let action = row.event(&machine)
            if let cell = row.cells[phase] {
                #expect(action == cell.action, "\(row.testDescription) in \(phase)")
                #expect(machine.phase == cell.next, "\(row.testDescription) in \(phase)")
            } else {
                #expect(action.isEmpty, "\(row.testDescription) in \(phase)")
                #expect(machine == before, "\(row.testDescription) in \(phase)")
            }
        }
    }

    @Test func `what is put off is sent when the request ends`() {
        for phase in [ExchangePhase.matching, .admitting, .waitingForCircuit, .picking, .connecting] {
            var machine = Self.machine(in: phase, requestEnded: false)
            let ending = machine.refuse(.failure(.noStream))
            #expect(ending.step == .putOff, "\(phase)")
            #expect(machine.phase == .refusing)
            #expect(!machine.responseBegun)
            #expect(machine.endRequest() == .respond(.failure(.noStream)))
            #expect(machine.giveUp(.noStream).step == .respond)
            #expect(machine.status == 503)
        }
        var options = Machine(.init(hasBody: false, isIdempotent: true))
        #expect(options.refuse(.options).step == .putOff)
        #expect(options.endRequest() == .respond(.options))
        #expect(options.answerOptions() == .init(held: .nothing, step: .respond))
        #expect(options.status == 200)
        // One with a body is answered at once, because its body is not wanted.
        var upload = Machine(.init(hasBody: true, isIdempotent: true))
        #expect(upload.refuse(.failure(.bodyTooLarge)).step == .respond)
    }

    @Test func `a connection that is made gets the head, and of the body what is there`() {
        var early = Self.machine(in: .connecting, hasBody: true, isRead: false, requestEnded: false)
        #expect(early.transmit() == .init(sendsKept: true, finishes: false, readsOn: true))
        var whole = Self.machine(in: .connecting, hasBody: true, isRead: false)
        #expect(whole.transmit() == .init(sendsKept: true, finishes: true, readsOn: false))
        var bodyless = Self.machine(in: .connecting, requestEnded: false)
        #expect(bodyless.transmit() == .init(sendsKept: false, finishes: false, readsOn: false))
    }

    @Test func `a body is kept until it is too long, and forwarded where there is a connection`() {
        var machine = Self.machine(in: .sent, hasBody: true, isRead: false, requestEnded: false)
        #expect(machine.bodyArrived(fits: true) == .init(keeping: .keep, forwards: true))
        #expect(machine.wantsBodyKept)
        #expect(machine.bodyArrived(fits: false) == .init(keeping: .drop, forwards: true))
        #expect(!machine.wantsBodyKept)
        #expect(machine.bodyArrived(fits: true) == .init(keeping: .nothing, forwards: true))
        #expect(machine.endRequest() == .finishRequest)
        for phase in [ExchangePhase.matching, .admitting, .queued, .pausing, .refusing, .finishing, .ended] {
            var other = Self.machine(in: phase, requestEnded: false)
            #expect(!other.bodyArrived(fits: true).forwards, "\(phase)")
        }
    }

    @Test func `the request's end is told to an upstream that has the head`() {
        for phase in ExchangePhase.allCases where phase != .refusing {
            var machine = Self.machine(in: phase, requestEnded: false)
            let tells = [.sent, .responding, .tunnelling].contains(phase)
            #expect(machine.endRequest() == (tells ? .finishRequest : .nothing), "\(phase)")
        }
    }

    @Test func `a probe's outcome is told once, and a request that tells nothing calls it off`() {
        var probe = Self.machine(in: .admitting)
        _ = probe.circuit(.attempt(.probe), delay: 0, longest: 300)
        #expect(probe.needsFreshConnection)
        probe.connect()
        _ = probe.transmit()
        var left = probe
        #expect(left.endClient() == .init(held: .connection, calledOff: .probe))
        let passes = probe.respond(200)
        #expect(passes)
        #expect(probe.reportSuccess() == .init(outcome: .succeeded, passage: .probe))
        #expect(probe.reportSuccess() == nil)
        #expect(probe.endClient() == .init(held: .connection, calledOff: nil))
    }

    @Test func `a probe that is repeated has told its outcome, and waits like the others from then on`() {
        var machine = Self.machine(in: .admitting, isRead: false)
        _ = machine.circuit(.attempt(.trial), delay: 0, longest: 300)
        machine.connect()
        _ = machine.transmit()
        var budget = RetryBudget()
        let after = machine.fail(
            .closedUnsent, wasOld: false, hasSibling: false, random: 0, rule: Self.rule, budget: &budget)
        #expect(after.report == .init(outcome: .failed, passage: .trial))
        #expect(after.step == .retry(afterMilliseconds: 0))
        #expect(machine.passage == .ordinary)
        #expect(machine.endClient().calledOff == nil)
    }

    @Test func `a fall-back starts anew on legacy, but for the time that was waited`() {
        var machine = Self.machine(in: .connecting)
        var budget = RetryBudget()
        // One repeat, and then a wait.
        _ = machine.fail(.connectRefused, wasOld: false, hasSibling: true, random: 0, rule: Self.rule, budget: &budget)
        #expect(machine.retries == 1)
        machine.waitForCircuit(20)
        #expect(machine.circuit(.refuse(retryAfterMilliseconds: 1), delay: 0, longest: 300) == .fallBack(.circuitPlace))
        #expect(machine.side == .legacy)
        #expect(machine.assigned == .service)
        #expect(machine.fellBack)
        #expect(machine.retries == 0)
        #expect(machine.waited == 24)
        #expect(!machine.mayFallBack(Self.rule))
    }

    @Test func `whoever counts on a log-in stays on its side`() {
        for bringsLogin in [true, false] {
            var machine = Self.machine(in: .sent)
            #expect(machine.mayFallBack(Self.rule))
            machine.tie(bringsLogin: bringsLogin)
            #expect(machine.isTied)
            #expect(machine.bringsLogin == bringsLogin)
            #expect(!machine.mayFallBack(Self.rule))
        }
    }

    @Test func `the status of a time-out is the upstream's when that had the whole request`() {
        var waiting = Self.machine(in: .queued)
        _ = waiting.giveUp(.exchangeTimeout)
        #expect(waiting.isOwnRefusal)
        var sent = Self.machine(in: .sent)
        _ = sent.giveUp(.exchangeTimeout)
        #expect(!sent.isOwnRefusal)
        #expect(sent.failure == .exchangeTimeout)
        var refused = Self.machine(in: .picking)
        _ = refused.giveUp(.connectRefused)
        #expect(!refused.isOwnRefusal)
    }

    @Test func `a tunnel with bytes that are stuck is broken off, and keeps its connection until its client has ended`()
    {
        var machine = Self.machine(in: .tunnelling)
        #expect(machine.move(isStuck: true) == .abort)
        #expect(machine.isMoved)
        #expect(machine.endClient().held == .connection)
        // So is one whose upstream has ended already.
        var half = Self.machine(in: .tunnelling)
        _ = half.endResponse()
        #expect(half.isTunnel)
        #expect(half.move(isStuck: false) == .abort)
    }

    @Test func `a hold adds no more than it may, over all its times`() {
        var machine = Self.machine(in: .parked)
        let released = machine.unpark(after: 1200, to: .legacy)
        #expect(released && machine.side == .legacy && machine.assigned == .legacy)
        #expect(machine.meetHold(longest: 2000) == .takePlace(forMilliseconds: 800))
        machine.park()
        _ = machine.unpark(after: 801, to: .service)
        #expect(machine.heldFor == 2001)
        #expect(machine.meetHold(longest: 2000) == .refuse)
    }

    @Test func `a request goes to the side that owns its key once, whatever its method, if all of it is at hand`() {
        var post = Machine(.init(hasBody: true, isIdempotent: false))
        post.assign(.legacy, isRead: false)
        post.begin(keepsBody: true)
        Self.again(&post)
        _ = post.bodyArrived(fits: true)
        _ = post.endRequest()
        #expect(post.redirect(to: .service).step == .otherSide)
        #expect(post.side == .service && post.assigned == .legacy && post.isRedirected && !post.fellBack)
        _ = post.circuit(.pass, delay: 0, longest: 300)
        post.connect()
        #expect(post.transmit() == .init(sendsKept: true, finishes: true, readsOn: false))
        #expect(post.redirect(to: .legacy).step == .giveUp)

        var long = Machine(.init(hasBody: true, isIdempotent: false))
        long.assign(.legacy, isRead: false)
        long.begin(keepsBody: true)
        Self.again(&long)
        _ = long.bodyArrived(fits: false)
        #expect(long.redirect(to: .service).step == .giveUp)

        var tied = Self.machine(in: .sent)
        tied.tie(bringsLogin: true)
        #expect(tied.redirect(to: .legacy).step == .giveUp)
    }

    @Test func `under way at the upstream is what may still change something there`() {
        let under: Set<ExchangePhase> = [
            .admitting, .waitingForCircuit, .picking, .queued, .connecting, .sent, .pausing, .responding,
        ]
        for phase in ExchangePhase.allCases {
            var machine = Self.machine(in: phase)
            #expect(machine.isUnderWayAtUpstream == under.contains(phase), "\(phase)")
            _ = machine.becomeLong()
            #expect(!machine.isUnderWayAtUpstream, "\(phase)")
        }
    }

    @Test func `an exchange becomes a stream once`() {
        var machine = Self.machine(in: .sent)
        let times = (machine.becomeLong(), machine.becomeLong())
        #expect(times == (true, false))
        #expect(machine.isLong)
    }

    @Test func `interim responses pass until the final one begins`() {
        for phase in ExchangePhase.allCases {
            #expect(Self.machine(in: phase).passesInformational == (phase == .sent), "\(phase)")
        }
    }
}

struct ExchangePhaseTests {
    /// "The phases" in the document, as `number name`.
    @Test func `the document numbers the phases as the code does`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "docs/life-of-a-request.md"), encoding: .utf8)
        let rows = text.split(separator: "\n").compactMap { line -> String? in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard line.hasPrefix("| "), cells.count == 5, let number = Int(cells[0]) else { return nil }
            return "\(number) \(cells[1])"
        }
        #expect(rows == ExchangePhase.allCases.map { "\($0.rawValue) \($0)" })
    }
}
