import Testing

/// A table of rules about a state machine whose states and events are sets of words. A row is
/// `event | state | action | change`; the first row that fits decides, and every pair must be decided by one.
///
/// - `event` and `state` are words that must be there, or must not (`!word`); `*` fits all.
/// - `change` is what becomes of the state: `+word`, `-word`, `= word word` for another state altogether, or nothing.
struct ConnectionTable {
    struct Row {
        let event: Pattern
        let state: Pattern
        let action: String
        let change: [Substring]
        let text: String
    }

    struct Pattern {
        private let present: Set<String>
        private let absent: Set<String>

        init(_ text: Substring) {
            let words = text.split(separator: " ").filter { $0 != "*" }
            present = Set(words.filter { !$0.hasPrefix("!") }.map(String.init))
            absent = Set(words.filter { $0.hasPrefix("!") }.map { String($0.dropFirst()) })
        }

        func fits(_ words: Set<String>) -> Bool { present.isSubset(of: words) && absent.isDisjoint(with: words) }
    }

    let rows: [Row]

    init(_ text: String) throws {
        rows = try text.split(separator: "\n").map { line in
            let parts = line.split(separator: "|", omittingEmptySubsequences: false)
            try #require(parts.count == 4, "\(line)")
            return Row(
                event: Pattern(parts[0]), state: Pattern(parts[1]),
                action: parts[2].split(separator: " ").joined(separator: " "), change: parts[3].split(separator: " "),
                text: String(line))
        }
    }

    /// The row that decides about `event` in `state`.
    func row(_ event: Set<String>, in state: Set<String>) -> Row? {
        rows.first { $0.event.fits(event) && $0.state.fits(state) }
    }
}

extension ConnectionTable.Row {
    func next(from state: Set<String>) -> Set<String> {
        if change.first == "=" { return Set(change.dropFirst().map(String.init)) }
        var next = state
        for word in change {
            if word.hasPrefix("+") {
                next.insert(String(word.dropFirst()))
            } else {
                next.remove(String(word.dropFirst()))
            }
        }
        return next
    }
}

/// A machine, seen by a table or a walk.
protocol ConnectionMachine: Equatable {
    associatedtype Event: Hashable
    init()
    static var events: [Event] { get }
    /// The words of the event: its name, and the parameters that are true.
    static func words(of event: Event) -> Set<String>
    /// The words of the state.
    var words: Set<String> { get }
    /// Words that rows may ask for besides these, and that no row has to say when they come and go.
    var conditions: Set<String> { get }
    /// Tells the event, and returns what is to be done.
    mutating func apply(_ event: Event) -> String
}

extension ConnectionMachine {
    var conditions: Set<String> { [] }
    /// It owns nothing, so these are all that it is.
    private var bytes: [UInt8] { withUnsafeBytes(of: self, Array.init) }

    /// Every state that any order of events leads to.
    static func reachable() -> [Self] {
        var found = [Self()]
        var known: Set = [found[0].bytes]
        var at = 0
        while at < found.count {
            for event in events {
                var machine = found[at]
                _ = machine.apply(event)
                if known.insert(machine.bytes).inserted { found.append(machine) }
            }
            at += 1
        }
        return found
    }

    /// Holds every event in every state that can be reached against the table, and asks for a table without idle rows.
    static func expect(_ table: ConnectionTable) {
        var used: Set<String> = []
        var rows: [[Set<String>]: ConnectionTable.Row] = [:]
        for state in reachable() {
            let words = state.words.union(state.conditions)
            for event in events {
                let pair = [Self.words(of: event), words]
                guard let row = rows[pair] ?? table.row(pair[0], in: words) else {
                    Issue.record("nothing is said about \(pair[0]) in \(words)")
                    continue
                }
                rows[pair] = row
                used.insert(row.text)
                var machine = state
                let action = machine.apply(event)
                #expect(
                    action == row.action && machine.words == row.next(from: state.words),
                    "\(row.text) | \(pair[0]) in \(words): \(action), then \(machine.words)")
            }
        }
        for row in table.rows where !used.contains(row.text) { Issue.record("never used: \(row.text)") }
    }
}
