import EventLoop
import HTTP
import HTTPTransport
import Routing

/// One request on its way through the router, from its head to the last byte of its response.
///
/// What becomes of it `ExchangeStateMachine` decides. Here is what carries its decisions out, in the order of the
/// phases: the request (`+Request`), its side (`+Assignment`), its head (`RequestHeadRewriter`), load, health and
/// circuit (`+Circuit`), attempts (`+Upstream`), the response (`+Response`), the end (`+End`). Objects are used again:
/// in steady state a request allocates nothing. Confined to its worker's loop.
final class Exchange: Timed {
    /// Strong, although the worker has its exchanges: a reference that cannot change is read without being counted.
    /// Workers live as long as their process.
    let worker: Worker
    var client: (any ClientStream)?
    var upstream: (any UpstreamStream)?
    /// Sees the response on its way out; nil: nobody does.
    var observer: (any ResponseObserver)?
    /// Of the revision that it began with.
    var route: LoopRoute?
    /// The side that serves it now; from then on it counts among that side's.
    var serving: LoopSide?
    var endpoint: UpstreamEndpoint?
    /// The endpoint before that one, when the request failed there too.
    var failedBefore: ObjectIdentifier?
    /// The hold that it waits for while it is parked; else the one that waits for it. It is nil when the exchange has
    /// ended.
    var hold: LoopHold?

    var startedAt: Moment = .never
    /// When what the machine waits for has taken its time; `.never`: it waits for nothing.
    var waitEndsAt: Moment = .never
    /// When it was parked; meaningful only while it is.
    var heldSince: Moment = .never
    /// When the making of a connection began; `.never`: one was at hand.
    var connectBegan: Moment = .never
    /// Which phase it is in, and what may happen next.
    var machine = ExchangeStateMachine(.init(hasBody: false, isIdempotent: false))

    // Of the request.
    var method: HTTPMethod = .other
    /// What the head says of the body.
    var bodyLength: BodyLength = .none
    var isUpgrade = false
    var identity = RequestIdentity(high: 0, low: 0)
    /// Bucket that decided; -1: none was needed or there was no key.
    var bucket: Int32 = -1
    /// A `strangler_id` made up for this client.
    var minted: RequestIdentity?
    var willMirror = false
    /// The request chose its side itself, by the override.
    var wasChosen = false
    /// Its user, when it may change rows whose readers are elsewhere.
    var writer = WrittenKeys()
    /// Legacy serves it because its user has written a moment ago.
    var followsWrite = false
    /// The client speaks https; known only of one that gets a cookie.
    var cameSecurely = false
    /// The rule that the request, or the last response to it, broke, and in which line of its head (0: no single one).
    var violation: HTTPViolation?
    var violationLine: UInt16 = 0

    /// The head for the upstream.
    var head = KeptRequest()
    var body = KeptBytes()
    /// Bytes of response bodies, for the log.
    var responseBytes: UInt64 = 0
    /// Path and query of the request, kept only while the worker is watched; `head` has them too once there is one.
    var loggedTarget = KeptBytes()

    init(worker: Worker) {
        self.worker = worker
        super.init(loop: worker.loop)
    }

    deinit { releaseMemory() }

    func releaseMemory() {
        head.release()
        body.release()
        loggedTarget.release()
    }

    /// The bucket of a key, while its exchange runs.
    var openBucket: Int32? { client != nil && bucket >= 0 ? bucket : nil }

    /// Back to the state of a new one, keeping its memory. The machine begins anew with the next head.
    func reset() {
        client = nil
        upstream = nil
        route = nil
        serving = nil
        endpoint = nil
        failedBefore = nil
        waitEndsAt = .never
        isUpgrade = false
        bucket = -1
        minted = nil
        willMirror = false
        wasChosen = false
        writer = WrittenKeys()
        followsWrite = false
        cameSecurely = false
        violation = nil
        head.clear()
        body.clear()
        responseBytes = 0
        loggedTarget.clear()
    }

    var nowMilliseconds: Int64 { loop.now.milliseconds }

    // MARK: Deadlines

    /// The earlier of what is waited for and the end of the whole exchange.
    func armDeadline() {
        let whole = route.map { $0.hasRequestTimeout ? startedAt + $0.requestTimeout : .never } ?? Moment.never
        let next = min(whole, waitEndsAt)
        if next == .never { clearDeadline() } else { setDeadline(next) }
    }

    override func deadlineReached() {
        guard client != nil else { return }
        let waitIsOver = waitEndsAt <= loop.now
        if waitIsOver { waitEndsAt = .never }
        let timeIsUp = route.map { $0.hasRequestTimeout && startedAt + $0.requestTimeout <= loop.now } ?? false
        switch machine.deadlineReached(waitIsOver: waitIsOver, timeIsUp: timeIsUp) {
        case .askCircuit:
            armDeadline()
            attemptAgain()
        case .leaveQueue:
            letGo(of: .queuePlace)
            // What follows may be an attempt that waits for nothing: the whole exchange's time goes on.
            armDeadline()
            attemptFailed(.noConnection)
        case .giveUp(let failure): giveUp(failure)
        case .rearm: armDeadline()
        }
    }
}
