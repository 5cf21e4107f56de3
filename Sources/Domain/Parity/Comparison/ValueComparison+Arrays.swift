/// Arrays: in order, as sets and multisets, and matched by a key.
extension ValueComparison {
    /// More leftovers than these are not tried against each other.
    private static let mostTried = 48

    /// Element by element. When that fails and the other side has the same elements in another order, that is the one
    /// difference to report.
    mutating func walkElements(_ left: [Value], _ right: [Value], at path: [String]) {
        guard left.count == right.count else {
            result.add(
                .length, at: path.isEmpty ? "body" : PathPattern.join(path), left: "\(left.count) elements",
                right: "\(right.count) elements", rule: "exact")
            matchUnordered(left, right, at: path, asSet: false)
            return
        }
        let mark = identities.mark
        let positional = attempt { comparison in
            for (index, pair) in zip(left, right).enumerated() {
                comparison.walk(pair.0, pair.1, at: path + [String(index)])
            }
        }
        if positional.hasMismatch, left.count > 1 {
            let afterwards = identities
            identities.rollBack(to: mark)
            let mine = left.map { form(of: $0, at: path + ["0"], side: .left) }
            let theirs = right.map { form(of: $0, at: path + ["0"], side: .right) }
            // Equal forms in equal places mean that the order is right and a part that the forms leave out differs,
            // such as an id.
            if mine != theirs, mine.sorted() == theirs.sorted() {
                let reordered = attempt { $0.matchUnordered(left, right, at: path, asSet: false) }
                if !reordered.hasMismatch {
                    note(.order, path, .array(left), .array(right), .exact)
                    return
                }
            }
            identities = afterwards
        }
        result.take(positional)
    }

    /// Elements in any order, as often (`multiset`) or at all (`set`).
    mutating func matchUnordered(_ left: [Value], _ right: [Value], at path: [String], asSet: Bool) {
        let mine = asSet ? distinct(left) : Array(left.enumerated())
        let theirs = asSet ? distinct(right) : Array(right.enumerated())
        var buckets: [String: [Int]] = [:]
        for (place, entry) in theirs.enumerated() {
            buckets[form(of: entry.element, at: path + [String(entry.offset)], side: .right), default: []].append(place)
        }
        // Popped from the end, so equal forms pair in the order they stand.
        for key in buckets.keys { buckets[key]?.reverse() }
        var used: Set<Int> = []
        var leftovers: [(offset: Int, element: Value)] = []
        for entry in mine {
            let form = form(of: entry.element, at: path + [String(entry.offset)], side: .left)
            // A copy of the last few, so that taking one out below does not copy the whole bucket.
            let candidates = (buckets[form] ?? []).suffix(Self.mostTried).reversed().map { $0 }
            if candidates.isEmpty {
                leftovers.append(entry)
                continue
            }
            // Equal forms may still differ by what the form leaves out: tolerances and ids not met before.
            let best = fewestMismatches(entry, among: candidates, of: theirs, at: path)
            if let place = buckets[form]?.lastIndex(of: best) { buckets[form]?.remove(at: place) }
            used.insert(best)
            walk(entry.element, theirs[best].element, at: path + [String(entry.offset)])
        }
        let others = theirs.indices.filter { !used.contains($0) }
        pairLeftovers(leftovers, others.map { theirs[$0] }, at: path)
    }

    /// Elements that carry the same value at `key`, whatever their order.
    mutating func matchKeyed(_ left: [Value], _ right: [Value], by key: [String], at path: [String]) {
        var places: [String: [Int]] = [:]
        for (index, element) in right.enumerated() {
            places[keyForm(element, key, path + [String(index)], .right), default: []].append(index)
        }
        for form in places.keys { places[form]?.reverse() }
        var used: Set<Int> = []
        var leftovers: [(offset: Int, element: Value)] = []
        for (index, element) in left.enumerated() {
            let form = keyForm(element, key, path + [String(index)], .left)
            // An id that was never seen matches no other by itself: such elements pair by what else they hold.
            guard form != Self.unknownIdentity, let place = places[form]?.popLast() else {
                leftovers.append((index, element))
                continue
            }
            used.insert(place)
            walk(element, right[place], at: path + [String(index)])
        }
        let others = right.indices.filter { !used.contains($0) }.map { (offset: $0, element: right[$0]) }
        let isIdentity = if case .identity = rules.check(at: path + ["0"] + key) { true } else { false }
        if isIdentity {
            pairLeftovers(leftovers, others, at: path)
        } else {
            report(leftovers, others, at: path)
        }
    }

    private func keyForm(_ element: Value, _ key: [String], _ path: [String], _ side: Side) -> String {
        guard let value = element.value(at: key) else { return "absent" }
        var copy = self
        return copy.form(of: value, at: path + key, side: side)
    }

    // MARK: Leftovers

    /// Each leftover goes to the one it differs least from, so that one wrong member shows as that member and not as an
    /// element lost and another gained.
    private mutating func pairLeftovers(
        _ left: [(offset: Int, element: Value)], _ right: [(offset: Int, element: Value)], at path: [String]
    ) {
        guard left.count == right.count, left.count <= Self.mostTried else {
            report(left, right, at: path)
            return
        }
        var open = Array(right.indices)
        for entry in left {
            guard !open.isEmpty else { break }
            let best = fewestMismatches(entry, among: open[...], of: right, at: path)
            open.removeAll { $0 == best }
            walk(entry.element, right[best].element, at: path + [String(entry.offset)])
        }
    }

    private mutating func report(
        _ left: [(offset: Int, element: Value)], _ right: [(offset: Int, element: Value)], at path: [String]
    ) {
        let check = rules.check(at: path)
        for entry in left { note(.missing, path + [String(entry.offset)], entry.element, nil, check) }
        // Unlike an extra member, an extra element is no extension that old clients overlook.
        for entry in right { note(.extra, path + [String(entry.offset)], nil, entry.element, check) }
    }

    private mutating func fewestMismatches(
        _ entry: (offset: Int, element: Value), among candidates: some Collection<Int>,
        of right: [(offset: Int, element: Value)], at path: [String]
    ) -> Int {
        var best = (place: candidates.first ?? 0, mismatches: Int.max)
        if candidates.count == 1 { return best.place }
        for place in candidates {
            let mark = identities.mark
            let trial = attempt { $0.walk(entry.element, right[place].element, at: path + [String(entry.offset)]) }
            identities.rollBack(to: mark)
            if trial.incomparable != nil { break }
            if trial.mismatches < best.mismatches { best = (place, trial.mismatches) }
            if best.mismatches == 0 { break }
        }
        return best.place
    }

    /// Runs a part with a result of its own; identities that it pairs stay.
    mutating func attempt(_ part: (inout ValueComparison) -> Void) -> Comparison {
        let outer = result
        result = Comparison()
        part(&self)
        let inner = result
        result = outer
        result.incomparable = result.incomparable ?? inner.incomparable
        return inner
    }

    /// The first of each group of equal elements, by their exact form.
    private func distinct(_ elements: [Value]) -> [(offset: Int, element: Value)] {
        var seen: Set<String> = []
        let plain = ValueComparison(rules: RuleSet(), identities: IdentityMap())
        return elements.enumerated().filter { entry in
            var copy = plain
            return seen.insert(copy.form(of: entry.element, at: [], side: .left)).inserted
        }
    }
}
