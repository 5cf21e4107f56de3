import TestSupport
import Testing

@testable import Routing

/// What a file that was found is to rollbacks that could not be written to it.
struct UnwrittenRollbacksTests {
    private static let seen: UInt64 = 77

    /// The profile route went from 10 to 0 at time 1000, as revision 42.
    private static let rollbacks: UnwrittenRollbacks = {
        var rollbacks = UnwrittenRollbacks()
        rollbacks.note(
            [
                .init(
                    route: "profile", field: .percent, before: Percent(ticks: 100_000), revision: 42, at: 1000,
                    actor: "alice", reason: "it \"burns\"\n")
            ], seen: seen)
        return rollbacks
    }()

    private static func document(percent: String = "10", revision: String = "41") throws -> RoutesDocument {
        let text = contractExample.replacing("\"percent\": 10,", with: "\"percent\": \(percent),")
            .replacing("\"revision\": 41,", with: revision.isEmpty ? "" : "\"revision\": \(revision),")
        return try RoutesDocument.parse(Array(text.utf8), file: "routes.json").get()
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var percent = "10"
        var revision = "41"
        var checksum: UInt64 = 1
        var modifiedAt: Int64? = 2000
        let verdict: String
    }

    @Test(arguments: [
        Case(testDescription: "the file of before, as it was then", checksum: seen, modifiedAt: 500, verdict: "undoes"),
        Case(testDescription: "the same bytes, only touched", checksum: seen, verdict: "undoes"),
        Case(testDescription: "repaired to what was served before", verdict: "undoes"),
        Case(testDescription: "repaired, and without its number", revision: "", verdict: "undoes"),
        Case(
            testDescription: "another share, in a file older than the rollback", percent: "50", modifiedAt: 999,
            verdict: "undoes"),
        Case(testDescription: "another share, at the very moment", percent: "50", modifiedAt: 1000, verdict: "undoes"),
        Case(
            testDescription: "another share, and nobody knows how old", percent: "50", modifiedAt: nil,
            verdict: "undoes"),
        Case(
            testDescription: "a higher share that was in the file when it could not be written", percent: "50",
            checksum: seen,
            verdict: "undoes"),
        Case(testDescription: "another share, edited after it", percent: "50", verdict: "later"),
        Case(testDescription: "the same share, by one who has seen the rollback", revision: "42", verdict: "later"),
        Case(testDescription: "by one who has seen more", revision: "50", modifiedAt: nil, verdict: "later"),
        Case(
            testDescription: "at 0 as the rollback had it", percent: "0", checksum: seen, modifiedAt: 1,
            verdict: "agrees"),
    ])
    func `a file is judged by what stands in it, and by its time`(_ found: Case) throws {
        let document = try Self.document(percent: found.percent, revision: found.revision)
        let judgement = Self.rollbacks.judge(document, checksum: found.checksum, modifiedAt: found.modifiedAt)
        switch judgement {
        case .agrees: #expect(found.verdict == "agrees")
        case .isLater: #expect(found.verdict == "later")
        case .undoes(let entries):
            #expect(found.verdict == "undoes")
            #expect(entries.map(\.route) == ["profile"])
        }
    }

    @Test func `a route that is gone is no rollback undone`() throws {
        var rollbacks = UnwrittenRollbacks()
        rollbacks.note(
            [.init(route: "gone", field: .percent, before: .all, revision: 42, at: 1, actor: "a", reason: "")], seen: 1)
        #expect(rollbacks.judge(try Self.document(), checksum: 1, modifiedAt: 1) == .agrees)
        #expect(rollbacks.edits(for: try Self.document()).isEmpty)
    }

    @Test func `a mirror that was stopped is one of them`() throws {
        var rollbacks = Self.rollbacks
        rollbacks.note(
            [.init(route: "profile", field: .mirror, before: .all, revision: 43, at: 1, actor: "a", reason: "")],
            seen: 1)
        let document = try Self.document()
        #expect(rollbacks.edits(for: document) == [.percent(route: 0, .zero), .mirror(route: 0, .zero)])
        #expect(rollbacks.revision == 43)
    }

    @Test func `who rolls back twice has taken what was there at first`() {
        var rollbacks = Self.rollbacks
        rollbacks.note(
            [
                .init(
                    route: "profile", field: .percent, before: Percent(ticks: 5), revision: 44, at: 3, actor: "bob",
                    reason: "")
            ], seen: 2)
        #expect(rollbacks.entries.count == 1 && rollbacks.seen == 2)
        #expect(rollbacks.entries[0].before == Percent(ticks: 100_000) && rollbacks.entries[0].actor == "bob")
    }

    @Test func `as text and back`() {
        #expect(UnwrittenRollbacks(Self.rollbacks.bytes) == Self.rollbacks)
        #expect(UnwrittenRollbacks().bytes.isEmpty)
        #expect(UnwrittenRollbacks(Array(repeating: 0x20, count: 10)) == nil)
        #expect(UnwrittenRollbacks(Array(#"{"version":2,"seen":"0","rollbacks":[]}"#.utf8)) == nil)
        #expect(
            UnwrittenRollbacks(Array(#"{"version":1,"seen":"0","rollbacks":[{"route":"x","field":"percent"}]}"#.utf8))
                == nil)
    }

    @Test(arguments: ["é", "漢", "𝄞", "👨‍👩‍👧‍👦", "\"", "\\", "\u{1}", "\u{7F}"])
    func `the room for it holds all that a rollback of everything writes`(letter: String) throws {
        let document = try Self.document()
        let long = String(repeating: letter, count: 500)
        var rollbacks = UnwrittenRollbacks()
        for field in [UnwrittenRollbacks.Entry.Field.percent, .mirror] {
            rollbacks.note(
                [
                    .init(
                        route: "profile", field: field, before: .all, revision: .max, at: .max, actor: long,
                        reason: long)
                ], seen: .max)
        }
        #expect(rollbacks.bytes.count <= UnwrittenRollbacks.room(for: document))
        #expect(UnwrittenRollbacks(rollbacks.bytes) == rollbacks)
        #expect(rollbacks.entries[0].reason.hasPrefix(letter))
    }
}
