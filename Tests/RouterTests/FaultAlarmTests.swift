import Testing

@testable import Router

struct FaultAlarmTests {
    /// What one side answers, and when the alarm goes off and is over.
    struct Story: Sendable, CustomStringConvertible {
        let description: String
        /// `.`: good, `e`: 5xx, `c`: cut, `|`: a second passes, `~`: half a minute passes.
        let answers: String
        /// Places in `answers` where it was raised (after a response) or found over (at a second), in turns.
        let changes: [Int]

        init(_ description: String, _ answers: String, _ changes: [Int]) {
            (self.description, self.answers, self.changes) = (description, answers, changes)
        }
    }

    @Test(arguments: [
        Story("nothing", "....|....|", []),
        Story("four in a row", "....eeee....|", []),
        Story("five in a row, among many good ones", ".........................eeeee", [29]),
        Story("five in a row, seldom asked", "e|||||||||e|||||||||e|||||||||e|||||||||e", [40]),
        Story("broken off counts the same", "ccccc", [4]),
        Story("both kinds count together", "ecece", [4]),
        Story("every other one", "e.e.e.e.e.", [8]),
        Story("every third one is no alarm", "e..e..e..e..e..e..e..", []),
        Story("half of them, of before", "e.e.e.e.||||||||||||e.e.", []),
        Story("over with good answers", "eeeee|.....................|", [4, 27]),
        Story("one good answer among bad ones is not the end", "eeeeeeeeeeeeee.|", [4]),
        Story("a good answer after all bad ones have aged", "eeeee|||||||||||.|", [4, 17]),
        Story("not over while nobody asks", "eeeee||||||||||||||||||||", [4]),
        Story("over when nobody has asked for long", "eeeee~|", [4, 6]),
        Story("raised anew by the first, when none was good between", "eeeee~|e", [4, 6, 7]),
    ])
    func `the alarm goes off when most answers are of no use, and is over when they are good`(_ story: Story) {
        var alarm = FaultAlarm()
        var now: Int64 = 0
        var total: UInt64 = 0
        var changes: [Int] = []
        for (place, letter) in story.answers.enumerated() {
            switch letter {
            case "e", "c":
                total += 1
                if alarm.fault(letter == "e" ? .error : .cut, now: now, total: total) { changes.append(place) }
            case "|":
                now += 1000
                if alarm.isOver(now: now, total: total) { changes.append(place) }
            case "~": now += 30_000
            default: total += 1
            }
        }
        #expect(changes == story.changes, "\(story)")
        #expect(alarm.isRaised == (changes.count % 2 == 1))
    }

    @Test func `the window is of the last five to ten seconds`() {
        var window = FaultWindow()
        for total: UInt64 in 1...10 { window.fault(.error, now: 0, total: total) }
        #expect(window.figures(now: 4_999, total: 12) == .init(responses: 12, errors: 10, cut: 0))
        #expect(window.figures(now: 5_000, total: 12) == .init(responses: 12, errors: 10, cut: 0))
        #expect(window.figures(now: 9_999, total: 20) == .init(responses: 20, errors: 10, cut: 0))
        #expect(window.figures(now: 10_000, total: 20) == .init(responses: 0, errors: 0, cut: 0))
        window.fault(.cut, now: 7_000, total: 21)
        #expect(window.figures(now: 7_000, total: 21) == .init(responses: 21, errors: 10, cut: 1))
        #expect(window.figures(now: 12_000, total: 21) == .init(responses: 1, errors: 0, cut: 1))
    }

    @Test func `of few requests the run is told`() {
        var window = FaultWindow()
        for total: UInt64 in 1...6 { window.fault(.cut, now: Int64(total) * 20_000, total: total) }
        #expect(window.figures(now: 120_000, total: 6) == .init(responses: 6, errors: 0, cut: 6))
        #expect(window.figures(now: 500_000, total: 6) == .init(responses: 6, errors: 0, cut: 6))
        #expect(window.run(total: 6) == 6)
        #expect(window.run(total: 7) == 0)
    }
}
