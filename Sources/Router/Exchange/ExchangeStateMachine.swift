import Routing

/// Decides what becomes of one exchange: events go in, and each returns what is to be done. Pure: no bytes, sockets,
/// clocks, objects. `Exchange` carries the actions out.
///
/// State and actions are numbers and small enums, so an event neither counts a reference nor allocates. An event that
/// comes too late for its phase (a failure of an upstream behind the end of the client, say) is no error and asks for
/// nothing: a router must not end on one exchange's confusion.
struct ExchangeStateMachine: Equatable, Sendable {
    private(set) var phase: ExchangePhase = .matching

    // MARK: Of the request

    /// What the head says.
    struct Request: Equatable, Sendable {
        var hasBody: Bool
        /// GET, HEAD, OPTIONS, PUT, DELETE (RFC 9110 9.2.2; TRACE never gets here).
        var isIdempotent: Bool
        /// GET or HEAD without a body, and no upgrade.
        var isRead = false
    }

    private(set) var request = Request(hasBody: false, isIdempotent: false)
    /// It has been read whole.
    private(set) var requestEnded = false
    /// All of its body so far is kept and can be sent again.
    private(set) var bodyKept = true
    /// Its body shall be kept, as long as it is short enough.
    private var keepsBody = false
    /// Some of the body has come, and has been handed to an upstream when there was one.
    private var bodyForwarded = false

    // MARK: Of the side

    /// The side that the assignment chose.
    private(set) var assigned: Side = .legacy
    /// The side that serves it now; differs after a fall-back.
    private(set) var side: Side = .legacy
    private(set) var fellBack = false
    /// The side that it was sent to first said that the key is the other's, and it went there.
    private(set) var isRedirected = false
    /// Milliseconds that it was held.
    private(set) var heldFor: UInt32 = 0
    /// It brings a log-in of the connection: another connection has no use for it.
    private(set) var bringsLogin = false
    /// Its client counts on such a log-in, of which the other side knows nothing.
    private(set) var isTied = false

    // MARK: Of the attempts

    /// Repeats on this side so far.
    private(set) var retries: UInt8 = 0
    /// Milliseconds spent waiting between attempts and for circuits, on both sides together.
    private(set) var waited: UInt32 = 0
    /// The next attempt must not use a pooled connection.
    private(set) var needsFreshConnection = false
    /// As what the side's circuit let it through.
    private(set) var passage = CircuitBreaker.Passage.ordinary
    /// The circuit has been told how it ended.
    private var outcomeTold = false

    // MARK: Of the response

    /// The status that the client got; 0: none yet.
    private(set) var status: UInt16 = 0
    /// The status is the router's, and says nothing of the upstream.
    private(set) var isOwnRefusal = false
    /// Why the client got a response of ours, or a cut one.
    private(set) var failure: Failure?
    /// What is sent when the request has ended.
    private var deferred = OwnResponse.options
    /// It ended because its key moved to the other side (`longLived`), which is no failure of anybody.
    private(set) var isMoved = false
    /// It counts among the streams, and not among the requests under way.
    private(set) var isLong = false

    /// The head of the final response has gone to the client; a 1xx before it does not count.
    var responseBegun: Bool { status != 0 }

    /// The response was a 101, whether its tunnel is still open or not.
    var isTunnel: Bool { status == 101 }

    /// Some of the body is still to come.
    var awaitsBody: Bool { request.hasBody && !requestEnded }

    /// Nothing has been sent that is not at hand to be sent again.
    private var isReplayable: Bool { !bodyForwarded || (bodyKept && requestEnded) }

    /// Legacy may answer in the service's place.
    func mayFallBack(_ rule: RetryRule) -> Bool {
        canFallBack && request.isRead && rule.fallsBackForReads
    }

    private var canFallBack: Bool {
        switch side {
        case .service: !fellBack && !isTied
        case .legacy: false
        }
    }

    private var held: Held {
        switch phase {
        case .parked: .parkingPlace
        case .waitingForCircuit: .circuitPlace
        case .queued: .queuePlace
        case .connecting, .sent, .responding, .tunnelling: .connection
        case .matching, .admitting, .picking, .pausing, .refusing, .finishing, .ended: .nothing
        }
    }

    // MARK: Route and side are found

    /// - Parameter request: without `isRead`, which `begin` may set.
    init(_ request: Request) { self.request = request }

    /// - Parameter isRead: GET or HEAD without a body, and no upgrade.
    mutating func assign(_ side: Side, isRead: Bool) {
        guard phase == .matching else { return }
        request.isRead = isRead
        assigned = side
        self.side = side
    }

    /// The request brings a log-in, or its client or the response counts on one.
    mutating func tie(bringsLogin: Bool) {
        isTied = true
        if bringsLogin { self.bringsLogin = true }
    }

    /// The head for the upstream is ready.
    /// - Parameter keepsBody: the body may have to be sent twice.
    mutating func begin(keepsBody: Bool) {
        guard phase == .matching else { return }
        self.keepsBody = keepsBody
        phase = .admitting
    }

    // MARK: Holds

    /// The requests of its user are held.
    /// - Parameter longest: the most that all holds may add to the exchange, in milliseconds.
    mutating func meetHold(longest: UInt32) -> HoldAction {
        guard phase == .admitting else { return .nothing }
        return heldFor < longest ? .takePlace(forMilliseconds: longest - heldFor) : .refuse
    }

    /// It has a place among the requests that are held.
    mutating func park() {
        if phase == .admitting { phase = .parked }
    }

    /// The hold has ended, and the table that is served now has assigned it anew. False when it had left before.
    /// - Parameter span: milliseconds that it was held.
    mutating func unpark(after span: UInt32, to side: Side) -> Bool {
        guard phase == .parked else { return false }
        heldFor &+= span
        assigned = side
        self.side = side
        phase = .admitting
        return true
    }

    /// It began before a hold and may still change what its upstream stores. One whose tunnel or stream is open is
    /// under way for as long as its client likes, and is left to `longLived`.
    var isUnderWayAtUpstream: Bool {
        switch phase {
        case .admitting, .waitingForCircuit, .picking, .queued, .connecting, .sent, .pausing, .responding: !isLong
        case .matching, .parked, .refusing, .tunnelling, .finishing, .ended: false
        }
    }

    // MARK: Load, health and circuit

    /// - Parameters:
    ///   - load: what the load of the loop and of the side's queue lets it do.
    ///   - isUnwell: every endpoint of the side is known to be unwell, and legacy may answer (`mayFallBack`).
    mutating func admit(_ load: LoadShedder.Verdict, isUnwell: Bool) -> Admission {
        guard phase == .admitting else { return .nothing }
        switch load {
        case .serve: break
        case .serveByLegacy:
            toLegacy()
            return .fallBack(isShed: true)
        case .refuse(let reason): return .refuse(reason)
        }
        guard isUnwell else { return .askCircuit }
        toLegacy()
        return .fallBack(isShed: false)
    }

    /// The ordinary case of `circuit`: it is closed, and a connection is to be picked. False: ask `circuit`.
    @inline(__always)
    mutating func passes(_ answer: CircuitBreaker.Admission) -> Bool {
        guard case .pass = answer, case .admitting = phase else { return false }
        phase = .picking
        return true
    }

    /// - Parameters:
    ///   - answer: what the side's circuit says.
    ///   - delay: milliseconds until it would be asked again.
    ///   - longest: the most that all waiting may add to the exchange, in milliseconds.
    mutating func circuit(_ answer: CircuitBreaker.Admission, delay: UInt32, longest: UInt32) -> CircuitAction {
        guard phase == .admitting || phase == .waitingForCircuit else { return .nothing }
        let place = held
        switch answer {
        case .pass, .passAgain: break
        case .attempt(let passage):
            self.passage = passage
            // An idle connection that ends would tell nothing.
            needsFreshConnection = true
        case .refuse:
            toLegacy()
            return .fallBack(place)
        case .wait:
            guard waited + delay + Self.lateness <= longest else { return .refuse }
            return phase == .waitingForCircuit ? .wait : .takePlace
        }
        phase = .picking
        return .attempt(place)
    }

    /// A deadline may come a tick of four milliseconds late, and there may be a dozen of them.
    private static let lateness: UInt32 = 4

    /// It has a place among the requests that wait, and asks again after `delay` milliseconds.
    mutating func waitForCircuit(_ delay: UInt32) {
        guard phase == .admitting || phase == .waitingForCircuit else { return }
        phase = .waitingForCircuit
        waited += delay + Self.lateness
    }

    /// To the other side, at once. Only reads come here: they change nothing, and legacy has what the service has.
    private mutating func toLegacy() {
        side = .legacy
        fellBack = true
        passage = .ordinary
        outcomeTold = false
        retries = 0
        phase = .admitting
    }

    // MARK: A connection

    /// All connections are taken, and the queue had a place.
    mutating func enqueue() {
        if phase == .picking { phase = .queued }
    }

    /// It is its turn in the queue, and its place is another's. False when it had left before.
    mutating func leaveQueue() -> Bool {
        guard phase == .queued else { return false }
        phase = .picking
        return true
    }

    /// A connection was found, or is being made for it.
    mutating func connect() {
        if phase == .picking { phase = .connecting }
    }

    /// The connection is made: the head goes out now.
    mutating func transmit() -> Transmission {
        guard phase == .connecting else { return Transmission(sendsKept: false, finishes: false, readsOn: false) }
        phase = .sent
        let hasBody = request.hasBody
        return Transmission(
            sendsKept: hasBody && bodyKept, finishes: requestEnded, readsOn: hasBody && !requestEnded)
    }

    // MARK: The request goes on

    /// Whether the next piece of the body is to be kept, if there is room for it.
    var wantsBodyKept: Bool { keepsBody && bodyKept }

    /// - Parameter fits: what is kept of the body stays short enough with this piece.
    mutating func bodyArrived(fits: Bool) -> BodyAction {
        var keeping = BodyAction.Keeping.nothing
        if wantsBodyKept { keeping = fits ? .keep : .drop }
        if keeping != .keep { bodyKept = false }
        bodyForwarded = true
        // Without a connection the request is being refused, or waits for its next attempt and is kept.
        return BodyAction(keeping: keeping, forwards: held == .connection)
    }

    mutating func endRequest() -> RequestEndAction {
        requestEnded = true
        switch phase {
        case .sent, .responding, .tunnelling: return .finishRequest
        case .refusing: return .respond(deferred)
        case .matching, .parked, .admitting, .waitingForCircuit, .picking, .queued, .connecting, .pausing, .finishing,
            .ended:
            return .nothing
        }
    }

    // MARK: Failures

    /// An attempt has failed; what it held is gone already.
    /// - Parameters:
    ///   - wasOld: an idle connection had ended, which says nothing about the endpoint or the side.
    ///   - hasSibling: another endpoint of the side, where it has not failed yet, is well.
    ///   - random: any 32 random bits.
    ///   - budget: charged when the rule says so.
    mutating func fail(
        _ failure: Failure, wasOld: Bool, hasSibling: Bool, random: UInt32, rule: RetryRule, budget: inout RetryBudget
    ) -> AfterFailure {
        let outcome = wasOld || !failure.blamesUpstream ? Report.Outcome.calledOff : .failed
        switch phase {
        case .matching, .parked, .admitting, .waitingForCircuit, .pausing, .refusing, .finishing, .ended:
            return AfterFailure(step: .nothing, report: nil)
        case .responding, .tunnelling:
            self.failure = failure
            phase = .finishing
            return AfterFailure(step: .abort, report: report(outcome))
        case .picking, .queued, .connecting, .sent: break
        }
        let situation = RetryRule.Situation(
            failure: failure, isIdempotent: request.isIdempotent && !bringsLogin, isRead: request.isRead,
            isReplayable: isReplayable, responseBegun: false, retries: retries, waited: waited,
            mayFallBack: canFallBack, wasReused: wasOld, hasSibling: hasSibling)
        switch rule.decide(situation, random: random, budget: &budget) {
        case .giveUp:
            // What it held is gone, so that `giveUp`, which follows, has nothing to let go of.
            phase = .picking
            return AfterFailure(step: .giveUp, report: report(outcome))
        case .fallBack:
            let report = report(outcome)
            toLegacy()
            return AfterFailure(step: .fallBack, report: report)
        case .retry(let delay):
            var told: Report?
            if passage != .ordinary {
                // It was to find out, and has. From here on it waits like the others.
                told = report(outcome)
                passage = .ordinary
                outcomeTold = false
            }
            retries += 1
            waited += delay
            needsFreshConnection = true
            phase = delay == 0 ? .admitting : .pausing
            return AfterFailure(step: .retry(afterMilliseconds: delay), report: told)
        }
    }

    /// What the circuit is to be told, unless it has been.
    private mutating func report(_ outcome: Report.Outcome) -> Report? {
        guard !outcomeTold else { return nil }
        outcomeTold = true
        return Report(outcome: outcome, passage: passage)
    }

    /// The side says that the key is the other's, and that it has done nothing: it is sent there, once, whatever its
    /// method.
    /// - Parameter owner: whose the key is, by what the side says.
    mutating func redirect(to owner: Side) -> AfterRedirect {
        guard phase == .sent else { return AfterRedirect(step: .nothing, report: nil) }
        let report = report(.succeeded)
        let isAtHand = !bodyForwarded || bodyKept
        guard !isRedirected, !isTied, owner != side, isAtHand else {
            return AfterRedirect(step: .giveUp, report: report)
        }
        isRedirected = true
        side = owner
        passage = .ordinary
        outcomeTold = false
        retries = 0
        phase = .admitting
        return AfterRedirect(step: .otherSide, report: report)
    }

    // MARK: The response

    /// The final response's head is valid, and is about to be passed on. False when it comes too late.
    mutating func respond(_ status: UInt16) -> Bool {
        guard phase == .sent else { return false }
        self.status = status
        phase = status == 101 ? .tunnelling : .responding
        return true
    }

    /// A final response came: what the circuit is to be told.
    mutating func reportSuccess() -> Report? { report(.succeeded) }

    /// Whether an interim response may be passed on.
    var passesInformational: Bool { phase == .sent }

    /// The upstream's response is whole, and its connection gone. False when it comes too late.
    mutating func endResponse() -> Bool {
        switch phase {
        case .responding, .tunnelling:
            phase = .finishing
            return true
        case .matching, .parked, .admitting, .waitingForCircuit, .picking, .queued, .connecting, .sent, .pausing,
            .refusing, .finishing, .ended:
            return false
        }
    }

    // MARK: Responses of our own

    /// The request is not sent anywhere. Without a body it is answered at its end, so that its connection stays.
    mutating func refuse(_ response: OwnResponse) -> Ending {
        switch phase {
        case .matching, .admitting, .waitingForCircuit, .picking, .connecting: break
        case .parked, .queued, .sent, .pausing, .refusing, .responding, .tunnelling, .finishing, .ended:
            return Ending(held: .nothing, step: .nothing)
        }
        guard request.hasBody || requestEnded else {
            let held = held
            deferred = response
            phase = .refusing
            return Ending(held: held, step: .putOff)
        }
        return switch response {
        case .failure(let failure): giveUp(failure)
        case .options: answerOptions()
        }
    }

    /// `OPTIONS` that may go no further is answered now.
    mutating func answerOptions() -> Ending { end(status: 200) }

    /// Ends with a problem of ours, or breaks off a response that has begun.
    mutating func giveUp(_ failure: Failure) -> Ending {
        guard phase != .ended else { return Ending(held: .nothing, step: .nothing) }
        // With the whole request at the upstream it is the upstream that the rest of the time went to.
        let waitedForResponse = held == .connection && requestEnded
        let begun = responseBegun
        self.failure = failure
        let ending = end(status: failure.status)
        if !begun { isOwnRefusal = !failure.blamesUpstream && !(failure == .exchangeTimeout && waitedForResponse) }
        return ending
    }

    /// The request turned out to be none that may be passed on.
    mutating func violate(_ status: UInt16) -> Ending { end(status: status) }

    private mutating func end(status: UInt16) -> Ending {
        guard phase != .ended else { return Ending(held: .nothing, step: .nothing) }
        let ending = Ending(held: held, step: responseBegun ? .abort : .respond)
        if case .respond = ending.step { self.status = status }
        phase = .finishing
        return ending
    }

    // MARK: Time, and who leaves

    /// - Parameters:
    ///   - waitIsOver: what was waited for has taken its time.
    ///   - timeIsUp: the whole exchange has.
    mutating func deadlineReached(waitIsOver: Bool, timeIsUp: Bool) -> DeadlineAction {
        if waitIsOver {
            switch phase {
            case .waitingForCircuit: return .askCircuit
            case .pausing:
                phase = .admitting
                return .askCircuit
            case .queued: return .leaveQueue
            case .parked: return .giveUp(.heldTooLong)
            case .matching, .admitting, .picking, .connecting, .sent, .refusing, .responding, .tunnelling, .finishing,
                .ended:
                break
            }
        }
        return timeIsUp && phase != .ended ? .giveUp(.exchangeTimeout) : .rearm
    }

    /// Its key is the other side's now, and `longLived` wants it ended.
    /// - Parameter isStuck: bytes of the tunnel have not been sent, and will not be any more.
    mutating func move(isStuck: Bool) -> MovedAction {
        guard phase != .ended else { return .nothing }
        isMoved = true
        guard isTunnel else { return .breakOff }
        guard phase == .tunnelling, !isStuck else { return .abort }
        phase = .finishing
        return .endTunnel
    }

    /// It counts as a stream from now on. False when it did before.
    mutating func becomeLong() -> Bool {
        guard !isLong else { return false }
        isLong = true
        return true
    }

    /// The client's stream is done with the exchange: it is whole, broken off, or its client has left.
    mutating func endClient() -> Settlement {
        let settlement = Settlement(held: held, calledOff: passage != .ordinary && !outcomeTold ? passage : nil)
        phase = .ended
        return settlement
    }
}
