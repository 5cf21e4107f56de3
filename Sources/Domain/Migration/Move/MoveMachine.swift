/// The way of one slice from its owner to the other side: events in, the next action out. It knows no store, router,
/// file or clock; `SliceMover` carries its actions out, one at a time.
///
/// Until the grant every failure leads back: the owner takes writes again, and nothing was changed. From the grant on
/// nothing leads back: what fails is tried again, and what stays undone is done by the next coordinator, which finds it
/// in the stores (`MoveRecovery`).
package struct MoveMachine: Sendable, Equatable {
    package enum State: Sendable, Equatable {
        /// Next: `notingIntent`.
        case ready
        /// Next: `holdingWrites`, `ended`.
        case notingIntent
        /// The routers keep new writes of the slice, and wait for those under way. Next: `fencing`, `releasingBack`.
        case holdingWrites
        /// Next: `notingFence`, `unfencing`.
        case fencing
        /// Next: `draining`, `unfencing`.
        case notingFence(position: Int)
        /// The other side has not applied all of the owner's changes up to `position`. Next: `comparing`, `unfencing`.
        case draining(position: Int)
        /// Next: `holdingReads`, `unfencing`.
        case comparing(position: Int)
        /// Next: `granting`, `unfencing`.
        case holdingReads(position: Int)
        /// Next: `publishing`, `askingForGrant`, `unfencing`.
        case granting(position: Int)
        /// The grant failed, which may mean that only its answer was lost. Next: `publishing`, `unfencing`, `ended`.
        case askingForGrant
        /// The hold was lost, or is another coordinator's: without one, users would meet both sides while the routers
        /// change over. Next: `publishing`, `ended`.
        case holdingAgain
        /// Next: `releasing`, `holdingAgain`, `ended`.
        case publishing
        /// Next: `following`.
        case releasing
        /// Next: `notingDone`, `ended`.
        case following
        /// Next: `ended`.
        case notingDone
        /// Next: `releasingBack`, `ended`.
        case unfencing(MoveHindrance)
        /// Next: `notingAbort`.
        case releasingBack(MoveHindrance)
        /// Next: `ended`.
        case notingAbort(MoveHindrance)
        /// Final.
        case ended(MoveOutcome)
    }

    package enum Event: Sendable, Equatable {
        case begin
        /// The journal's line is on the disk.
        case noted
        case held
        /// Requests under way did not end in time; the hold is gone.
        case requestsRemained
        /// The hold ran out, or is about to, before the action that relies on it was carried out.
        case holdLost
        case fenced(position: Int)
        case positionReached
        case deadlinePassed
        case compared(isEqual: Bool)
        case granted
        case foundNotGranted
        case published
        case released
        case followed
        case unfenced
        /// The action failed, or nobody knows whether it did.
        case failed
    }

    package enum Action: Sendable, Equatable {
        case note(MovePhase)
        case hold(MoveHold)
        case fence
        case awaitPosition(Int)
        case compare
        /// With the position that was drained, which the grant records.
        case grant(position: Int)
        case askForGrant
        case publish
        case release
        case follow
        case unfence
        case end(MoveOutcome)
        /// The event says nothing to this state.
        case nothing
    }

    /// How often an action that must succeed in the end is tried before it is left to the next coordinator.
    package static let mostAttempts = 5

    package internal(set) var state: State
    private var attempts = 0

    /// A new move.
    package init() { state = .ready }

    /// What is left of a move whose coordinator is gone; `begin` starts it.
    package init(resuming debt: MoveDebt) {
        state = debt == .forward ? .holdingAgain : .unfencing(.interrupted)
    }

    package mutating func handle(_ event: Event) -> Action {
        switch (state, event) {
        case (.ready, .begin): enter(.notingIntent, .note(.intent))
        case (.holdingAgain, .begin): .hold(.all)
        case (.unfencing, .begin): .unfence

        case (.notingIntent, .noted): enter(.holdingWrites, .hold(.writes))
        case (.notingIntent, .failed): end(.aborted(.journalFailed))

        case (.holdingWrites, .held): enter(.fencing, .fence)
        case (.holdingWrites, .requestsRemained): enter(.releasingBack(.requestsRemained), .release)
        case (.holdingWrites, .failed): enter(.releasingBack(.routersFailed), .release)

        case (.fencing, .fenced(let position)):
            enter(.notingFence(position: position), .note(.fenced(position: position)))
        case (.fencing, .failed): goBack(.storeFailed)
        case (.fencing, .holdLost): goBack(.holdLost)

        case (.notingFence(let position), .noted): enter(.draining(position: position), .awaitPosition(position))
        case (.notingFence, .failed): goBack(.journalFailed)

        case (.draining(let position), .positionReached): enter(.comparing(position: position), .compare)
        case (.draining, .deadlinePassed): goBack(.notDrained)
        case (.granting, .holdLost): goBack(.holdLost)
        case (.draining, .failed), (.comparing, .failed): goBack(.storeFailed)

        case (.comparing(let position), .compared(isEqual: true)):
            enter(.holdingReads(position: position), .hold(.all))
        case (.comparing, .compared(isEqual: false)): goBack(.different)

        case (.holdingReads(let position), .held): enter(.granting(position: position), .grant(position: position))
        case (.holdingReads, .requestsRemained): goBack(.requestsRemained)
        case (.holdingReads, .failed): goBack(.routersFailed)

        case (.granting, .granted), (.askingForGrant, .granted): enter(.publishing, .publish)
        case (.granting, .failed): enter(.askingForGrant, .askForGrant)
        case (.askingForGrant, .foundNotGranted): goBack(.storeFailed)
        case (.askingForGrant, .failed): again(.askForGrant, else: .unfinished(nil))

        case (.holdingAgain, .held): enter(.publishing, .publish)
        case (.holdingAgain, .requestsRemained), (.holdingAgain, .failed):
            again(.hold(.all), else: .unfinished(.forward))

        case (.publishing, .published): enter(.releasing, .release)
        // Attempts are counted on: a hold that is lost each time must end too.
        case (.publishing, .holdLost): again(.hold(.all), in: .holdingAgain, else: .unfinished(.forward))
        case (.publishing, .failed): again(.publish, else: .unfinished(.forward))

        // A hold that cannot be released runs out by itself.
        case (.releasing, .released), (.releasing, .failed): enter(.following, .follow)
        case (.following, .followed): enter(.notingDone, .note(.done))
        case (.following, .failed): again(.follow, else: .unfinished(.forward))
        // Both stores say that it is done, and they are believed before the journal.
        case (.notingDone, .noted), (.notingDone, .failed): end(.moved)

        case (.unfencing(let why), .unfenced): enter(.releasingBack(why), .release)
        case (.unfencing, .failed): again(.unfence, else: .unfinished(.back))
        case (.releasingBack(let why), .released), (.releasingBack(let why), .failed):
            enter(.notingAbort(why), .note(.aborted))
        case (.notingAbort(let why), .noted), (.notingAbort(let why), .failed): end(.aborted(why))

        default: .nothing
        }
    }

    private mutating func enter(_ state: State, _ action: Action) -> Action {
        // What was lost again and again on the way to the routers is counted over both of its states.
        if !(self.state == .holdingAgain && state == .publishing) { attempts = 0 }
        self.state = state
        return action
    }

    private mutating func goBack(_ why: MoveHindrance) -> Action { enter(.unfencing(why), .unfence) }

    private mutating func again(_ action: Action, in next: State? = nil, else outcome: MoveOutcome) -> Action {
        attempts += 1
        guard attempts < Self.mostAttempts else { return end(outcome) }
        if let next { state = next }
        return action
    }

    private mutating func end(_ outcome: MoveOutcome) -> Action { enter(.ended(outcome), .end(outcome)) }
}
