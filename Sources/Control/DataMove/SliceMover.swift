package import Migration
internal import SQLite

/// Carries a slice's move out: one action of `MoveMachine` at a time, with the stores, the routers and the journal.
package final class SliceMover<Store: MoveStore, Routers: MoveRouters> {
    private let slice: MoveSlice
    private let group: String
    private let owner: Store
    private let heir: Store
    private let routers: Routers
    private let journal: MoveJournal
    private let clock: MoveClock
    private var machine: MoveMachine
    private var action: MoveMachine.Action
    private var drainDeadline: Duration?
    private var heldAt: Duration?
    /// From the first request that was kept back until all of them went on; nil: none was.
    package private(set) var pause: Duration?

    /// How long the other side may take to apply the owner's last changes, while writes wait.
    private static var drainLimit: Duration { .milliseconds(500) }

    /// - Parameters:
    ///   - owner: the store that owns the slice before the move.
    ///   - debt: what is left of a move that another coordinator began; nil: a new move.
    package init(
        _ slice: MoveSlice, group: String, owner: Store, heir: Store, routers: Routers,
        journal: MoveJournal, clock: MoveClock, debt: MoveDebt? = nil
    ) {
        self.slice = slice
        self.group = group
        self.owner = owner
        self.heir = heir
        self.routers = routers
        self.journal = journal
        self.clock = clock
        machine = debt.map { MoveMachine(resuming: $0) } ?? MoveMachine()
        action = machine.handle(.begin)
    }

    /// Carries one action out; answers how the move ended when it has.
    package func step() async throws -> MoveOutcome? {
        if case .end(let outcome) = action { return outcome }
        if let event = try await event() { action = machine.handle(event) }
        if case .end(let outcome) = action { return outcome }
        return nil
    }

    /// What came of the action; nil: it is not over.
    private func event() async throws -> MoveMachine.Event? {
        switch action {
        case .note(let phase): return note(phase)
        case .hold(let kind): return await hold(kind)
        case .fence:
            guard await routers.isHeld() else { return .holdLost }
            return try attempt { .fenced(position: try owner.fence(slice)) }
        case .awaitPosition(let last): return try await drained(last)
        case .compare:
            return try attempt {
                // The owner's list decides whose rows these are: the other side's may be ahead or behind.
                let keys = try owner.keys(in: slice.buckets)
                return .compared(isEqual: try owner.digest(of: keys) == heir.digest(of: keys))
            }
        case .grant(let position):
            guard await routers.isHeld() else { return .holdLost }
            return try attempt {
                try heir.grant(slice, position: position)
                return .granted
            }
        case .askForGrant:
            return try attempt {
                let parts = try heir.ranges().parts(of: slice.buckets)
                let isGranted = parts.allSatisfy { $0.state == .own && $0.epoch >= slice.epoch }
                return isGranted ? .granted : .foundNotGranted
            }
        case .publish:
            guard await routers.isHeld() else { return .holdLost }
            do {
                try await routers.publish(ticks: slice.ticks, epoch: slice.epoch)
                return .published
            } catch {
                await clock.pause(.milliseconds(20))
                return .failed
            }
        case .release:
            do { try await routers.release() } catch { return .failed }
            pause = heldAt.map { clock.monotonic() - $0 }
            return .released
        case .follow:
            return try attempt {
                try owner.follow(slice)
                return .followed
            }
        case .unfence:
            return try attempt {
                try owner.unfence(slice)
                return .unfenced
            }
        case .end, .nothing: return nil
        }
    }

    /// What a store refuses is an event. Anything else that is thrown ends the coordinator, as a test may want it.
    private func attempt(_ body: () throws -> MoveMachine.Event?) throws -> MoveMachine.Event? {
        do {
            return try body()
        } catch is SQLiteError {
            return .failed
        } catch is OwnershipProblem {
            return .failed
        }
    }

    private func note(_ phase: MovePhase) -> MoveMachine.Event {
        let entry = MoveJournal.Entry(
            move: slice.move(of: group), group: group, slice: slice, phase: phase, time: clock.wall())
        do { try journal.append(entry) } catch { return .failed }
        return .noted
    }

    private func hold(_ kind: MoveHold) async -> MoveMachine.Event {
        heldAt = heldAt ?? clock.monotonic()
        do {
            try await routers.hold(slice, kind)
            return .held
        } catch {
            return error == .requestsRemained ? .requestsRemained : .failed
        }
    }

    /// The other side's position is read first, and then what the owner has beyond it: a change can only leave what is
    /// left, since the owner takes no more of the slice.
    private func drained(_ last: Int) async throws -> MoveMachine.Event? {
        let deadline = drainDeadline ?? clock.monotonic() + Self.drainLimit
        drainDeadline = deadline
        let event = try attempt {
            let position = try heir.position()
            return try owner.undrained(after: position, upTo: last) == 0 ? .positionReached : nil
        }
        if let event { return event }
        if clock.monotonic() >= deadline { return .deadlinePassed }
        await clock.pause(.milliseconds(2))
        return nil
    }
}

/// Time, from outside.
package struct MoveClock {
    /// Decides about deadlines.
    package var monotonic: () -> Duration
    /// Milliseconds since 1970, for people.
    package var wall: () -> Int
    package var pause: (Duration) async -> Void

    package init(
        monotonic: @escaping () -> Duration, wall: @escaping () -> Int, pause: @escaping (Duration) async -> Void
    ) {
        self.monotonic = monotonic
        self.wall = wall
        self.pause = pause
    }
}
