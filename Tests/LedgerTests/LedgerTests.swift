import AdminAPI
import ControlKit
import Ledger
import TestSupport
import Testing

@Suite struct LedgerTests {
    private let folder: TemporaryFolder
    private let ledger: Ledger

    init() throws {
        folder = try TemporaryFolder()
        ledger = try Ledger(path: folder.file("run/ledger.db"))
    }

    private func entry(
        _ verb: String, by actor: String = "ana", _ route: String = "reads", from previous: Int, to revision: Int,
        reason: String? = nil, changes: [RouteChange] = []
    ) -> LedgerEntry {
        LedgerEntry(
            at: "2026-01-01T00:00:0\(revision % 10)Z", actor: actor, verb: verb, route: route, reason: reason,
            changes: changes, previousRevision: previous, revision: revision)
    }

    private func text(revision: Int) throws -> String? {
        try ledger.document(revision: revision).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `an entry is read back as it was recorded, and the newest comes first`() throws {
        let change = RouteChange(route: "reads", field: "percent", before: 5, after: 25)
        try ledger.record(entry("shift", from: 1, to: 2, reason: "why", changes: [change]), document: Array("two".utf8))
        try ledger.record(entry("undo", from: 2, to: 3), document: Array("three".utf8))
        let entries = try ledger.entries(limit: 10)
        #expect(entries.map(\.verb) == ["undo", "shift"] && entries.map(\.number) == [2, 1])
        #expect(entries[1].changes == [change] && entries[1].reason == "why" && entries[1].actor == "ana")
        #expect(entries[1].previousRevision == 1 && entries[1].revision == 2)
        #expect(try ledger.entries(limit: 1).map(\.verb) == ["undo"])
        #expect(try text(revision: 2) == "two" && text(revision: 3) == "three" && text(revision: 4) == nil)
    }

    @Test func `an empty ledger knows nothing`() throws {
        #expect(try ledger.entries(limit: 10).isEmpty && ledger.newestRevision() == nil)
        #expect(try !ledger.hasChange(to: 1) && ledger.document(revision: 1) == nil)
    }

    @Test func `the entries of a route are those that touched it`() throws {
        let other = RouteChange(route: "writes", field: "percent", before: 0, after: 1)
        try ledger.record(entry("shift", from: 1, to: 2), document: nil)
        try ledger.record(entry("apply", "*", from: 2, to: 3, changes: [other]), document: nil)
        #expect(try ledger.entries(limit: 10, route: "reads").map(\.revision) == [2])
        #expect(try ledger.entries(limit: 10, route: "writes").map(\.revision) == [3])
        #expect(try ledger.entries(limit: 10, route: "neither").isEmpty)
    }

    @Test func `a change that was noted from outside gives way to the record of its author`() throws {
        try ledger.record(missing: entry("outside", by: "-", "*", from: 1, to: 2), document: nil)
        try ledger.record(entry("shift", from: 1, to: 2), document: nil)
        #expect(try ledger.entries(limit: 10).map(\.verb) == ["shift"])
        // A record of the same change by the same author takes the place of the one before.
        try ledger.record(entry("shift", from: 1, to: 2, reason: "late"), document: nil)
        #expect(try ledger.entries(limit: 10).map(\.reason) == ["late"])
    }

    @Test func `a change that is on record is not noted again`() throws {
        try ledger.record(entry("shift", from: 1, to: 2), document: nil)
        try ledger.record(missing: entry("outside", by: "-", "*", from: 1, to: 2), document: Array("two".utf8))
        #expect(try ledger.entries(limit: 10).map(\.verb) == ["shift"])
        #expect(try text(revision: 2) == "two" && ledger.hasChange(to: 2) && !ledger.hasChange(to: 1))
    }

    @Test func `the newest revision is that of the last change, or of a document without one`() throws {
        try ledger.keep(Array("seven".utf8), revision: 7, at: "2026-01-01T00:00:00Z")
        #expect(try ledger.newestRevision() == 7)
        try ledger.record(entry("rollback", from: 7, to: 8), document: nil)
        try ledger.record(entry("outside", from: 8, to: 3), document: nil)
        #expect(try ledger.newestRevision() == 3)
    }

    @Test func `the newest document of a revision wins`() throws {
        try ledger.keep(Array("first".utf8), revision: 7, at: "2026-01-01T00:00:00Z")
        try ledger.keep(Array("second".utf8), revision: 7, at: "2026-01-02T00:00:00Z")
        #expect(try text(revision: 7) == "second")
    }

    @Test func `a ledger is opened again with what it had`() throws {
        try ledger.record(entry("shift", from: 1, to: 2), document: nil)
        #expect(try Ledger(path: folder.file("run/ledger.db")).entries(limit: 10).map(\.verb) == ["shift"])
    }

    @Test(
        arguments: [
            ([], ""), ([("reads", "percent", 5, 25)], "5% -> 25%"),
            ([("reads", "mirror", 0, 12.5)], "mirror 0% -> 12.5%"),
            ([("reads", "added", nil, 5)], "added"), ([("reads", "percent", nil, 5)], "- -> 5%"),
            ([("reads", "percent", 5, 0), ("writes", "percent", 1, 0)], "reads 5% -> 0%, writes 1% -> 0%"),
            ([("reads", "percent", 5, 0), ("reads", "mirror", 1, nil)], "5% -> 0%, mirror 1% -> -"),
        ] as [([(String, String, Double?, Double?)], String)])
    func `a summary names routes only where there are several`(
        _ changes: [(String, String, Double?, Double?)], _ summary: String
    ) {
        let changes = changes.map { RouteChange(route: $0.0, field: $0.1, before: $0.2, after: $0.3) }
        #expect(entry("apply", from: 1, to: 2, changes: changes).summary == summary)
    }
}
