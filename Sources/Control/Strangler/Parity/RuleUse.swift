import Parity

/// Which rules could do something in a run. A JSON path whose every body was text decides nothing, and its author
/// believes that it does. Pure.
struct RuleUse {
    private enum State {
        /// What the bodies were that it was held against.
        case idle(Set<String>)
        /// One of them was JSON, or it stands over something that was not compared, of which nobody knows.
        case excused
    }

    private var states: [RulePlace: State] = [:]

    /// Notes one pair of bodies and the rules that stood over it.
    mutating func add(_ rules: [RulePlace], _ kind: Comparison.Bodies?) {
        // It did not come to comparing them, so nothing is known of the rules either.
        guard let kind else { return excuse(rules) }
        for rule in rules {
            guard case .idle(let seen) = states[rule, default: .idle([])] else { continue }
            switch kind {
            case .json: states[rule] = .excused
            case .empty: states[rule] = .idle(seen.union(["no body"]))
            case .other(let type): states[rule] = .idle(seen.union([type.isEmpty ? "no content-type" : type]))
            }
        }
    }

    /// Rules that stand over what this run did not compare: a scenario of the other mode, a step that was not reached.
    mutating func excuse(_ rules: [RulePlace]) {
        for rule in rules { states[rule] = .excused }
    }

    /// Rules that met no JSON, in the order of their files.
    var problems: [DocumentProblem] {
        let idle = states.compactMap { rule, state -> (rule: RulePlace, seen: Set<String>)? in
            if case .idle(let seen) = state { (rule, seen) } else { nil }
        }
        let sorted = idle.sorted { left, right in
            (left.rule.file, left.rule.line, left.rule.column) < (right.rule.file, right.rule.line, right.rule.column)
        }
        return sorted.map { rule, seen in
            rule.problem(
                "this rule cannot take effect: it is a path into JSON, and every answer it stands for has "
                    + seen.sorted().joined(separator: " or "))
        }
    }
}
