internal import DataSync
private import Glibc
internal import Migration
internal import SQLite

/// One condition of a move, with the figures that it was judged by.
package struct MoveGate: Sendable, Equatable {
    package enum Name: String, Sendable, CaseIterable {
        case copy
        case verify
        case lag
        case mapping
        case wayBack = "way back"
        case stores
        case unkeyedWrites = "unkeyed writes"
        /// Whether the router would serve what the service is to own.
        case routes
    }

    package enum Verdict: String, Sendable {
        case passes
        case holds
        /// Nobody could tell; it holds nothing up.
        case unknown
    }

    package var name: Name
    /// What was found, in a phrase without a full stop.
    package var figures: String
    package var verdict: Verdict

    package init(_ name: Name, _ figures: String, _ verdict: Verdict) {
        (self.name, self.figures, self.verdict) = (name, figures, verdict)
    }
}

/// The conditions of a move. Users who go back to the monolith are asked for less: that both stores can be written, and
/// that the service's changes arrive.
package struct MoveGates: Sendable {
    /// How old the last proof that both stores are equal may be, in milliseconds. Default 24 hours.
    package var verifyAge = 86_400_000
    private let now: Int

    /// - Parameter now: milliseconds since 1970.
    package init(now: Int) { self.now = now }

    func look(
        _ group: DataDocument.Group, _ pair: StorePair, status: DataStatus, isUp: Bool, unkeyedWrites: Int?
    ) throws -> [MoveGate] {
        let back = try [wayBack(group, pair), stores(pair)]
        guard isUp else { return back }
        return [copy(status), verify(status), lag(status), mapping(group, pair.plans)] + back + [unkeyed(unkeyedWrites)]
    }

    func copy(_ status: DataStatus) -> MoveGate {
        guard status.state == .running, let proof = status.proof else {
            let reason = status.reason.map { ": \($0)" } ?? ""
            return MoveGate(.copy, status.state.rawValue + reason, .holds)
        }
        guard status.keyless == 0 else {
            return MoveGate(.copy, "\(status.keyless) rows without a key cannot be carried", .holds)
        }
        return MoveGate(.copy, "\(proof.rows) rows copied, counts and digests equal", .passes)
    }

    func verify(_ status: DataStatus) -> MoveGate {
        guard let proof = status.proof else { return MoveGate(.verify, "never proven", .holds) }
        let age = max(0, now - proof.time)
        return MoveGate(.verify, "proven \(Self.age(age)) ago (<=24 h)", age <= verifyAge ? .passes : .holds)
    }

    func lag(_ status: DataStatus) -> MoveGate {
        guard status.agentLives else { return MoveGate(.lag, "no agent carries \(status.group)", .holds) }
        return MoveGate(
            .lag, "rows \(status.lag.rows) (<=200)  age \(status.lag.age) ms (<=1000)",
            status.lag.isSmall ? .passes : .holds)
    }

    /// A table whose way back would lose something is refused by its plan; that each row comes back through its maps as
    /// it was is what `data create` checked.
    func mapping(_ group: DataDocument.Group, _ plans: [TablePlan]) -> MoveGate {
        for (table, plan) in zip(group.tables, plans) where !table.isCatalogue {
            do { _ = try plan.back() } catch { return MoveGate(.mapping, error.reason, .holds) }
        }
        let columns = plans.reduce(0) { $0 + $1.columns.count }
        let maps = plans.reduce(0) { $0 + $1.maps.count }
        let mapped = maps == 0 ? "" : ", \(maps) maps with a way back"
        return MoveGate(.mapping, "\(plans.count) tables, \(columns) columns as they are\(mapped)", .passes)
    }

    private func wayBack(_ group: DataDocument.Group, _ pair: StorePair) throws -> MoveGate {
        let state = try pair.source.streamState(of: group.name)
        guard state == .running else {
            let standing = state == .stopped ? "what carries" : "nothing carries"
            let word = state == .stopped ? " stands still" : " yet"
            return MoveGate(.wayBack, "\(standing) the service's changes to the monolith\(word)", .holds)
        }
        let position = try pair.monolith.position()
        let last = try pair.target.changeClock()
        let left = try pair.service.undrained(after: position, upTo: last)
        return MoveGate(
            .wayBack, "\(left) changes of the service not carried back (<=200)", left <= 200 ? .passes : .holds)
    }

    private func stores(_ pair: StorePair) throws -> MoveGate {
        for (what, connection) in [("the monolith's", pair.source), ("the service's", pair.target)] {
            struct Undo: Error {}
            do {
                try OwnershipStore.patiently { try connection.transaction(.immediate) { _ in throw Undo() } }
            } catch is Undo {
            } catch {
                return MoveGate(.stores, "\(what) store cannot be written: \(error)", .holds)
            }
            let changes = try connection.int("SELECT count(*) FROM _sf_chg") ?? 0
            // A row of the change table and of its index, with keys of usual length.
            let wanted = changes.multipliedReportingOverflow(by: 2 * 256).partialValue
            guard let free = Self.freeBytes(connection.path) else { continue }
            guard free >= wanted else {
                return MoveGate(
                    .stores, "the disk of \(what) store has \(free >> 20) MiB left, and \(wanted >> 20) are wanted",
                    .holds)
            }
        }
        return MoveGate(.stores, "both can be written, the disks have room", .passes)
    }

    func unkeyed(_ count: Int?) -> MoveGate {
        guard let count else { return MoveGate(.unkeyedWrites, "no router counts them", .unknown) }
        return MoveGate(
            .unkeyedWrites, "\(count) writes of no user since the router started", count == 0 ? .passes : .holds)
    }

    private static func freeBytes(_ path: String) -> Int? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let (bytes, isOver) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return isOver ? .max : Int(clamping: bytes)
    }

    private static func age(_ milliseconds: Int) -> String {
        let minutes = milliseconds / 60_000
        return minutes < 120 ? "\(minutes) min" : "\(minutes / 60) h"
    }
}
