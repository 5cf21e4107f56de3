import AdminClient
package import ControlKit

/// What a state means and what to do about it: one sentence that says the gravest of it, further ones, and next steps.
///
/// Pure: the same facts give the same words. Every sentence rests on a fact, and every step is one that is accepted as
/// it stands (`StatusJudgementTests` has a row for each state).
package struct StatusJudgement: Equatable, Sendable {
    /// Something that a person should know, with what cures it.
    package struct Finding: Equatable, Sendable {
        package var sentence: String
        package var severity: Severity
        package var steps: [Advice] = []
        /// Users are not moved further before it is over.
        package var bars = true
    }

    /// Graver ones first.
    package let findings: [Finding]
    /// Where the migration stands.
    package let position: String
    package let next: [Advice]

    /// The whole of it in one sentence: the gravest finding, or where the migration stands.
    package var sentence: String { findings.first { $0.bars }?.sentence ?? position }
    /// How grave `sentence` is; nil: it only says where the migration stands.
    package var severity: Severity? { findings.first { $0.bars }?.severity }

    /// What comes after `sentence`.
    package var further: [(sentence: String, severity: Severity?)] {
        var rest = findings.map { (sentence: $0.sentence, severity: Optional($0.severity)) }
        guard let first = findings.firstIndex(where: { $0.bars }) else { return rest }
        rest.remove(at: first)
        return [(position, nil)] + rest
    }

    /// - Parameter route: only what concerns this one and the router as a whole; nil: everything.
    package init(_ facts: StatusFacts, route: String? = nil) {
        let shown = route.map { id in facts.routes.filter { $0.id == id } } ?? facts.routes
        let findings = StatusFindings(facts, shown).all
        self.findings = findings
        if route != nil, let only = shown.first {
            position = Self.sentence(only, facts)
        } else {
            position = Self.position(facts)
        }
        next = Self.next(facts, shown, findings)
    }

    // MARK: Where it stands

    private static func position(_ facts: StatusFacts) -> String {
        let movable = facts.routes.filter(\.isMovable)
        let fixed = facts.routes.count { $0.service != nil && !$0.isMovable }
        let stays = fixed == 0 ? "" : " (\(fixed) more cannot move as \(fixed == 1 ? "it is" : "they are") configured)"
        let done = movable.filter { $0.percent == 100 }
        let moving = movable.filter { $0.percent > 0 && $0.percent < 100 }
        var sentence: String
        if movable.isEmpty {
            sentence =
                fixed == 0
                ? "No route has a service yet: legacy serves everything"
                : "No route can move: \(count(fixed, "route")) with a service, held by mode, all on legacy"
        } else if done.count == movable.count {
            sentence =
                movable.count == 1
                ? "The one movable route is at 100%" : "All \(movable.count) movable routes are at 100%"
            sentence += stays
        } else if moving.isEmpty && done.isEmpty {
            sentence = "Nothing has moved: \(count(movable.count, "movable route")), all on legacy" + stays
        } else {
            var parts: [String] = []
            if !done.isEmpty { parts.append("\(count(done.count, "route")) moved") }
            if !moving.isEmpty {
                let names = moving.map { "\($0.id) at \(Decimal.percent($0.percent))" }.joined(separator: ", ")
                parts.append("\(moving.count) moving (\(names))")
            }
            let waiting = movable.count - done.count - moving.count
            if waiting > 0 { parts.append("\(waiting) waiting") }
            sentence = "\(parts.joined(separator: ", ")) of \(count(movable.count, "movable route"))" + stays
        }
        return sentence + health(facts) + "."
    }

    /// `; all upstreams are healthy`, when each was found so; nothing when a finding says more.
    private static func health(_ facts: StatusFacts) -> String {
        guard !facts.upstreams.isEmpty else { return "" }
        var unknown: [String] = []
        for upstream in facts.upstreams {
            switch upstream.health {
            case .healthy: break
            case .unknown: unknown.append(upstream.name)
            case .ill, .ejected, .partly: return ""
            }
        }
        let alarmed = facts.routes.contains { route in
            [route.legacy, route.service].contains { $0.map { $0.faults != nil || $0.circuit != .closed } ?? false }
        }
        if alarmed { return "" }
        if unknown.isEmpty { return "; all upstreams are healthy" }
        let verb = unknown.count == 1 ? "has" : "have"
        return "; no upstream is known to be ill, \(list(unknown)) \(verb) not been asked yet"
    }

    static func sentence(_ route: StatusFacts.Route, _ facts: StatusFacts) -> String {
        let name = "\(route.id) (\(route.match))"
        guard let service = route.service else { return "\(name) is served by \(route.legacy.upstream) alone." }
        switch route.percent {
        case 0:
            if case .never(let reason) = route.movability {
                return "\(name) is served by \(route.legacy.upstream), and cannot move: \(reason)."
            }
            return "\(name) is served by \(route.legacy.upstream); \(service.upstream) waits\(left(on: service))."
        case 100:
            if route.isFallingBack(facts) {
                return
                    "\(name) is at 100%, but \(route.legacy.upstream) answers its reads while \(service.upstream) is out."
            }
            let strays =
                service.recentFallbacks > 0
                ? ", except \(count(service.recentFallbacks, "read")) of the last minute that \(route.legacy.upstream) answered"
                : ""
            return "\(name): new requests go to \(service.upstream)\(strays)\(left(on: route.legacy))."
        default:
            let share = "\(Decimal.percent(route.percent)) of users are on \(service.upstream)"
            if route.isFallingBack(facts) {
                return
                    "\(name) is at \(Decimal.percent(route.percent)), but \(route.legacy.upstream) answers reads of those, too, "
                    + "while \(service.upstream) is out."
            }
            return "\(name): \(share), the others on \(route.legacy.upstream)."
        }
    }

    /// What is still under way on a side that gets no new requests.
    private static func left(on side: StatusFacts.Side) -> String {
        if let open = side.openForLong { return "; still open on \(side.upstream): \(open)" }
        return side.underWay == 0 ? "" : "; still under way on \(side.upstream): \(count(side.underWay, "request"))"
    }

    // MARK: What to do

    private static func next(
        _ facts: StatusFacts, _ shown: [StatusFacts.Route], _ findings: [Finding]
    ) -> [Advice] {
        // A router that drains takes no more changes: its successor is asked.
        if facts.isDraining { return [] }
        let cures = findings.flatMap(\.steps)
        let all = findings.contains(where: \.bars) ? cures : cures + forward(shown)
        var steps: [Advice] = []
        for step in all where !steps.contains(where: { $0.action == step.action }) { steps.append(step) }
        return Array(steps.prefix(5))
    }

    private static func forward(_ shown: [StatusFacts.Route]) -> [Advice] {
        let free = shown.filter(\.mayRise)
        guard let route = free.first(where: { $0.percent > 0 }) ?? free.first else {
            return shown.contains { $0.service != nil } ? [] : [.init(.doctor, "is everything in place?")]
        }
        let higher = route.movability == .whole ? 100 : [1.0, 10, 50, 100].first { $0 > route.percent } ?? 100
        var steps: [Advice] = []
        if route.percent == 0, (route.mirror?.percent ?? 0) == 0, route.takesReads {
            steps.append(
                .init(.mirror(route: route.id, percent: 100), "try the service without anybody waiting for it"))
        } else if route.hasScenarios {
            steps.append(.init(.parity(route: route.id), "do both sides answer alike?"))
        }
        let why = route.percent == 0 ? higher == 100 ? "everybody" : "the first users" : "more users"
        steps.append(.init(.shift(route: route.id, percent: higher), why))
        if route.percent > 0 { steps.append(.init(.rollback(route: route.id), "everybody back, at once")) }
        return steps
    }

    // MARK: Words

    static func count(_ number: Int, _ noun: String) -> String {
        "\(Decimal.grouped(number)) \(noun)\(number == 1 ? "" : "s")"
    }

    /// `a`, `a and b`, `a, b and c`; from five on `a, b, c and 7 more`.
    package static func list(_ names: [String]) -> String {
        let shown = names.count > 4 ? Array(names.prefix(3)) + ["\(names.count - 3) more"] : names
        guard shown.count > 1, let last = shown.last else { return shown.first ?? "" }
        return shown.dropLast().joined(separator: ", ") + " and " + last
    }
}

extension StatusFacts.Route {
    /// It has somewhere to go, now or once what holds it is over.
    var isMovable: Bool {
        if case .never = movability { return false }
        return service != nil
    }

    /// A shift upwards would be accepted now.
    package var mayRise: Bool {
        guard service != nil, percent < 100 else { return false }
        switch movability {
        case .free: return true
        case .whole: return percent == 0
        case .held, .never: return false
        }
    }

    /// Legacy answers what is meant for the service, and the service is out: not one stray repeat a minute ago.
    func isFallingBack(_ facts: StatusFacts) -> Bool {
        guard let service, percent > 0, service.recentFallbacks > 0 else { return false }
        return facts.health(service).isOut || service.circuit != .closed
    }
}
