/// What becomes of exchanges that outlive a change of their route's percentage: tunnels, event streams, long polls,
/// slow uploads.
///
/// Requests flip in milliseconds; a WebSocket would stay where it is for hours. This decides whose key has moved away
/// from under it, and when it is ended so that its client comes back on the side that has the key now. Pure: facts in,
/// decisions out.
package struct LongLivedPolicy: Sendable, Equatable {
    package enum Action: String, Sendable, CaseIterable {
        /// They end by themselves.
        case pin
        /// Those that are left when `deadline` is over are ended.
        case drain
        /// They are ended one after the other within `jitter`, so that their clients do not all come back at once.
        case close
    }

    /// How far an exchange has come, as far as it matters for how it may end.
    package enum Kind: UInt8, Sendable, CaseIterable {
        /// Raw bytes both ways, after 101.
        case tunnel
        /// The response has begun and nobody knows its length: server-sent events, chunks.
        case stream
        /// The response has begun and its length is known.
        case download
        /// The request's body is still coming.
        case upload
        /// The request is whole, and there is no response yet: a long poll.
        case waiting

        package var name: String {
            switch self {
            case .tunnel: "tunnel"
            case .stream: "stream"
            case .download: "download"
            case .upload: "upload"
            case .waiting: "waiting"
            }
        }
    }

    /// What is done with those whose key has moved away.
    package var action: Action
    /// An exchange that is open longer is long-lived; nothing younger is ever ended.
    package var after: Duration
    /// Of `drain`, from the change on.
    package var deadline: Duration
    /// Of `close`, from the change on.
    package var jitter: Duration

    package init(
        action: Action, after: Duration = Self.standard.after, deadline: Duration = Self.standard.deadline,
        jitter: Duration = Self.standard.jitter
    ) {
        self.action = action
        self.after = after
        self.deadline = deadline
        self.jitter = jitter
    }

    // MARK: At a change of the percentage

    /// What is known of an exchange when the percentage of its route has changed.
    package struct Situation: Equatable, Sendable {
        /// Where it runs.
        package var side: Side
        /// Where its key belongs by the new table; nil: it has no key.
        package var keySide: Side?
        /// Its side was not chosen by the percentage: an override, or a fall-back. A change says nothing about it.
        package var isApart: Bool
        /// An earlier change took its key away already.
        package var isMarked: Bool

        package init(side: Side, keySide: Side?, isApart: Bool = false, isMarked: Bool = false) {
            self.side = side
            self.keySide = keySide
            self.isApart = isApart
            self.isMarked = isMarked
        }
    }

    package enum FlipAction: Equatable, Sendable {
        /// It stays; a mark it had is taken off.
        case leave
        /// It has lost its key: it gets its time by `wait(place:of:draw:)`.
        case mark
        /// It is marked already and keeps its time.
        case keepMark
    }

    /// - Parameter share: draws among exchanges without a key: as many of them have lost it as the percentage moved.
    ///   One per route.
    package func flipped(
        _ situation: Situation, from before: Percent, to after: Percent, share: inout ShareAccumulator
    ) -> FlipAction {
        guard action != .pin, !situation.isApart, before != after else { return .leave }
        let loser: Side = after < before ? .service : .legacy
        guard situation.side == loser else { return .leave }
        if let keySide = situation.keySide {
            guard keySide != situation.side else { return .leave }
        } else if !situation.isMarked {
            guard share.next(Self.lostShare(from: before, to: after)) == .service else { return .leave }
        }
        return situation.isMarked ? .keepMark : .mark
    }

    /// Of what the losing side had, the share that it lost: from 40 to 10 the service lost three quarters.
    package static func lostShare(from before: Percent, to after: Percent) -> Percent {
        let all = Int64(Percent.all.ticks)
        let held = after < before ? Int64(before.ticks) : all - Int64(before.ticks)
        let lost = Int64((before.ticks - after.ticks).magnitude)
        return held > 0 ? Percent(ticks: Int32(clamping: lost * all / held)) : .zero
    }

    /// How long after the change the exchange is ended that is number `place` (from 0) of `count`.
    /// - Parameter draw: any 32 random bits: loops and routers that flip at once do not end theirs at once.
    package func wait(place: Int, of count: Int, draw: UInt32) -> Duration {
        switch action {
        case .pin, .drain: return deadline
        case .close:
            let position = (Double(place) + Double(draw) / 4_294_967_296) / Double(max(1, count))
            return jitter * min(1, position)
        }
    }

    // MARK: When its time has come

    package enum DueAction: Equatable, Sendable {
        case end
        /// Not now: it is young, or in a phase that is not broken off.
        case lookAgain(after: Duration)
        /// It ends by itself.
        case leave
    }

    /// - Parameter age: since its head came.
    package func due(_ kind: Kind, age: Duration) -> DueAction {
        switch kind {
        case .tunnel, .stream:
            // An ordinary response in chunks that began just before the change is not what this is about.
            return age >= after ? .end : .lookAgain(after: after - age)
        // Ended by their own time-outs, unless they become streams.
        case .upload, .waiting: return .lookAgain(after: max(after, .milliseconds(100)))
        case .download: return .leave
        }
    }
}
