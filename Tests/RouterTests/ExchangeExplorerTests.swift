import Routing
import TestSupport
import Testing

@testable import Router

/// Walks the exchange machine through seeded random orders of events, with the real retry rule, budget and circuit, and
/// a world that keeps book of all that it handed out.
struct ExchangeExplorerTests {
    @Test(arguments: 0..<8) func `in any order of events the books balance`(seed: UInt64) {
        var seen = ExploredWorld.Seen()
        for walk in 0..<2500 {
            var world = ExploredWorld(seed: seed &* 1_000_003 &+ UInt64(walk))
            world.run()
            #expect(world.faults.isEmpty, "seed \(seed), walk \(walk): \(world.faults)\n\(world.history)")
            if !world.faults.isEmpty { return }
            seen.formUnion(world.seen)
        }
        // A walk that meets nothing proves nothing.
        #expect(seen.phases == Set(ExchangePhase.allCases))
        #expect(
            seen.steps.isSuperset(of: [
                "own response", "put off", "passed on", "cut", "client left", "fallback", "immediate repeat",
                "late repeat", "waited for circuit", "waited for connection", "probe", "trial", "moved", "tunnel",
                "early response", "stream", "opened", "time-out", "held", "released", "held for too long", "redirected",
                "not redirected",
            ]), "\(seed)")
    }

    @Test func `phases lead where their comments say`() {
        // Besides, whatever has not ended may end, and whatever has no response yet may get one of ours.
        let next: [ExchangePhase: Set<ExchangePhase>] = [
            .matching: [.admitting, .refusing], .parked: [.admitting],
            .admitting: [.picking, .waitingForCircuit, .refusing, .parked],
            .waitingForCircuit: [.picking, .refusing],
            .picking: [.connecting, .queued, .admitting, .pausing, .refusing], .queued: [.picking, .admitting],
            .connecting: [.sent, .admitting, .pausing, .refusing, .picking],
            .sent: [.responding, .tunnelling, .admitting, .pausing, .picking], .pausing: [.admitting],
            .refusing: [], .responding: [], .tunnelling: [], .finishing: [], .ended: [],
        ]
        for walk in 0..<4000 {
            var world = ExploredWorld(seed: 77_000_000 + UInt64(walk))
            world.run()
            for (from, to) in world.seen.transitions where to != .ended && to != .finishing {
                #expect(next[from]?.contains(to) == true, "\(from) to \(to)\n\(world.history)")
            }
        }
    }
}

/// What an exchange lives among: one client, two sides, connections, a queue, circuits. It carries the machine's
/// actions out as `Exchange` does, and notes what must not be.
private struct ExploredWorld {
    struct Seen {
        struct Transition: Hashable {
            var from: ExchangePhase
            var to: ExchangePhase
        }

        var phases: Set<ExchangePhase> = []
        var steps: Set<String> = []
        private var walked: Set<Transition> = []
        var transitions: [(ExchangePhase, ExchangePhase)] { walked.map { ($0.from, $0.to) } }

        mutating func walk(_ from: ExchangePhase, _ to: ExchangePhase) {
            phases.insert(to)
            if from != to { walked.insert(Transition(from: from, to: to)) }
        }

        mutating func formUnion(_ other: Seen) {
            phases.formUnion(other.phases)
            steps.formUnion(other.steps)
            walked.formUnion(other.walked)
        }
    }

    /// A connection that the exchange has.
    struct Connection {
        var isMade: Bool
        var isOld: Bool
        var gotHead = false
        var gotBody = 0
        var gotEnd = false
    }

    private var random: SplitMix
    private var machine: ExchangeStateMachine
    private(set) var faults: [String] = []
    private(set) var history: [String] = []
    private(set) var seen = Seen()

    // The request.
    private let rule: RetryRule
    private let isUpgrade: Bool
    private let bodyPieces: Int
    private var piecesSent = 0
    private var keptPieces = 0
    private var keepLimit: Int
    private var requestWhole = false
    private var clientIsHere = true
    private var isPaused = false

    // The books.
    private var connection: Connection?
    private var connectionsTaken = 0, connectionsReturned = 0
    private var queuePlaces = 0, circuitPlaces = 0, parkingPlaces = 0
    private var isCounted = false
    private var parkedAt: Int64 = 0
    private static let longestHold: UInt32 = 60
    private var inFlight: [Side: Int] = [.legacy: 0, .service: 0]
    private var requests = 0, streams = 0
    private var breakers: [Side: CircuitBreaker] = [:]
    private var passagesOut = 0
    private var budget = RetryBudget(percent: 10, burst: 2)
    private var finalResponses = 0
    private var mayHaveBeenSeen = false
    private var sides: [Side] = []
    private var redirects = 0
    private var now: Int64 = 100_000
    private var waitEndsAt: Int64?
    private static let settings = CircuitBreaker.Settings(consecutiveFailures: 2, probeAfterMilliseconds: 100)

    init(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let hasBody = Int.random(in: 0..<3, using: &random) == 0
        bodyPieces = hasBody ? Int.random(in: 0..<4, using: &random) : 0
        keepLimit = Int.random(in: 0..<5, using: &random)
        isUpgrade = !hasBody && Int.random(in: 0..<6, using: &random) == 0
        var rule = RetryRule()
        rule.fallsBackForReads = Int.random(in: 0..<4, using: &random) > 0
        rule.attempts = UInt8.random(in: 0..<4, using: &random)
        self.rule = rule
        machine = ExchangeStateMachine(.init(hasBody: hasBody, isIdempotent: Bool.random(using: &random)))
        for side in [Side.legacy, .service] {
            var breaker = CircuitBreaker()
            if Int.random(in: 0..<3, using: &random) == 0 {
                for _ in 0..<2 { _ = breaker.failed(now: 100_000, settings: Self.settings) }
                // Others have asked before.
                for _ in 0..<Int.random(in: 0..<9, using: &random) {
                    _ = breaker.admit(now: 100_000, settings: Self.settings, hasAlternative: false)
                }
                seen.steps.insert("opened")
            }
            breakers[side] = breaker
        }
        self.random = random
        seen.phases.insert(.matching)
    }

    // MARK: The walk

    mutating func run() {
        matched()
        for _ in 0..<200 where clientIsHere { step() }
        if clientIsHere { clientEnds("client left") }
        check()
    }

    private mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }

    private mutating func note(_ text: String) {
        history.append("\(text) → \(machine.phase)")
        invariants(text)
    }

    /// Applies an event, and keeps the transition.
    private mutating func apply<Action>(_ event: (inout ExchangeStateMachine) -> Action) -> Action {
        let before = machine.phase
        let action = event(&machine)
        seen.walk(before, machine.phase)
        return action
    }

    private mutating func step() {
        now += Int64.random(in: 0..<8, using: &random)
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<3: clientSpeaks()
        case 3..<8: if !upstreamSpeaks() { clientSpeaks() }
        case 8: if !holdEnds() { timePasses() }
        default: seldom()
        }
    }

    private mutating func clientSpeaks() {
        if !requestWhole, !isPaused, piecesSent < bodyPieces {
            piecesSent += 1
            let fits = machine.wantsBodyKept && keptPieces < keepLimit
            let action = apply { $0.bodyArrived(fits: fits) }
            switch action.keeping {
            case .keep: keptPieces += 1
            case .drop: keptPieces = 0
            case .nothing: break
            }
            if action.forwards { connection?.gotBody += 1 }
            if action.forwards, connection == nil { faults.append("a body was forwarded to nobody") }
            note("body")
            return
        }
        guard !requestWhole, !isPaused || !machine.request.hasBody else { return }
        requestWhole = true
        switch apply({ $0.endRequest() }) {
        case .finishRequest: connection?.gotEnd = true
        case .respond(.failure(let failure)): giveUp(failure)
        case .respond(.options): carryOut(apply { $0.answerOptions() })
        case .nothing: break
        }
        note("request ended")
    }

    private mutating func upstreamSpeaks() -> Bool {
        guard let held = connection else { return freed() }
        if !held.isMade {
            if chance(3) {
                fail([.connectRefused, .connectFailed, .connectTimeout][Int.random(in: 0..<3, using: &random)])
            } else {
                connection?.isMade = true
                transmit()
            }
            return true
        }
        guard held.gotHead else { return false }
        switch machine.phase {
        case .sent: respond(on: held)
        case .responding, .tunnelling:
            if chance(4) { fail(.responseCut) } else { endOfResponse() }
        case .matching, .parked, .admitting, .waitingForCircuit, .picking, .queued, .connecting, .pausing, .refusing,
            .finishing, .ended:
            faults.append("a connection is left over in \(machine.phase)")
        }
        return true
    }

    private mutating func respond(on connection: Connection) {
        switch Int.random(in: 0..<9, using: &random) {
        case 0: fail(connection.isOld ? .closedUnanswered : .closedUnsent, wasOld: connection.isOld)
        case 1: fail(.closedUnanswered, wasOld: connection.isOld)
        case 2: fail([.closedInHead, .malformedResponse][Int.random(in: 0..<2, using: &random)])
        case 3: fail([.responseTimeout, .idleTimeout][Int.random(in: 0..<2, using: &random)])
        case 4:
            if !machine.passesInformational { faults.append("an interim response is held back") }
        default:
            if chance(5) {
                refusedByOwner()
                return
            }
            if !requestWhole { seen.steps.insert("early response") }
            let status: UInt16 = isUpgrade && chance(2) ? 101 : [200, 404, 500][Int.random(in: 0..<3, using: &random)]
            if chance(12) {
                // One of events, for which there is no room among the streams.
                giveUp(.noStream)
                return
            }
            if chance(6), apply({ $0.becomeLong() }) {
                requests -= 1
                streams += 1
                seen.steps.insert("stream")
            }
            guard apply({ $0.respond(status) }) else {
                faults.append("a response came too late")
                return
            }
            if status == 101 { seen.steps.insert("tunnel") }
            finalResponses += 1
            tell(apply { $0.reportSuccess() })
            seen.steps.insert("passed on")
            note("head \(status)")
        }
    }

    private mutating func endOfResponse() {
        guard apply({ $0.endResponse() }) else {
            faults.append("a response ended too late")
            return
        }
        giveBack()
        note("response ended")
        clientEnds("whole")
    }

    private mutating func timePasses() {
        let waitIsOver = waitEndsAt != nil
        let timeIsUp = chance(6)
        if let end = waitEndsAt { now = max(now, end) }
        waitEndsAt = nil
        switch apply({ $0.deadlineReached(waitIsOver: waitIsOver, timeIsUp: timeIsUp) }) {
        case .askCircuit: askCircuit()
        case .leaveQueue:
            queuePlaces -= 1
            attemptFailed(.noConnection, wasOld: false)
        case .giveUp(let failure):
            seen.steps.insert(failure == .heldTooLong ? "held for too long" : "time-out")
            giveUp(failure)
        case .rearm: break
        }
        note("deadline")
    }

    private mutating func seldom() {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: clientEnds("client left")
        case 1 where machine.awaitsBody && !machine.responseBegun:
            giveUp(.requestTimeout)
            note("the client is too slow")
        case 2 where machine.awaitsBody && !machine.responseBegun:
            carryOut(apply { $0.violate(400) })
            note("the request is malformed")
        case 3: moved()
        default: break
        }
    }

    /// A rollback or a shift is under way, and wants this exchange ended.
    private mutating func moved() {
        guard machine.phase == .responding || machine.phase == .tunnelling else { return }
        let isStuck = chance(2)
        seen.steps.insert("moved")
        switch apply({ $0.move(isStuck: isStuck) }) {
        case .breakOff, .abort: clientEnds("cut")
        case .endTunnel:
            giveBack()
            clientEnds("whole")
        case .nothing: faults.append("a response under way could not be ended")
        }
    }

    // MARK: What Exchange does

    private mutating func matched() {
        if chance(12) {
            refuse(.failure(.noRoute))
            return
        }
        let side: Side = Bool.random(using: &random) ? .service : .legacy
        let mayRead = machine.request.isIdempotent && !machine.request.hasBody && !isUpgrade && chance(2)
        apply { $0.assign(side, isRead: mayRead) }
        if chance(8) {
            let brings = Bool.random(using: &random)
            apply { $0.tie(bringsLogin: brings) }
        }
        requests += 1
        // Of an owned context it is kept whatever the method.
        let keeps = machine.request.hasBody && (machine.request.isIdempotent || chance(2))
        apply { $0.begin(keepsBody: keeps) }
        meetHold()
        note("matched")
    }

    private mutating func start() {
        isCounted = true
        inFlight[machine.side, default: 0] += 1
        budget.requestStarted()
        admit()
    }

    /// Goes on, unless a hold stands.
    private mutating func meetHold() {
        guard chance(5) else { return start() }
        switch apply({ $0.meetHold(longest: Self.longestHold) }) {
        case .takePlace(let milliseconds):
            guard !chance(6) else {
                enterSide()
                refuse(.failure(.holdFull))
                return
            }
            parkingPlaces += 1
            apply { $0.park() }
            isPaused = machine.awaitsBody
            parkedAt = now
            waitEndsAt = now + Int64(milliseconds)
            seen.steps.insert("held")
        case .refuse:
            enterSide()
            refuse(.failure(.heldTooLong))
        case .nothing: faults.append("met a hold in \(machine.phase)")
        }
    }

    private mutating func enterSide() {
        guard !isCounted else { return }
        isCounted = true
        inFlight[machine.side, default: 0] += 1
        sides.append(machine.side)
    }

    /// The hold that it waits for, if it waits for one.
    private mutating func holdEnds() -> Bool {
        guard machine.phase == .parked, let end = waitEndsAt, chance(2) else { return false }
        parkingPlaces -= 1
        waitEndsAt = nil
        // A table may have come meanwhile.
        let side: Side = machine.isTied ? machine.side : Bool.random(using: &random) ? .service : .legacy
        let span = UInt32(clamping: min(now, end) - parkedAt)
        guard apply({ $0.unpark(after: span, to: side) }) else {
            faults.append("nobody was released")
            return true
        }
        seen.steps.insert("released")
        meetHold()
        note("released")
        return true
    }

    /// The side says that the key is the other's.
    private mutating func refusedByOwner() {
        let side = machine.side
        let owner: Side = chance(5) ? side : side.other
        let after = apply { $0.redirect(to: owner) }
        tell(after.report, on: side)
        switch after.step {
        case .giveUp:
            seen.steps.insert("not redirected")
            giveUp(.misdirected)
        case .otherSide:
            seen.steps.insert("redirected")
            redirects += 1
            giveBack()
            inFlight[side, default: 0] -= 1
            isCounted = false
            sides = []
            isPaused = machine.awaitsBody
            meetHold()
        case .nothing: faults.append("a refusal came too late")
        }
        note("refused by \(side)")
    }

    private mutating func admit() {
        sides.append(machine.side)
        let mayFallBack = machine.mayFallBack(rule)
        let load: LoadShedder.Verdict =
            chance(12) ? (mayFallBack ? .serveByLegacy : .refuse(.inFlight)) : .serve
        let isUnwell = mayFallBack && chance(8)
        switch apply({ $0.admit(load, isUnwell: isUnwell) }) {
        case .askCircuit: askCircuit()
        case .fallBack: fallBack()
        case .refuse: refuse(.failure(.inFlight))
        case .nothing: faults.append("admitted in \(machine.phase)")
        }
    }

    private mutating func askCircuit() {
        let side = machine.side
        var breaker = breakers[side] ?? CircuitBreaker()
        let answer = breaker.admit(now: now, settings: Self.settings, hasAlternative: machine.mayFallBack(rule))
        breakers[side] = breaker
        if case .attempt(let passage) = answer {
            passagesOut += 1
            seen.steps.insert("\(passage)")
        }
        if apply({ $0.passes(answer) }) {
            attempt()
            return
        }
        let delay = UInt32.random(in: 20..<40, using: &random)
        let longest = rule.longestWaitMilliseconds
        switch apply({ $0.circuit(answer, delay: delay, longest: longest) }) {
        case .attempt(let held):
            letGo(held)
            attempt()
        case .fallBack(let held):
            letGo(held)
            fallBack()
        case .wait: waitForCircuit(delay)
        case .takePlace:
            if chance(8) {
                refuse(.failure(.circuitOpen))
            } else {
                circuitPlaces += 1
                waitForCircuit(delay)
            }
        case .refuse: refuse(.failure(.circuitOpen))
        case .nothing: faults.append("asked in \(machine.phase)")
        }
    }

    private mutating func waitForCircuit(_ delay: UInt32) {
        apply { $0.waitForCircuit(delay) }
        isPaused = machine.awaitsBody
        waitEndsAt = now + Int64(delay)
        seen.steps.insert("waited for circuit")
    }

    private mutating func attempt() {
        guard connection == nil else {
            faults.append("a second connection")
            return
        }
        if isUpgrade, chance(10) {
            refuse(.failure(.noStream))
            return
        }
        guard !chance(6) else {
            guard !chance(4) else {
                attemptFailed(.queueFull, wasOld: false)
                return
            }
            queuePlaces += 1
            apply { $0.enqueue() }
            isPaused = machine.awaitsBody
            waitEndsAt = now + 100
            seen.steps.insert("waited for connection")
            return
        }
        connectionsTaken += 1
        let isMade = !machine.needsFreshConnection && chance(2)
        connection = Connection(isMade: isMade, isOld: isMade)
        apply { $0.connect() }
        if isMade { transmit() } else { isPaused = machine.awaitsBody }
    }

    private mutating func transmit() {
        if isUpgrade, chance(12) {
            refuse(.failure(.noStream))
            return
        }
        if mayHaveBeenSeen, !machine.request.isIdempotent || machine.bringsLogin {
            faults.append("what may have been seen was sent again")
        }
        let out = apply { $0.transmit() }
        connection?.gotHead = true
        if out.sendsKept { connection?.gotBody = keptPieces }
        if out.finishes { connection?.gotEnd = true }
        if out.readsOn { isPaused = false }
        if let body = connection?.gotBody, body != piecesSent {
            faults.append("\(body) of \(piecesSent) pieces of the body were sent")
        }
        note("transmitted")
    }

    private mutating func freed() -> Bool {
        guard queuePlaces > 0 else { return false }
        queuePlaces -= 1
        guard apply({ $0.leaveQueue() }) else {
            faults.append("a place without anybody")
            return true
        }
        waitEndsAt = nil
        attempt()
        note("freed")
        return true
    }

    /// The upstream's connection has failed.
    private mutating func fail(_ failure: Failure, wasOld: Bool = false) {
        giveBack()
        if failure.reach != .nothing { mayHaveBeenSeen = true }
        attemptFailed(failure, wasOld: wasOld)
        note("\(failure)")
    }

    private mutating func attemptFailed(_ failure: Failure, wasOld: Bool) {
        let (waitedBefore, retriesBefore) = (machine.waited, machine.retries)
        let hasSibling = chance(4)
        let draw = UInt32(truncatingIfNeeded: random.next())
        var charged = budget
        let rule = rule
        let side = machine.side
        let after = apply {
            $0.fail(failure, wasOld: wasOld, hasSibling: hasSibling, random: draw, rule: rule, budget: &charged)
        }
        budget = charged
        tell(after.report, on: side)
        switch after.step {
        case .abort: clientEnds("cut")
        case .giveUp: giveUp(failure)
        case .fallBack: fallBack()
        case .retry(let delay):
            isPaused = machine.awaitsBody
            if machine.retries != retriesBefore + 1 { faults.append("a repeat was not counted") }
            if machine.waited != waitedBefore + delay { faults.append("a wait was not counted") }
            seen.steps.insert(delay == 0 ? "immediate repeat" : "late repeat")
            if delay == 0 { askCircuit() } else { waitEndsAt = now + Int64(delay) }
        case .nothing: faults.append("nobody cares for a failure in \(machine.phase)")
        }
    }

    private mutating func fallBack() {
        seen.steps.insert("fallback")
        if !machine.request.isRead { faults.append("more than a read fell back") }
        inFlight[.service, default: 0] -= 1
        inFlight[.legacy, default: 0] += 1
        admit()
    }

    private mutating func tell(_ report: ExchangeStateMachine.Report?, on side: Side? = nil) {
        guard let report else { return }
        let side = side ?? machine.side
        if report.passage != .ordinary { passagesOut -= 1 }
        switch report.outcome {
        case .succeeded: _ = breakers[side]?.succeeded(report.passage)
        case .failed: _ = breakers[side]?.failed(report.passage, now: now, settings: Self.settings)
        case .calledOff: breakers[side]?.calledOff(report.passage, now: now)
        }
    }

    private mutating func refuse(_ response: ExchangeStateMachine.OwnResponse) {
        carryOut(apply { $0.refuse(response) })
        note("refused")
    }

    private mutating func giveUp(_ failure: Failure) {
        carryOut(apply { $0.giveUp(failure) })
        note("gave up: \(failure)")
    }

    private mutating func carryOut(_ ending: ExchangeStateMachine.Ending) {
        letGo(ending.held)
        switch ending.step {
        case .respond:
            finalResponses += 1
            seen.steps.insert("own response")
            // A client that has not sent its whole request may leave or go on; either way its stream ends it.
            clientEnds("whole")
        case .putOff: seen.steps.insert("put off")
        case .abort: clientEnds("cut")
        case .nothing: faults.append("nothing came of an end")
        }
    }

    private mutating func letGo(_ held: ExchangeStateMachine.Held) {
        if held != .nothing { waitEndsAt = nil }
        switch held {
        case .nothing: break
        case .parkingPlace:
            parkingPlaces -= 1
            enterSide()
        case .circuitPlace: circuitPlaces -= 1
        case .queuePlace: queuePlaces -= 1
        case .connection: giveBack()
        }
    }

    private mutating func giveBack() {
        guard connection != nil else {
            faults.append("a connection was given back twice")
            return
        }
        connection = nil
        connectionsReturned += 1
    }

    private mutating func clientEnds(_ how: String) {
        guard clientIsHere else {
            faults.append("its client left twice")
            return
        }
        clientIsHere = false
        seen.steps.insert(how)
        let settlement = apply { $0.endClient() }
        letGo(settlement.held)
        if let passage = settlement.calledOff {
            passagesOut -= 1
            breakers[machine.side]?.calledOff(passage, now: now)
        }
        if isCounted {
            inFlight[machine.side, default: 0] -= 1
            if machine.isLong { streams -= 1 } else { requests -= 1 }
        }
        history.append("\(how) → \(machine.phase)")
    }

    // MARK: What must hold

    /// After every event.
    private mutating func invariants(_ event: String) {
        guard clientIsHere else { return }
        let holdsConnection = [.connecting, .sent, .responding, .tunnelling].contains(machine.phase)
        if holdsConnection != (connection != nil) { faults.append("\(event): connection in \(machine.phase)") }
        if (machine.phase == .queued) != (queuePlaces == 1) { faults.append("\(event): queue in \(machine.phase)") }
        if (machine.phase == .waitingForCircuit) != (circuitPlaces == 1) {
            faults.append("\(event): circuit's line in \(machine.phase)")
        }
        if [.sent, .responding, .tunnelling].contains(machine.phase), connection?.gotEnd != requestWhole {
            faults.append("\(event): the upstream knows nothing of the request's end")
        }
        if (machine.phase == .parked) != (parkingPlaces == 1) { faults.append("\(event): parking in \(machine.phase)") }
        if machine.heldFor > Self.longestHold + 16 { faults.append("it was held for too long") }
        if redirects > 1 { faults.append("it was sent to and fro") }
        let waits = [.queued, .waitingForCircuit, .pausing, .parked].contains(machine.phase)
        if waits != (waitEndsAt != nil) { faults.append("\(event): timer in \(machine.phase)") }
        if machine.waited > rule.longestWaitMilliseconds { faults.append("it waits for too long") }
        if machine.retries > min(2, rule.attempts) { faults.append("one repeat too many") }
        if finalResponses > 1 { faults.append("two responses") }
    }

    /// At the end.
    private mutating func check() {
        if finalResponses + (seen.steps.contains("client left") ? 1 : 0) < 1 { faults.append("no response") }
        if finalResponses > 1 { faults.append("two responses") }
        if connectionsTaken != connectionsReturned || connection != nil { faults.append("connections") }
        if queuePlaces != 0 || circuitPlaces != 0 || parkingPlaces != 0 { faults.append("places") }
        if inFlight.values.contains(where: { $0 != 0 }) || requests != 0 || streams != 0 { faults.append("counters") }
        if passagesOut != 0 { faults.append("a circuit waits for \(passagesOut) outcomes") }
        if zip(sides, sides.dropFirst()).contains(where: { $0 != .service || $1 != .legacy }) || sides.count > 2 {
            faults.append("sides \(sides)")
        }
        if machine.isTied, sides.count > 1 { faults.append("it left the side of its log-in") }
        if machine.phase != .ended { faults.append("it has not ended") }
    }
}
