/// Compares patterns by their tokens, so that no value is needed to see that a rule can never decide anything.
extension PathPattern {
    /// More states than these are not looked at; the result is then the cautious one.
    private static let mostStates = 20_000

    /// Whether every path that this describes is described by one of `others`, or, with `beneath`, lies beneath a path
    /// that one of them describes. False also when it would take too long to know.
    package func isCovered(by others: [PathPattern], beneath: Bool = false) -> Bool {
        if others.isEmpty { return false }
        let symbols = Self.symbols([self] + others)
        var open: [Pair] = closed([0]).map { Pair(mine: $0, theirs: others.map { $0.closed([0]) }) }
        var seen = Set(open)
        while let pair = open.popLast() {
            let isTheirs = zip(others, pair.theirs).contains { pattern, states in
                states.contains(pattern.tokens.count + (beneath ? 1 : 0))
            }
            if pair.mine == tokens.count, !isTheirs { return false }
            for symbol in symbols {
                let theirs = zip(others, pair.theirs).map { $0.step($1, symbol, beneath: beneath) }
                for mine in step([pair.mine], symbol, beneath: false) {
                    let next = Pair(mine: mine, theirs: theirs)
                    if seen.insert(next).inserted { open.append(next) }
                }
            }
            if seen.count > Self.mostStates { return false }
        }
        return true
    }

    /// Whether some path is described by both. True also when it would take too long to know.
    package func overlaps(_ other: PathPattern) -> Bool {
        let symbols = Self.symbols([self, other])
        var open = [Pair(mine: 0, theirs: [closed([0]), other.closed([0])])]
        var seen = Set(open)
        while let pair = open.popLast() {
            if pair.theirs[0].contains(tokens.count), pair.theirs[1].contains(other.tokens.count) { return true }
            for symbol in symbols {
                let next = Pair(
                    mine: 0,
                    theirs: [
                        step(pair.theirs[0], symbol, beneath: false),
                        other.step(pair.theirs[1], symbol, beneath: false),
                    ])
                if !next.theirs.contains([]), seen.insert(next).inserted { open.append(next) }
            }
            if seen.count > Self.mostStates { return true }
        }
        return false
    }

    /// How far patterns have been read: state i means that the first i tokens describe the path so far.
    private struct Pair: Hashable {
        var mine: Int
        var theirs: [Set<Int>]
    }

    /// The names that occur, and nil for every other one: those are all alike.
    private static func symbols(_ patterns: [PathPattern]) -> [String?] {
        var names: Set<String> = []
        for pattern in patterns {
            for case .name(let name) in pattern.tokens { names.insert(name) }
        }
        return names.map { $0 } + [nil]
    }

    /// `**` may also stand for nothing.
    private func closed(_ states: Set<Int>) -> Set<Int> {
        var result = states
        for index in tokens.indices where tokens[index] == .anyNumber && result.contains(index) {
            result.insert(index + 1)
        }
        return result
    }

    /// Reads one token of a path. With `beneath`, one state more stands for every path below a described one.
    private func step(_ states: Set<Int>, _ symbol: String?, beneath: Bool) -> Set<Int> {
        var next: Set<Int> = []
        for state in states {
            guard tokens.indices.contains(state) else {
                if beneath { next.insert(tokens.count + 1) }
                continue
            }
            switch tokens[state] {
            case .name(let name): if name == symbol { next.insert(state + 1) }
            case .anyOne: next.insert(state + 1)
            case .anyNumber: next.insert(state)
            }
        }
        return closed(next)
    }
}
