package import AdminAPI
package import ControlKit
package import DataSync
import Migration
import Routing

/// Whether the services that a change gives readers have the rows that those will ask for.
///
/// Every verb that changes routes passes here with the document before and after it: what counts is who arrives at a
/// service whose context has the mode `reads`, by whatever way. Going back is never held.
package struct DataGate: Equatable, Sendable {
    /// A context whose service gets readers.
    package struct Arrival: Equatable, Sendable {
        package var context: String
        package var group: String
        package var routes: [String]
    }

    /// Who vouches for the rows.
    package enum Witness: String, Equatable, Sendable {
        /// The stores were looked at.
        case stores
        /// The agent reports to the router.
        case router
    }

    package enum Verdict: Equatable, Sendable {
        case holds(Witness)
        case fails(String)
        /// Nobody knows; with what may have been meant.
        case unchecked(String, near: String?)
    }

    package var verdicts: [(arrival: Arrival, verdict: Verdict)] = []
    /// Contexts whose rows are there, and that no agent has reported to the router yet: nothing would notice when they
    /// no longer follow.
    package var unwatched: [String] = []
    /// `--despite-data`: nothing was looked at.
    package var isSkipped = false

    package static func == (left: DataGate, right: DataGate) -> Bool {
        left.isSkipped == right.isSkipped && left.unwatched == right.unwatched
            && left.verdicts.elementsEqual(right.verdicts) { $0.arrival == $1.arrival && $0.verdict == $1.verdict }
    }

    /// Nobody arrives anywhere.
    package init() {}

    // MARK: Who arrives

    /// - Parameter before: nil: nothing that could be read.
    package static func arrivals(from before: [UInt8]?, to after: [UInt8]) -> [Arrival] {
        guard case .success(let new) = RoutesDocument.parse(after, file: "routes.json", guards: .told) else {
            return []
        }
        let old = before.flatMap { try? RoutesDocument.parse($0, file: "routes.json", guards: .told).get() }
        let routes = new.arrivals(from: old) { $0.map { new.contexts[$0].mode == .reads } ?? false }
        var arrivals: [Arrival] = []
        for route in routes.map({ new.routes[$0] }) {
            guard let context = route.context.map({ new.contexts[$0] }) else { continue }
            if let index = arrivals.firstIndex(where: { $0.context == context.name }) {
                arrivals[index].routes.append(route.id)
            } else {
                arrivals.append(Arrival(context: context.name, group: context.group, routes: [route.id]))
            }
        }
        return arrivals
    }

    // MARK: Looking

    /// Looks at the stores when `data.json` is there, and at what the router was told.
    ///
    /// - Parameter router: what the router says of its contexts; empty: no router, or one that says nothing.
    package init(
        from before: [UInt8]?, to after: [UInt8], router: [DataContext], _ context: OperationContext
    ) throws(OperationFailure) {
        if context.despiteData {
            isSkipped = true
            return
        }
        let arrivals = Self.arrivals(from: before, to: after)
        guard !arrivals.isEmpty else { return }
        let path = context.dataPath
        // A file that was asked for by name and is not there is an error; one that nobody spoke of is none.
        let isThere = FileSystem.exists(path) || context.isDataNamed
        let groups = isThere ? try DataFile.document(at: path).groups : nil
        for arrival in arrivals {
            let status = groups?.first { $0.name == arrival.group }.map { DataStatus.read($0, countsRows: false) }
            let told = router.first { $0.context == arrival.context }
            let verdict = Self.verdict(arrival, status, groups: groups?.map(\.name), file: path, router: told)
            verdicts.append((arrival, verdict))
            if Self.isUnwatched(verdict, told) { unwatched.append(arrival.context) }
        }
    }

    /// - Parameters:
    ///   - status: of the group, from its stores; nil: there is none.
    ///   - groups: of `data.json`; nil: there is no such file.
    package static func verdict(
        _ arrival: Arrival, _ status: DataStatus?, groups: [String]?, file: String, router: DataContext?
    ) -> Verdict {
        if let status, let problem = problem(status) { return .fails(problem) }
        if let router, router.state == "stalled" { return .fails(router.reason ?? "the router was told so") }
        if status != nil { return .holds(.stores) }
        if router?.state == "following" { return .holds(.router) }
        guard let groups else { return .unchecked("there is no \(file)", near: nil) }
        return .unchecked("\(file) has no group \"\(arrival.group)\"", near: near(arrival.group, groups))
    }

    /// Whether the rows are there and the router, which would watch them, was never told so.
    package static func isUnwatched(_ verdict: Verdict, _ router: DataContext?) -> Bool {
        verdict == .holds(.stores) && router?.state == "unknown"
    }

    /// The group that was probably meant: another case, a slip, or a name that holds the other.
    private static func near(_ name: String, _ groups: [String]) -> String? {
        if let near = Routing.Suggestion.nearest(to: name, among: groups) { return near }
        return groups.first { $0.contains(name) || name.contains($0) } ?? (groups.count == 1 ? groups[0] : nil)
    }

    /// Gates of a move of reads: proven to have arrived, carried, at most 200 rows and a second behind.
    package static func problem(_ status: DataStatus) -> String? {
        switch status.state {
        case .notCreated: return "nothing is installed for \(status.group)"
        case .unreadable: return status.reason ?? "a store cannot be read"
        case .stopped: return "\(status.group) stands still: \(status.reason ?? "")"
        case .copying: return "\(status.group) is still being copied"
        case .proving: return "the copy of \(status.group) is not proven yet"
        case .running: break
        }
        if status.proof == nil { return "there is no proof that every row of \(status.group) arrived" }
        if status.keyless > 0 {
            return "rows of \(status.group) have no key and cannot be carried: \(status.keyless)"
        }
        if !status.agentLives { return "no agent carries \(status.group)" }
        if !status.lag.isSmall { return "\(status.lag.rows) rows behind, the oldest for \(status.lag.age) ms" }
        return nil
    }

    // MARK: Saying so

    /// The first service that lacks rows; nil: none is known to.
    package var failure: OperationFailure? {
        for (arrival, verdict) in verdicts {
            guard case .fails(let problem) = verdict else { continue }
            let routes = arrival.routes.map { "\"\($0)\"" }.joined(separator: ", ")
            return OperationFailure(
                .gateFailed, "the service of \(routes) does not have the monolith's rows: \(problem)",
                fix: "strangler data status \(arrival.group)", "--despite-data moves the readers all the same")
        }
        return nil
    }

    /// What nobody vouches for, now or from now on: a sentence for each context.
    package var warnings: [String] {
        let unwatched = unwatched.map {
            "nothing watches the rows of \"\($0)\" from now on: no agent reports to this router "
                + "(strangler data sync --config FILE, with this router's file)"
        }
        return unwatched
            + verdicts.compactMap { arrival, verdict in
                guard case .unchecked(let reason, let near) = verdict else { return nil }
                let meant =
                    near.map { " (did you mean \"\($0)\"? name it in contexts.\(arrival.context).data.group)" } ?? ""
                return "nothing checks that the service has the rows of \"\(arrival.context)\": \(reason)\(meant)"
            }
    }

    package var datum: OutputValue {
        var checked: [OutputValue] = []
        var failed: [OutputValue] = []
        var unchecked: [OutputValue] = []
        for (arrival, verdict) in verdicts {
            var row: OutputValue = [
                "context": .string(arrival.context), "group": .string(arrival.group),
                "routes": .array(arrival.routes.map { .string($0) }),
            ]
            switch verdict {
            case .holds(let witness):
                row["by"] = .string(witness.rawValue)
                checked.append(row)
            case .fails(let problem):
                row["reason"] = .string(problem)
                failed.append(row)
            case .unchecked(let reason, let near):
                row["reason"] = .string("nothing checks that the service has the rows: \(reason)")
                row["did_you_mean"] = .optional(near)
                unchecked.append(row)
            }
        }
        return [
            "despite_data": .bool(isSkipped), "checked": .array(checked), "failed": .array(failed),
            "unchecked": .array(unchecked), "unwatched": .array(unwatched.map { .string($0) }),
        ]
    }
}
