import AdminAPI
import AdminClient
import ControlKit

/// Looks through facts for what is not as it should be, the gravest kind first.
struct StatusFindings {
    let facts: StatusFacts
    let routes: [StatusFacts.Route]

    init(_ facts: StatusFacts, _ routes: [StatusFacts.Route]) {
        self.facts = facts
        self.routes = routes
    }

    typealias Finding = StatusJudgement.Finding

    var all: [StatusJudgement.Finding] {
        draining + stalls + sides + unwritten + refusals + limitHits + reload + goodCopy + memoryOnly + partly + waiting
            + unusedLegacy + mirrors
            + strays + held + left + changing
    }

    // MARK: The router

    private var draining: [Finding] {
        guard facts.isDraining else { return [] }
        return [
            Finding(sentence: "The router is draining: it takes no new connections and no changes.", severity: .warning)
        ]
    }

    private var unwritten: [Finding] {
        guard let unwritten = facts.unwritten else { return [] }
        return [
            Finding(
                sentence:
                    "\(unwritten.what) is served, but not on disk: \(unwritten.reason); it is tried again until it is.",
                severity: .bad, steps: [.init(.doctor, "what keeps the file from being written?")])
        ]
    }

    private var reload: [Finding] {
        guard let refused = facts.refusedReload else { return [] }
        return [
            Finding(
                sentence:
                    "The last reload was refused, revision \(facts.revision) keeps serving: \(refused.message)",
                severity: .warning,
                // A valid file is refused as well when it would undo a rollback.
                steps: facts.unwritten == nil
                    ? [.init(.validate(file: facts.configuration), "every error of the file with its place")]
                    : [.init(.plan(file: facts.configuration), "what the file says beside what is served")])
        ]
    }

    private var goodCopy: [Finding] {
        guard facts.servesGoodCopy else { return [] }
        return [
            Finding(
                sentence: "The file was bad at start: the newest good copy of it, revision \(facts.revision), serves.",
                severity: .warning,
                steps: [.init(.validate(file: facts.configuration), "every error of the file with its place")])
        ]
    }

    private var memoryOnly: [Finding] {
        guard let reason = facts.memoryOnly else { return [] }
        return [
            Finding(
                sentence: "Changes cannot be written to disk: \(reason).", severity: .warning,
                steps: [.init(.doctor, "what keeps the file from being written?")], bars: false)
        ]
    }

    private var changing: [Finding] {
        guard Set(facts.revisions).count > 1 else { return [] }
        let revisions = StatusJudgement.list(Set(facts.revisions).sorted().map(String.init))
        return [
            Finding(
                sentence: "A change is under way: loops serve the revisions \(revisions).", severity: .warning,
                bars: false)
        ]
    }

    // MARK: Data

    private var stalls: [Finding] {
        facts.dataStalls.compactMap { stall in
            let readers = routes.filter { $0.context == stall.context && $0.percent > 0 && $0.service != nil }
            guard facts.routes.count == routes.count || routes.contains(where: { $0.context == stall.context }) else {
                return nil
            }
            var sentence = "The rows of \(stall.context) do not arrive: \(stall.reason)"
            if let consequence = stall.consequence {
                sentence += "; \(consequence)"
            } else if !readers.isEmpty {
                sentence += "; readers of \(StatusJudgement.list(readers.map(\.id))) on the service see old ones"
            }
            return Finding(
                sentence: sentence + ".", severity: readers.isEmpty ? .warning : .bad,
                steps: readers.map { .init(.rollback(route: $0.id), "its readers see the newest rows again") }
                    + [.init(.dataStatus(group: stall.context), "what stands still, and its cure")])
        }
    }

    // MARK: Sides

    /// What users feel: sides that serve some of them and do not do it well. What is the same of several routes is said
    /// once.
    private var sides: [Finding] {
        var found: [Finding] = []
        var said: Set<String> = []
        for route in routes {
            if let service = route.service, route.percent > 0, let trouble = trouble(of: service),
                said.insert(trouble).inserted
            {
                found.append(ofService(service.upstream, trouble))
            }
        }
        for route in routes where route.percent < 100 {
            guard let trouble = trouble(of: route.legacy), said.insert(trouble).inserted else { continue }
            let names = routes.filter { $0.percent < 100 && self.trouble(of: $0.legacy) == trouble }.map(\.id)
            found.append(
                Finding(
                    sentence: "\(trouble); it serves \(StatusJudgement.list(names)).", severity: .bad,
                    steps: [Self.look]))
        }
        return found
    }

    private func ofService(_ upstream: String, _ trouble: String) -> Finding {
        let hit = routes.filter { route in
            route.percent > 0 && route.service.map { self.trouble(of: $0) == trouble } ?? false
        }
        let names = hit.map { "\($0.id) at \(Decimal.percent($0.percent))" }
        var sentence = "\(trouble); on it: \(StatusJudgement.list(names))"
        if let mended = hit.first(where: { $0.isFallingBack(facts) }) {
            sentence += "; \(mended.legacy.upstream) answers reads meanwhile"
        }
        return Finding(
            sentence: sentence + ".", severity: .bad,
            steps: hit.map { .init(.rollback(route: $0.id), "its service is ill") })
    }

    private static let look = Advice(.doctor, "what its probes say, and how to mend it")

    private func trouble(of side: StatusFacts.Side) -> String? {
        switch facts.health(side) {
        case .ill(let reason): return "\(side.upstream) is ill" + (reason.map { ": \($0)" } ?? "")
        case .ejected: return "\(side.upstream) was taken out: its last requests failed"
        case .healthy, .partly, .unknown: break
        }
        if let faults = side.faults { return words(faults, side.upstream) }
        switch side.circuit {
        case .open: return "The circuit to \(side.upstream) is open: its last requests failed"
        case .halfOpen: return "The circuit to \(side.upstream) is being tried: its last requests failed"
        case .closed: return nil
        }
    }

    private func words(_ faults: StatusFacts.Faults, _ upstream: String) -> String {
        let bad = min(faults.errors + faults.cut, faults.answers)
        let of = StatusJudgement.count(faults.answers, "answer")
        let kind =
            faults.cut == 0 ? "were errors (5xx)" : faults.errors == 0 ? "broke off" : "were errors (5xx) or broke off"
        return bad == faults.answers
            ? "\(upstream) gives no good answer: all of its last \(of) \(kind)"
            : "\(upstream) fails: \(Decimal.grouped(bad)) of its last \(of) \(kind)"
    }

    private var partly: [Finding] {
        let used = Set(routes.flatMap { [$0.legacy.upstream, $0.service?.upstream].compactMap { $0 } })
        return facts.upstreams.compactMap { upstream in
            guard used.contains(upstream.name), case .partly(let out, let count) = upstream.health else { return nil }
            return Finding(
                sentence: "\(upstream.name) is short of endpoints: \(out) of \(count) are out, the others serve.",
                severity: .warning, steps: [Self.look])
        }
    }

    /// Services that nobody is on yet, and that could not take anybody.
    private var waiting: [Finding] {
        var named: Set<String> = []
        return routes.compactMap { route in
            guard let service = route.service, route.percent == 0, route.isMovable, facts.health(service).isOut,
                named.insert(service.upstream).inserted
            else { return nil }
            let isServing = facts.routes.contains { $0.percent > 0 && $0.service?.upstream == service.upstream }
            guard !isServing, let trouble = trouble(of: service) else { return nil }
            return Finding(sentence: "\(trouble); nobody is on it.", severity: .warning, steps: [Self.look])
        }
    }

    /// Legacy that nobody is on any more: it is where a rollback leads.
    private var unusedLegacy: [Finding] {
        var named: Set<String> = []
        return routes.compactMap { route in
            let name = route.legacy.upstream
            guard route.percent == 100, facts.health(name).isOut, named.insert(name).inserted,
                !facts.routes.contains(where: { $0.percent < 100 && $0.legacy.upstream == name }),
                let trouble = trouble(of: route.legacy)
            else { return nil }
            return Finding(
                sentence: "\(trouble); nobody is on it, but a rollback leads there.", severity: .warning,
                steps: [Self.look]
            )
        }
    }

    /// Reads that legacy answered although the service is not out: it was for a moment, or too many waited for it.
    private var strays: [Finding] {
        routes.compactMap { route in
            guard let service = route.service, route.percent > 0, service.recentFallbacks > 0,
                !route.isFallingBack(facts)
            else { return nil }
            let were = "\(StatusJudgement.count(service.recentFallbacks, "read")) of the last minute"
            return Finding(
                sentence:
                    "\(were) meant for \(service.upstream) (\(route.id)) \(service.recentFallbacks == 1 ? "was" : "were") answered by \(route.legacy.upstream).",
                severity: .warning, bars: false)
        }
    }

    private var left: [Finding] {
        routes.compactMap { route in
            guard let service = route.service else { return nil }
            let side = route.percent == 0 ? service : route.percent == 100 ? route.legacy : nil
            guard let side, let open = side.openForLong else { return nil }
            return Finding(
                sentence: "\(route.id) has left \(side.upstream), and there are still open on it: \(open).",
                severity: .warning, bars: false)
        }
    }

    private var held: [Finding] {
        routes.compactMap { route in
            // Where the rows stand still for readers, that has been said.
            guard route.percent < 100, case .held(let reason, let cure) = route.movability,
                !facts.dataStalls.contains(where: { $0.context == route.context })
            else { return nil }
            return Finding(
                sentence: "\(route.id) cannot be shifted now: \(reason).", severity: .warning,
                steps: cure.map { [Advice($0, "what it waits for")] } ?? [], bars: false)
        }
    }
}
