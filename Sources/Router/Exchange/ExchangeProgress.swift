import HTTP
import Routing

/// How far an exchange has come: facts only, no bytes, no sockets, no wire format.
///
/// requests and responses run side by side (a response may begin before its request has ended), so there is no single
/// state; what may happen next is decided by `RetryRule` and by these facts together.
struct ExchangeProgress: Equatable {
    /// Side that the assignment chose.
    var assigned: Side = .legacy
    /// Side that serves it now; differs after a fall-back.
    var side: Side = .legacy
    /// The request has been read whole.
    var requestEnded = false
    /// Some of the body has been handed to an upstream.
    var bodyForwarded = false
    /// All of the body so far is kept and can be sent again.
    var bodyKept = true
    /// The head of the response has gone to the client; a 1xx before it does not count.
    var responseBegun = false
    /// The status that the client got; 0: none yet.
    var status: UInt16 = 0
    /// The status is the router's, and says nothing of the upstream.
    var isOwnRefusal = false
    var retries: UInt8 = 0
    /// Milliseconds spent waiting between attempts.
    var waited: UInt32 = 0
    var fellBack = false
    /// The request chose its side itself, by the override.
    var wasChosen = false
    /// Ended because its key moved to the other side (`longLived`): no failure of anybody.
    var isMoved = false
    /// It counts among the streams, and not among the requests under way.
    var isLong = false
    /// As what its side's circuit let it through.
    var passage = CircuitBreaker.Passage.ordinary
    /// It waits for the circuit, and is counted among those of its upstream who wait.
    var waitsForCircuit = false
    /// It brings a log-in of the connection: another connection has no use for it.
    var bringsLogin = false
    /// Its client counts on such a log-in: the other side knows nothing of that.
    var isTied = false
    /// The upstream's part ended well or badly, and the circuit has been told.
    var outcomeTold = false
    /// Why the client got a response of ours, or a cut one.
    var failure: Failure?
    /// The rule that the request, or the last response to it, broke, and in which line of its head (0: no single one).
    var violation: HTTPViolation?
    var violationLine: UInt16 = 0
    /// The client speaks https; known only of one that gets a cookie.
    var cameSecurely = false
    /// The next attempt must not use a pooled connection.
    var needsFreshConnection = false

    /// The request could be sent again as it was.
    var isReplayable: Bool { !bodyForwarded || (bodyKept && requestEnded) }
}
