package import AdminAPI
package import AdminClient
package import ControlKit

/// What is known of a migration at one moment, as far as its judgement needs it: values only, from wherever they were
/// read.
package struct StatusFacts: Equatable, Sendable {
    package typealias Health = AdminStatus.Health
    package typealias Circuit = AdminStatus.Circuit
    package typealias Faults = AdminStatus.Faults

    package struct Side: Equatable, Sendable {
        package var upstream: String
        package var circuit = Circuit.closed
        /// Requests meant for it that legacy answered in the last minute.
        package var recentFallbacks = 0
        /// nil: no alarm.
        package var faults: Faults?
        /// Requests under way on it now.
        package var underWay = 0
        /// Open for longer than the route's `longLived.after`, in words; nil: none.
        package var openForLong: String?

        package init(_ upstream: String) { self.upstream = upstream }
    }

    /// Whether a percentage of a route can be raised.
    package enum Movability: Equatable, Sendable {
        /// To anything.
        case free
        /// From 0 to 100 and back, nothing between.
        case whole
        /// Not now, for a reason that passes, with what shows or cures it.
        case held(String, cure: Advice.Action?)
        /// Never as it is configured: its mode, or no service.
        case never(String)
    }

    package struct Mirror: Equatable, Sendable {
        package var percent = 0.0
        package var sent = 0
        /// Answers by class, 2xx to 5xx; nil: the router does not tell.
        package var classes: Classes?
        package var answered = 0
        package var failed = 0
        package var skipped = 0

        package typealias Classes = StatusClasses

        package init() {}
    }

    package struct Route: Equatable, Sendable {
        package var id: String
        /// `prefix /api/profiles GET,HEAD`.
        package var match: String
        package var context: String?
        package var percent: Double
        package var legacy: Side
        package var service: Side?
        package var movability: Movability
        package var mirror: Mirror?
        /// It takes GET or HEAD, which is what a mirror copies by default.
        package var takesReads = true
        /// Its scenarios for `parity run` are there.
        package var hasScenarios = true

        package init(
            _ id: String, match: String, percent: Double = 0, legacy: Side, service: Side?, movability: Movability
        ) {
            (self.id, self.match, self.percent) = (id, match, percent)
            (self.legacy, self.service, self.movability) = (legacy, service, movability)
        }
    }

    /// Requests that were refused in the last minute for want of something that has a limit.
    package struct Refusal: Equatable, Sendable {
        package enum Lack: String, Equatable, Sendable, CaseIterable {
            /// `upstreams.NAME.connections`; of the router: `limits.connections`.
            case connections
            /// `upstreams.NAME.pending`.
            case pending
            /// `upstreams.NAME.streams`.
            case streams
            /// `limits.connectionsPerAddress`.
            case connectionsPerAddress
            /// `limits.inFlight`.
            case inFlight
            /// `limits.held`.
            case held
        }

        package var lack: Lack
        package var count: Int
        package var limit: Int

        package init(_ lack: Lack, count: Int, limit: Int) {
            (self.lack, self.count, self.limit) = (lack, count, limit)
        }
    }

    package struct Upstream: Equatable, Sendable {
        package var name: String
        package var health: Health
        package var refusals: [Refusal] = []

        package init(_ name: String, _ health: Health, refusals: [Refusal] = []) {
            (self.name, self.health, self.refusals) = (name, health, refusals)
        }
    }

    /// The rows of a context do not arrive: its readers on the service see old ones.
    package struct DataStall: Equatable, Sendable {
        package var context: String
        /// What stands still, and for how long.
        package var reason: String
        /// What the router does about its readers; nil: nothing.
        package var consequence: String?

        package init(_ context: String, _ reason: String, consequence: String? = nil) {
            (self.context, self.reason, self.consequence) = (context, reason, consequence)
        }
    }

    /// What is served, and is not on disk.
    package struct Unwritten: Equatable, Sendable {
        /// `the rollback of profile (revision 42)`.
        package var what: String
        /// `no space left on device`.
        package var reason: String

        package init(_ what: String, reason: String) { (self.what, self.reason) = (what, reason) }
    }

    /// The last reload was refused, and nothing has been served since that makes it stale.
    package struct RefusedReload: Equatable, Sendable {
        package var message: String

        package init(_ message: String) { self.message = message }
    }

    package var isDraining = false
    package var revision = 1
    /// What the loops serve; more than one while a change is under way.
    package var revisions: [Int] = []
    package var configuration = "routes.json"
    package var routes: [Route] = []
    package var upstreams: [Upstream] = []
    /// Of the router as a whole.
    package var refusals: [Refusal] = []
    /// Limits of the last minute that are no matter of capacity.
    package var limitHits: [LimitHit] = []
    package var dataStalls: [DataStall] = []
    package var unwritten: Unwritten?
    /// Why changes cannot be written and live in memory; nil: they can.
    package var memoryOnly: String?
    package var refusedReload: RefusedReload?
    /// The router started from a copy because its file was bad, and that copy is what it serves still.
    package var servesGoodCopy = false

    package init() {}

    func health(_ upstream: String) -> Health { upstreams.first { $0.name == upstream }?.health ?? .unknown }
    func health(_ side: Side?) -> Health { side.map { health($0.upstream) } ?? .unknown }
}
