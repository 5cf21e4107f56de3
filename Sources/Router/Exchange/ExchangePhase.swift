/// Where an exchange stands. The numbers are those of "The phases" in `docs/life-of-a-request.md`.
///
/// Request and response run side by side (a response may begin before its request has ended), so a phase says how far
/// the *response* is; how far the request is, `ExchangeStateMachine` keeps beside it.
enum ExchangePhase: UInt8, CaseIterable, Sendable {
    /// The head has been read; its route, its side and the head for the upstream are being worked out.
    /// Next: `admitting`, `refusing`, `finishing`.
    case matching = 1
    /// The requests of its user are held while the user's data changes sides; nothing has been sent, or what was sent
    /// was refused untouched. Next: `admitting`, `finishing`.
    case parked
    /// Load, health and circuit of the side are asked.
    /// Next: `picking`, `waitingForCircuit`, `refusing`, `finishing`; `admitting` again, on legacy; before anything was
    /// asked also `parked`.
    case admitting
    /// The circuit is open and nobody else could answer: it asks again soon, and counts among the requests that wait.
    /// Next: `picking`, `admitting` on legacy, `refusing`, `finishing`.
    case waitingForCircuit
    /// An endpoint is picked, and a connection looked for.
    /// Next: `connecting`, `queued`, `admitting`, `pausing`, `refusing`, `finishing`.
    case picking
    /// All connections are taken; it has a place in its upstream's queue.
    /// Next: `picking`, and after its time `admitting` or `finishing`.
    case queued
    /// It has a connection, which may not be made yet; nothing has been sent.
    /// Next: `sent`, `admitting`, `pausing`, `refusing`, `finishing`.
    case connecting
    /// The head has been sent, and of the body what has come. No final response yet.
    /// Next: `responding`, `tunnelling`, `admitting`, `pausing`, `finishing`; `admitting` also on the other side, when
    /// this one says that the key is not its own.
    case sent
    /// An attempt failed, and the next one is due after a pause. Next: `admitting`, `finishing`.
    case pausing
    /// A response of the router's own waits for the end of the request. Next: `finishing`.
    case refusing
    /// The upstream's final response has begun. Next: `finishing`.
    case responding
    /// It was a 101: bytes go both ways. Next: `finishing`.
    case tunnelling
    /// The client's stream has the whole response, or it is being broken off. Next: `ended`. A client may also leave,
    /// or its key move, in any phase.
    case finishing
    /// The client's stream is done with it. Final.
    case ended
}
