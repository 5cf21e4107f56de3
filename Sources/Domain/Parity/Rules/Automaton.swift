/// The states of a compiled `TextPattern`. All live states are advanced together, so matching is linear in the text.
struct Automaton: Sendable {
    enum State: Sendable {
        /// Consumes one scalar of the set, then goes to the next state.
        case consume(ScalarSet, next: Int)
        /// Goes to both without consuming; a `nil` second is a plain jump.
        case fork(Int, Int?)
        case accept
    }

    private var states: [State] = []
    private var start = 0
    /// A pattern that would need more states is refused.
    private static let mostStates = 20_000
    /// Counted repetitions of nothing add no states, so the steps of building are bounded too.
    private static let mostSteps = 100_000
    private var steps = 0

    init(_ node: PatternNode) throws(TextPattern.Malformed) {
        states.append(.accept)
        start = try build(node, then: 0)
    }

    /// Adds `node` in front of state `next` and returns where it begins: built from the end, so nothing is patched
    /// later except the loop of a star.
    private mutating func build(_ node: PatternNode, then next: Int) throws(TextPattern.Malformed) -> Int {
        steps += 1
        guard states.count < Self.mostStates, steps < Self.mostSteps else {
            throw TextPattern.Malformed(offset: 0, reason: "the pattern is too large")
        }
        switch node {
        case .empty: return next
        case .scalars(let set): return add(.consume(set, next: next))
        case .sequence(let parts):
            var entry = next
            for part in parts.reversed() { entry = try build(part, then: entry) }
            return entry
        case .choice(let branches):
            var entry: Int?
            for branch in branches.reversed() {
                let begin = try build(branch, then: next)
                entry = entry.map { add(.fork(begin, $0)) } ?? begin
            }
            return entry ?? next
        case .repeated(let inner, let least, let most):
            var entry = next
            if let most {
                for _ in 0..<Swift.max(0, most - least) {
                    let begin = try build(inner, then: entry)
                    entry = add(.fork(begin, next))
                }
            } else {
                let loop = add(.fork(next, nil))
                let begin = try build(inner, then: loop)
                states[loop] = .fork(begin, next)
                entry = loop
            }
            for _ in 0..<least { entry = try build(inner, then: entry) }
            return entry
        }
    }

    private mutating func add(_ state: State) -> Int {
        states.append(state)
        return states.count - 1
    }

    func accepts(_ text: String.UnicodeScalarView) -> Bool {
        var seen = [Int](repeating: -1, count: states.count)
        var live: [Int] = []
        follow(start, step: 0, seen: &seen, into: &live)
        var step = 0
        for scalar in text {
            step += 1
            var next: [Int] = []
            for state in live {
                if case .consume(let set, let target) = states[state], set.contains(scalar) {
                    follow(target, step: step, seen: &seen, into: &next)
                }
            }
            if next.isEmpty { return false }
            live = next
        }
        return live.contains(0)
    }

    /// Adds every state reachable from `state` without consuming; `seen` keeps each from being entered twice a step.
    private func follow(_ state: Int, step: Int, seen: inout [Int], into live: inout [Int]) {
        var open = [state]
        while let current = open.popLast() {
            if seen[current] == step { continue }
            seen[current] = step
            if case .fork(let first, let second) = states[current] {
                open.append(first)
                if let second { open.append(second) }
            } else {
                live.append(current)
            }
        }
    }
}
