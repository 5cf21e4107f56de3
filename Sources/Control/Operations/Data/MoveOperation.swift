import AdminAPI
import AdminClient
import ControlKit
package import DataMove
import DataSync
import Estate
import Glibc
import Migration
package import Routing
import Synchronization

/// Moves the users of an owned context until the service owns a share of them: stores, routers and routes together.
package enum MoveOperation {
    package struct Result: Sendable {
        package let context: OwnedContext
        package let report: MoveReport
        /// Users that were to be moved, when it was looked at.
        package let users: Int
    }

    /// The gates have been passed when this begins; it goes on through a Ctrl-C to the end of a slice.
    ///
    /// - Parameter progress: is told what the service owns by now, after each slice.
    package static func make(
        _ preview: MovePreview, to goal: Percent, _ context: OperationContext,
        progress: @escaping @Sendable (Percent) -> Void
    ) async throws -> Result {
        if let gate = preview.survey.obstacle { throw refusal(gate, preview) }
        let owned = preview.context
        let admin = try context.admin()
        let lock = try lock(owned, to: goal, context)
        defer { withExtendedLifetime(lock) {} }
        let isStopping = Mutex(false)
        let report = try await unbroken {
            isStopping.withLock { $0 = true }
            context.waits()
        } _: {
            do {
                return try await run(owned, to: goal, admin, context, progress) { isStopping.withLock { $0 } }
            } catch {
                throw MovePreview.failure(error, owned)
            }
        }
        return Result(context: owned, report: report, users: preview.survey.plan.keys)
    }

    private static func run(
        _ owned: OwnedContext, to goal: Percent, _ admin: AdminClient, _ context: OperationContext,
        _ progress: @escaping @Sendable (Percent) -> Void, _ isCancelled: @escaping () -> Bool
    ) async throws -> MoveReport {
        let pair = try StorePair(owned.group)
        let began = ContinuousClock.now
        let coordinator = MoveCoordinator(
            group: owned.group.name, monolith: pair.monolith, service: pair.service,
            routers: RouterHolds(admin, owned, context), journal: MoveJournal(path: context.dataPath + ".moves"),
            clock: MoveClock(
                monotonic: { ContinuousClock.now - began }, wall: Clock.milliseconds,
                pause: { try? await Task.sleep(for: $0) }),
            isCancelled: isCancelled, moved: { progress(Percent(ticks: Int32(clamping: $0.ticks))) })
        return try await coordinator.move(to: Int(goal.ticks))
    }

    /// Throws `OperationFailure` when another process moves users by the same data file.
    private static func lock(
        _ owned: OwnedContext, to goal: Percent, _ context: OperationContext
    ) throws(OperationFailure) -> CoordinatorLock {
        let holder = "process \(getpid()) of \(context.author.actor), which moves \(owned.name) to \(goal) %"
        do {
            return try CoordinatorLock(path: context.dataPath + ".moves.lock", holder: holder)
        } catch {
            switch error {
            case .held(let other):
                throw OperationFailure(
                    .conflict, "users are being moved already, by \(other)", fix: "wait for it, or end it")
            case .failed(let reason): throw OperationFailure(.failed, reason)
            }
        }
    }

    private static func refusal(_ gate: MoveGate, _ preview: MovePreview) -> OperationFailure {
        OperationFailure(
            .gateFailed, "users of \"\(preview.context.name)\" cannot be moved: \(gate.name.rawValue): \(gate.figures)",
            fix: "strangler data move \(preview.context.name) --to PERCENT --dry-run shows every gate")
    }
}
