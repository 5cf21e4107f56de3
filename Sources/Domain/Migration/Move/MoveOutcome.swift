/// How a slice's move ended.
package enum MoveOutcome: Sendable, Equatable {
    /// Both stores, and every router, say so.
    case moved
    /// The owner is who it was, and takes writes.
    case aborted(MoveHindrance)
    /// Something is owed that could not be done now; nil: nobody knows whether the grant was made. The next
    /// coordinator finds out.
    case unfinished(MoveDebt?)
}

/// What a move that was cut off still needs.
package enum MoveDebt: Sendable, Equatable {
    /// It was granted: the routers and the old owner must follow.
    case forward
    /// It was not granted: the owner must take writes again.
    case back
}

/// Why a move was given up before its grant.
package enum MoveHindrance: Sendable, Equatable, CaseIterable {
    case journalFailed
    case routersFailed
    /// Requests under way did not end in time.
    case requestsRemained
    case holdLost
    case storeFailed
    /// The other side did not apply the owner's last changes in time.
    case notDrained
    /// The slice's rows are not the same on both sides.
    case different
    /// Its coordinator was ended.
    case interrupted
}

/// What the journal says of a slice.
package enum MovePhase: Sendable, Equatable {
    case intent
    /// The owner takes no more writes; the last of them has this position.
    case fenced(position: Int)
    case done
    case aborted
}

/// Which requests of a slice the routers keep back.
package enum MoveHold: String, Sendable, Equatable {
    case writes
    case all
}
