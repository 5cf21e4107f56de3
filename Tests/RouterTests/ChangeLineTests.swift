import Testing

@testable import Router

struct ChangeLineTests {
    /// What happens to a line, with what it answers.
    private enum Step {
        case arrives(String, ChangeLine<String>.Rank, ChangeLine<String>.Arrival)
        case ends(rolledBack: Bool, next: String?, isOvertaken: Bool = false)
    }

    private func check(_ steps: [Step]) {
        var line = ChangeLine<String>()
        for (number, step) in steps.enumerated() {
            switch step {
            case .arrives(let work, let rank, let arrival):
                #expect(line.arrived(work, rank) == arrival, "step \(number)")
            case .ends(let rolledBack, let next, let isOvertaken):
                let turn = line.finished(rolledBack: rolledBack)
                #expect(turn?.work == next, "step \(number)")
                #expect(turn?.isOvertaken ?? false == isOvertaken, "step \(number)")
            }
        }
        #expect(!line.isBusy && line.waiting == 0)
    }

    @Test func `one after the other, in the order in which they came`() {
        check([
            .arrives("a", .other, .runs), .arrives("b", .other, .waits), .arrives("c", .other, .waits),
            .ends(rolledBack: false, next: "b"), .ends(rolledBack: false, next: "c"),
            .ends(rolledBack: false, next: nil), .arrives("d", .other, .runs), .ends(rolledBack: false, next: nil),
        ])
    }

    @Test func `rollbacks go before all that waits, and do not wait for more than what is under way`() {
        check([
            .arrives("shift", .other, .runs), .arrives("shift 2", .other, .waits), .arrives("back", .rollback, .waits),
            .arrives("back 2", .rollback, .waits), .ends(rolledBack: false, next: "back"),
            .ends(rolledBack: true, next: "back 2"), .ends(rolledBack: false, next: "shift 2", isOvertaken: true),
            .ends(rolledBack: false, next: nil),
        ])
    }

    @Test func `a rollback that changed nothing overtakes nobody`() {
        check([
            .arrives("shift", .other, .runs), .arrives("shift 2", .other, .waits), .arrives("back", .rollback, .waits),
            .ends(rolledBack: false, next: "back"), .ends(rolledBack: false, next: "shift 2"),
            .ends(rolledBack: false, next: nil),
        ])
    }

    @Test func `what arrives after a rollback has not been overtaken by it`() {
        check([
            .arrives("back", .rollback, .runs), .arrives("early", .other, .waits),
            .ends(rolledBack: true, next: "early", isOvertaken: true), .arrives("late", .other, .waits),
            .ends(rolledBack: false, next: "late"), .ends(rolledBack: false, next: nil),
        ])
    }

    @Test func `as many wait as may, and a rollback all the same`() {
        var line = ChangeLine<Int>()
        #expect(line.arrived(0, .other) == .runs)
        for number in 1...ChangeLine<Int>.limit { #expect(line.arrived(number, .other) == .waits) }
        #expect(line.arrived(-1, .other) == .full)
        for number in 100..<400 { #expect(line.arrived(number, .rollback) == .waits) }
        #expect(line.finished(rolledBack: false)?.work == 100)
        #expect(line.waiting == 299 + ChangeLine<Int>.limit)
    }
}
