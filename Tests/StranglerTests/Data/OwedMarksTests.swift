import Testing

@testable import Strangler

/// What an agent may say of its router's marks.
struct OwedMarksTests {
    @Test func `a mark is answered once the group has everything from after it was heard`() {
        var marks = OwedMarks()
        #expect(marks.answers { _ in 100 } == [:])
        marks.heard("m1", of: ["a", "b"], at: 10)
        #expect(marks.answers { $0 == "a" ? 9 : nil } == [:])
        #expect(!marks.areDue(["a"]) { _ in 9 } && !marks.areDue(["a"]) { _ in nil })
        #expect(marks.answers { $0 == "a" ? 10 : 9 } == ["a": "m1"])
        #expect(marks.areDue(["a", "unheard of"]) { _ in 10 })
        // Until the router has taken it.
        #expect(marks.answers { _ in 10 } == ["a": "m1", "b": "m1"])
        marks.told(["a": "m1"])
        #expect(marks.answers { _ in 10 } == ["b": "m1"])
    }

    @Test func `the newest that may be answered is, and those before it are forgotten`() {
        var marks = OwedMarks()
        for time in 1...4 { marks.heard("m\(time)", of: ["a"], at: time * 10) }
        #expect(marks.answers { _ in 35 } == ["a": "m3"])
        marks.told(["a": "m3"])
        #expect(marks.answers { _ in 35 } == [:])
        #expect(marks.answers { _ in 40 } == ["a": "m4"])
        // One that was never made, or is forgotten, is no trouble.
        marks.told(["a": "m3", "z": "m9"])
        #expect(marks.answers { _ in 40 } == ["a": "m4"])
    }

    @Test func `a group that is slow keeps its oldest marks, and so answers in the end`() {
        var marks = OwedMarks()
        for time in 1...100 { marks.heard("m\(time)", of: ["a"], at: time) }
        #expect(marks.answers { _ in 7 } == ["a": "m7"])
        #expect(marks.answers { _ in 99 } == ["a": "m7"])
        #expect(marks.answers { _ in 100 } == ["a": "m100"])
        #expect(!marks.areDue(["a"]) { _ in 99 } && marks.areDue(["a"]) { _ in 100 })
    }

    @Test func `no mark is nothing to answer`() {
        var marks = OwedMarks()
        marks.heard("", of: ["a"], at: 1)
        #expect(marks.answers { _ in 5 } == [:])
    }
}
