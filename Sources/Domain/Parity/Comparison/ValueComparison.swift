/// Walks two JSON values side by side, from the root to the leaves, asking the rules at every path.
///
/// What it visits is bounded, because matching unordered elements inside unordered elements can multiply: beyond the
/// bound the pair is incomparable, never slow.
struct ValueComparison {
    let rules: RuleSet
    var identities: IdentityMap
    var result = Comparison()
    /// Values looked at so far, trials included.
    var visited = 0

    init(rules: RuleSet, identities: IdentityMap) {
        self.rules = rules
        self.identities = identities
    }

    /// Counts a visit; false when the bound is reached.
    mutating func mayVisit() -> Bool {
        visited += 1
        if visited <= rules.mostVisitedValues { return true }
        result.incomparable =
            "more than \(rules.mostVisitedValues) values to compare; narrow it with rules (`by` instead of `set`)"
        return false
    }

    /// Compares what both sides have at `path`; `nil` where a side has nothing.
    mutating func walk(_ left: Value?, _ right: Value?, at path: [String]) {
        guard mayVisit() else { return }
        let check = rules.check(at: path)
        if check == .ignore {
            if left?.text != right?.text { result.masked += 1 }
            return
        }
        result.compared += 1
        guard let left else {
            note(.extra, path, nil, right, check, severity: rules.extraMembers)
            return
        }
        guard let right else {
            note(.missing, path, left, nil, check)
            return
        }
        if case .present = check { return }
        guard left.kind == right.kind else {
            note(.type, path, left, right, check)
            return
        }
        switch (left, right) {
        case (.null, .null): return
        case (.object(let mine), .object(let theirs)):
            if check != .type { walkMembers(mine, theirs, at: path) }
        case (.array(let mine), .array(let theirs)):
            switch check {
            case .set, .multiset: matchUnordered(mine, theirs, at: path, asSet: check == .set)
            case .keyed(let key): matchKeyed(mine, theirs, by: key, at: path)
            case .type: return
            default: walkElements(mine, theirs, at: path)
            }
        default: compareScalars(left, right, at: path, check)
        }
    }

    /// Both are scalars of one kind and not null.
    private mutating func compareScalars(_ left: Value, _ right: Value, at path: [String], _ check: Check) {
        switch check {
        case .regex(let pattern):
            guard case (.string(let mine), .string(let theirs)) = (left, right), pattern.matches(mine),
                pattern.matches(theirs)
            else { return note(.value, path, left, right, check) }
        case .number(let absolute, let relative):
            guard case (.number(let mine), .number(let theirs)) = (left, right) else {
                return compareExactly(left, right, at: path, check)
            }
            if !mine.isNear(theirs, absolute: absolute, relative: relative) { note(.value, path, left, right, check) }
        case .time(let tolerance):
            guard let mine = left.timestamp, let theirs = right.timestamp else {
                // A text that is no time is held to equality, so that a broken clock format cannot hide.
                return compareExactly(left, right, at: path, check)
            }
            if mine.distance(to: theirs) > tolerance { note(.value, path, left, right, check) }
        case .identity(let space):
            guard let mine = left.scalarText, let theirs = right.scalarText else { return }
            switch identities.pair(mine, theirs, space: space) {
            case .consistent: return
            case .leftStandsFor(let known):
                note(.identity, path, left, right, "id (the left one stood for \(quoted(known)))")
            case .rightStandsFor(let known):
                note(.identity, path, left, right, "id (the right one stood for \(quoted(known)))")
            }
        case .url:
            guard case (.string(let mine), .string(let theirs)) = (left, right) else {
                return compareExactly(left, right, at: path, check)
            }
            let mark = identities.mark
            if !URLShape(mine).agrees(with: URLShape(theirs), identities: &identities) {
                identities.rollBack(to: mark)
                note(.value, path, left, right, check)
            }
        case .type, .present, .ignore: return
        case .exact, .set, .multiset, .keyed: compareExactly(left, right, at: path, check)
        }
    }

    private mutating func compareExactly(_ left: Value, _ right: Value, at path: [String], _ check: Check) {
        let isEqual =
            switch (left, right) {
            case (.string(let mine), .string(let theirs)): ExactText(mine) == ExactText(theirs)
            case (.number(let mine), .number(let theirs)): mine.isSameNumber(as: theirs)
            case (.bool(let mine), .bool(let theirs)): mine == theirs
            default: false
            }
        if !isEqual { note(.value, path, left, right, check) }
    }

    /// Members in any order; a name that occurs more than once is compared occurrence by occurrence.
    private mutating func walkMembers(_ left: [Value.Member], _ right: [Value.Member], at path: [String]) {
        let theirs = Dictionary(grouping: right, by: { ExactText($0.name) })
        let mine = Dictionary(grouping: left, by: { ExactText($0.name) })
        var done: Set<ExactText> = []
        for member in left {
            let name = ExactText(member.name)
            guard done.insert(name).inserted else { continue }
            let leftOnes = mine[name] ?? []
            let rightOnes = theirs[name] ?? []
            if leftOnes.count != rightOnes.count, !rightOnes.isEmpty, rules.check(at: path + [member.name]) != .ignore {
                result.add(
                    .duplicate, at: PathPattern.join(path + [member.name]), left: "\(leftOnes.count) times",
                    right: "\(rightOnes.count) times", rule: "exact")
            }
            if rightOnes.isEmpty {
                walk(member.value, nil, at: path + [member.name])
            }
            for (one, other) in zip(leftOnes, rightOnes) { walk(one.value, other.value, at: path + [member.name]) }
        }
        for member in right where mine[ExactText(member.name)] == nil {
            walk(nil, member.value, at: path + [member.name])
        }
    }

    // MARK: Reporting

    mutating func note(
        _ kind: Difference.Class, _ path: [String], _ left: Value?, _ right: Value?, _ check: Check,
        severity: Severity = .mismatch
    ) {
        note(kind, path, left, right, check.summary, severity: severity)
    }

    private mutating func note(
        _ kind: Difference.Class, _ path: [String], _ left: Value?, _ right: Value?, _ rule: String,
        severity: Severity = .mismatch
    ) {
        result.add(
            kind, at: path.isEmpty ? "body" : PathPattern.join(path), left: left?.text, right: right?.text, rule: rule,
            severity: severity)
    }

    private func quoted(_ text: String) -> String {
        Value.string(text).text
    }
}

extension Value {
    /// The moment an RFC 3339 text or an epoch number tells.
    var timestamp: ComparedTime? {
        switch self {
        case .string(let text): ComparedTime(rfc3339: text)
        case .number(let number): ComparedTime(epoch: number)
        case .null, .bool, .array, .object: nil
        }
    }
}

extension Check {
    /// The rule with its parameters, for reports.
    var summary: String {
        switch self {
        case .regex(let pattern): "regex \(pattern.source)"
        case .number(let absolute, let relative): "num abs \(absolute) rel \(relative)"
        case .time(let tolerance): "time within \(tolerance.shortText)"
        case .keyed(let key): "by \(PathPattern.join(key))"
        default: name
        }
    }
}

extension Duration {
    /// `2s` or `250ms`, as rule files write it.
    package var shortText: String {
        let (seconds, attoseconds) = components
        let milliseconds = attoseconds / 1_000_000_000_000_000
        return milliseconds == 0 ? "\(seconds)s" : "\(seconds * 1000 + milliseconds)ms"
    }
}
