import EventLoop
import HTTP
import HTTPTransport
import Routing

/// One request on its way through the router, from its head to the last byte of its response.
///
/// The phases, in this order, each in a file of its own: accept and match (`+Request`) → assign a side (`+Assignment`)
/// → rewrite the head (`RequestHeadRewriter`) → send, and repeat where that is allowed (`+Upstream`) → rewrite and
/// stream the response (`+Answer`) → count, log, mirror (`+End`). Objects are used again: in steady state a request
/// allocates nothing. Confined to its worker's loop.
final class Exchange: Timed {
    /// What the deadline is for, besides the time of the whole exchange.
    enum Wait {
        case none
        /// Between two attempts, or for the circuit, which is open while nobody else could answer.
        case retry
        /// All connections are taken.
        case capacity
    }

    /// What the router says itself instead of passing a response on.
    enum OwnResponse: Equatable {
        case failure(Failure)
        /// To `OPTIONS` that may go no further.
        case options
    }

    /// Strong, although the worker has its exchanges: a reference that cannot change is read without being counted.
    /// Workers live as long as their process.
    let worker: Worker
    var client: (any ClientStream)?
    var upstream: (any UpstreamStream)?
    /// Of the revision that it began with.
    var route: LoopRoute?
    /// The side that serves it now; from then on it counts among that side's.
    var serving: LoopSide?
    var endpoint: UpstreamEndpoint?
    /// The endpoint before that one, when the request failed there too.
    var failedBefore: ObjectIdentifier?

    var startedAt: Moment = .never
    var waitEndsAt: Moment = .never
    var wait: Wait = .none
    /// When the making of a connection began; `.never`: one was at hand.
    var connectBegan: Moment = .never
    var progress = ExchangeProgress()

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
    /// A response of our own that the head of the request asks for, sent when the request has ended, so that the
    /// connection can stay.
    var deferred: OwnResponse?

    /// The head for the upstream.
    var head = KeptRequest()
    var body = KeptBytes()
    var keepsBody = false
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

    /// Back to the state of a new one, keeping its memory.
    func reset() {
        client = nil
        upstream = nil
        route = nil
        serving = nil
        endpoint = nil
        failedBefore = nil
        wait = .none
        waitEndsAt = .never
        progress = ExchangeProgress()
        isUpgrade = false
        bucket = -1
        minted = nil
        willMirror = false
        deferred = nil
        head.clear()
        body.clear()
        keepsBody = false
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
        if waitEndsAt <= loop.now {
            let ended = wait
            wait = .none
            waitEndsAt = .never
            switch ended {
            case .none: break
            case .retry:
                armDeadline()
                attemptAgain()
                return
            case .capacity:
                leaveQueue()
                attemptFailed(.noConnection)
                return
            }
        }
        guard let route, route.hasRequestTimeout, startedAt + route.requestTimeout <= loop.now else {
            armDeadline()
            return
        }
        giveUp(.exchangeTimeout)
    }
}
