import Routing

/// What the exchange machine hands back: for each event a small value that says what is to be done.
extension ExchangeStateMachine {
    /// What is to be let go of before anything else.
    enum Held: Equatable, Sendable {
        case nothing
        /// A place among the requests that are held.
        case parkingPlace
        /// A place among the requests that wait for the circuit.
        case circuitPlace
        /// A place in the upstream's queue.
        case queuePlace
        /// A connection, on which the upstream may still be working for nobody.
        case connection
    }

    /// What the router says itself instead of passing a response on.
    enum OwnResponse: Equatable, Sendable {
        case failure(Failure)
        /// To `OPTIONS` that may go no further.
        case options
    }

    /// What an outcome says about the side's circuit. It is told at most once for each passage.
    struct Report: Equatable, Sendable {
        enum Outcome: Equatable, Sendable {
            case succeeded, failed
            /// Nothing, as when an idle connection had ended.
            case calledOff
        }

        var outcome: Outcome
        var passage: CircuitBreaker.Passage
    }

    /// Of `meetHold`.
    enum HoldAction: Equatable, Sendable {
        /// Wait for the end of the hold, by `park`, if there is a place; else `refuse(.holdFull)`. It is over after the
        /// given time, whatever becomes of the hold.
        case takePlace(forMilliseconds: UInt32)
        /// It has been held for as long as may be: `refuse(.heldTooLong)`.
        case refuse
        case nothing
    }

    /// Of `redirect`.
    struct AfterRedirect: Equatable, Sendable {
        enum Step: Equatable, Sendable {
            /// The machine is on the other side already; let go of the connection, and admit it there.
            case otherSide
            /// By `giveUp(.misdirected)`.
            case giveUp
            case nothing
        }

        var step: Step
        /// For the circuit of the side that refused: it has answered.
        var report: Report?
    }

    /// Of `admit`.
    enum Admission: Equatable, Sendable {
        case askCircuit
        /// The machine is on legacy's side already; admit it there.
        /// - Parameter isShed: because the service has a queue, and not for its health.
        case fallBack(isShed: Bool)
        case refuse(ShedReason)
        case nothing
    }

    /// Of `circuit`.
    enum CircuitAction: Equatable, Sendable {
        /// Pick an endpoint, once `Held` is let go of.
        case attempt(Held)
        /// The machine is on legacy's side already; admit it there.
        case fallBack(Held)
        /// Wait on, by `waitForCircuit`.
        case wait
        /// The same, if there is a place among the requests that wait; else `refuse(.circuitOpen)`.
        case takePlace
        /// 503, by `refuse(.circuitOpen)`.
        case refuse
        case nothing
    }

    /// Of `transmit`: what goes out behind the head.
    struct Transmission: Equatable, Sendable {
        /// The part of the body that is kept.
        var sendsKept: Bool
        /// The request is whole with that.
        var finishes: Bool
        /// The rest of the body is read from the client from now on.
        var readsOn: Bool
    }

    /// Of `fail`.
    struct AfterFailure: Equatable, Sendable {
        enum Step: Equatable, Sendable {
            /// Once more on the same side, after so many milliseconds; 0: at once.
            case retry(afterMilliseconds: UInt32)
            /// The machine is on legacy's side already; admit it there.
            case fallBack
            /// Answer with the failure, by `giveUp`.
            case giveUp
            /// Some of a response has gone to the client: break it off.
            case abort
            case nothing
        }

        var step: Step
        /// For the circuit of the side that failed.
        var report: Report?
    }

    /// Of `giveUp`, `violate` and `refuse`.
    struct Ending: Equatable, Sendable {
        enum Step: Equatable, Sendable {
            case respond
            /// The response waits for the end of the request.
            case putOff
            case abort
            case nothing
        }

        var held: Held
        var step: Step
    }

    /// Of `bodyArrived`.
    struct BodyAction: Equatable, Sendable {
        enum Keeping: Equatable, Sendable {
            case keep
            /// It has become too long: what was kept is dropped.
            case drop
            case nothing
        }

        var keeping: Keeping
        var forwards: Bool
    }

    /// Of `endRequest`.
    enum RequestEndAction: Equatable, Sendable {
        /// Tell the upstream.
        case finishRequest
        case respond(OwnResponse)
        case nothing
    }

    /// Of `deadlineReached`.
    enum DeadlineAction: Equatable, Sendable {
        case askCircuit
        /// Leave the queue; then `fail` with `.noConnection`.
        case leaveQueue
        /// By `giveUp` with the failure.
        case giveUp(Failure)
        case rearm
    }

    /// Of `move`.
    enum MovedAction: Equatable, Sendable {
        /// So that a stream that was cut does not look whole.
        case breakOff
        case abort
        /// End both directions of the tunnel.
        case endTunnel
        case nothing
    }

    /// Of `endClient`.
    struct Settlement: Equatable, Sendable {
        var held: Held
        /// The circuit waits for the outcome of a passage that will never have one.
        var calledOff: CircuitBreaker.Passage?
    }
}
