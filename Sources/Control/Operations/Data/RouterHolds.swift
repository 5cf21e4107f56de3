import AdminAPI
import AdminClient
import ControlKit
import DataMove
import Migration
import Routing

/// The router of a configuration, as a move sees it, over its admin API.
final class RouterHolds: MoveRouters {
    private let admin: AdminClient
    private let owned: OwnedContext
    private let context: OperationContext
    /// The hold that was asked for last, and until when it lasts by this process's clock.
    private var standing: (id: String, until: ContinuousClock.Instant)?
    /// What was published and not recorded: users wait meanwhile, and the ledger can.
    private var unrecorded: [(change: AdminChange, document: [UInt8], revision: Int)] = []

    /// The router's most. A coordinator that dies keeps nobody waiting for longer.
    private static let lease = 5_000
    /// How long requests under way may take to end. With it and the time for the drain of the rows, nobody waits for
    /// the two seconds after which the router refuses.
    private static let drain = 1_000
    /// What must be left of a lease for the routes to be published under it.
    private static let margin = 1_000

    init(_ admin: AdminClient, _ owned: OwnedContext, _ context: OperationContext) {
        self.admin = admin
        self.owned = owned
        self.context = context
    }

    func hold(_ slice: MoveSlice, _ kind: MoveHold) async throws(MoveRoutersProblem) {
        let until = ContinuousClock.now + .milliseconds(Self.lease)
        standing = nil
        do {
            let hold = try await admin.hold(
                HoldRequest(
                    context: owned.name, from: slice.buckets.lowerBound, to: slice.buckets.upperBound,
                    kind: kind.rawValue, leaseMilliseconds: Self.lease, drainMilliseconds: Self.drain,
                    actor: context.author.actor))
            standing = (hold.id, until)
        } catch {
            throw Self.problem(error)
        }
    }

    /// The router is asked too: one that was started again knows nothing of a hold.
    func isHeld() async -> Bool {
        guard let standing, standing.until - ContinuousClock.now > .milliseconds(Self.margin),
            let told = try? await admin.holds().value.holds
        else { return false }
        return told.contains { $0.id == standing.id && $0.expiresInMilliseconds >= Self.margin }
    }

    func publish(ticks: Int, epoch: Int) async throws(MoveRoutersProblem) {
        do {
            let served = try await ServedDocument.live(admin)
            let after = try owned.document(served.document, ticks: ticks, epoch: epoch, file: served.place)
            guard after != served.document else { return }
            let change = try await admin.replaceRoutes(
                after, ifRevision: served.revision, dryRun: false, verb: "apply", AdminClient.Consent(),
                context.author)
            unrecorded.append((change, served.document, served.revision))
        } catch {
            throw Self.problem(error)
        }
    }

    func release() async throws(MoveRoutersProblem) {
        let own = standing?.id
        standing = nil
        do {
            if let own {
                try await end(own)
            } else {
                for hold in try await admin.holds().value.holds where hold.context == owned.name {
                    try await end(hold.id)
                }
            }
        } catch {
            await record()
            throw Self.problem(error)
        }
        await record()
    }

    /// A hold that ran out meanwhile has ended too, and its requests went on by the routes of that moment.
    private func end(_ id: String) async throws {
        do {
            _ = try await admin.releaseHold(id)
        } catch let failure as OperationFailure where failure.code == "not_found" {
        }
    }

    private func record() async {
        for (change, document, revision) in unrecorded {
            await context.record("move", change, seen: (document, revision), by: .router(admin))
        }
        unrecorded = []
    }

    private static func problem(_ error: any Error) -> MoveRoutersProblem {
        guard let failure = error as? OperationFailure else { return .failed("\(error)") }
        return failure.code == "hold_not_drained" ? .requestsRemained : .failed(failure.message)
    }
}

extension OwnedContext {
    /// The document that sends so many buckets, from 0 on, to the service, by every route of the context.
    func document(_ present: [UInt8], ticks: Int, epoch: Int, file: String) throws(OperationFailure) -> [UInt8] {
        let percent = Percent(ticks: Int32(clamping: ticks))
        // Where nobody's side changes, the number of the last move is right as it is.
        guard ticks != served(in: present) else { return present }
        return try RoutesFileEditor.applying(
            routes.map { .percent(route: $0, percent) } + [.epoch(context: name, epoch)], to: present, file: file)
    }

    private func served(in document: [UInt8]) -> Int? {
        guard let sketch = RoutesSketch(document) else { return nil }
        let found = Set(routes.map { id in Percent(nearest: sketch.route(id)?.percent ?? 0).ticks })
        return found.count == 1 ? found.first.map { Int($0) } : nil
    }
}
