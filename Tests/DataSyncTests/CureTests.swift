import DataSync
@testable import Migration
import SQLite
import Testing

/// Every reason that a stream can stop for has a cure, and the cure is what its text says.
@Suite struct CureTests {
    /// How to bring a stream into a reason, and what a person does about it.
    struct Case: Sendable, CustomTestStringConvertible {
        var reason: @Sendable (StopReason) -> Bool
        var name: String
        /// What happens while the stream runs.
        var harm: @Sendable (SmallPair) throws -> Void
        /// What the text asks for before the command.
        var prepare: @Sendable (SmallPair) throws -> Void = { _ in }
        var command: Command
        var testDescription: String { name }
    }

    enum Command: String { case create = "strangler data create", backfill = "strangler data backfill GROUP --restart" }

    static let cases: [Case] = [
        Case(
            reason: { if case .captureChanged(table: "T") = $0 { true } else { false } }, name: "a trigger is gone",
            harm: { try $0.source.script("DROP TRIGGER _sf_t_ad; DELETE FROM t WHERE id = 'a'") }, command: .create),
        Case(
            reason: { if case .rowRefused(table: "t", key: "c", _) = $0 { true } else { false } },
            name: "a constraint of the target is narrower",
            harm: { try $0.source.script("INSERT INTO t VALUES('c', 'long', 3)") },
            prepare: { pair in
                try pair.target.script(
                    "DROP TABLE t; CREATE TABLE t(id TEXT PRIMARY KEY, v TEXT, n INTEGER UNIQUE, version INTEGER DEFAULT 1)"
                )
            }, command: .backfill),
        Case(
            reason: { if case .rowRefused(table: "t", key: "c", _) = $0 { true } else { false } },
            name: "a unique index of the target is narrower",
            harm: { pair in
                try pair.target.script("CREATE UNIQUE INDEX narrow ON t(v)")
                try pair.source.script("INSERT INTO t VALUES('c', 'a', 3)")
            }, prepare: { try $0.target.script("DROP INDEX narrow") }, command: .backfill),
        Case(
            reason: { if case .rowRefused(table: "t", key: "c", _) = $0 { true } else { false } },
            name: "a trigger of the target refuses",
            harm: { pair in
                try pair.target.script(
                    "CREATE TRIGGER no BEFORE INSERT ON t WHEN NEW.id = 'c' BEGIN SELECT RAISE(ABORT, 'no'); END")
                try pair.source.script("INSERT INTO t VALUES('c', 'c', 3)")
            }, prepare: { try $0.target.script("DROP TRIGGER no") }, command: .backfill),
        Case(
            reason: { if case .proofFailed(table: "T", _) = $0 { true } else { false } },
            name: "a trigger of the target changes what is copied",
            harm: { pair in
                try pair.target.script(
                    "CREATE TRIGGER up AFTER UPDATE ON t BEGIN UPDATE t SET v = 'up' WHERE id = NEW.id; END")
                try pair.source.script("UPDATE t SET v = 'x' WHERE id = 'a'")
                try pair.copyAnew()
            }, prepare: { try $0.target.script("DROP TRIGGER up") }, command: .backfill),
        Case(
            reason: { $0 == .captureChanged(table: "T") }, name: "the triggers are gone",
            harm: { pair in
                for name in CaptureSQL.triggerNames("T") {
                    try pair.source.script("DROP TRIGGER IF EXISTS \"\(name)\"")
                }
                try pair.source.script("DELETE FROM t WHERE id = 'b'")
            }, command: .create),
        Case(
            reason: { $0 == .targetChanged(table: "t") }, name: "a table of the target was made again",
            harm: { pair in
                try pair.target.script(
                    "DROP TABLE t; CREATE TABLE t(id TEXT PRIMARY KEY, v TEXT, n INTEGER UNIQUE, version INTEGER DEFAULT 1)"
                )
            }, command: .create),
        Case(
            reason: { $0 == .targetWritten(table: "t", writes: 2) }, name: "a table of the target was emptied",
            harm: { try $0.target.script("DELETE FROM t") }, command: .backfill),
        Case(
            reason: { $0 == .otherHistory }, name: "the source lost its marks",
            harm: { try $0.source.script("DELETE FROM _sf_history; UPDATE t SET n = 3 WHERE id = 'a'") },
            command: .backfill),
        Case(
            reason: { $0 == .otherSource }, name: "the source is another database",
            harm: { try $0.source.script("UPDATE _sf_store SET id = 'other'; UPDATE t SET n = 3 WHERE id = 'a'") },
            command: .backfill),
        Case(
            reason: { $0 == .sourceWentBack(applied: 1, clock: 0) }, name: "the source's counter went back",
            harm: { pair in
                try pair.source.script("UPDATE t SET n = 3 WHERE id = 'a'")
                try pair.synchronise()
                try pair.source.script("UPDATE _sf_clk SET n = 0")
            }, command: .backfill),
        Case(
            reason: { $0 == .otherFormat(found: 1) }, name: "the source's tables are of another release",
            harm: { try $0.source.script("UPDATE _sf_store SET format = 1; DELETE FROM t WHERE id = 'b'") },
            command: .create),
        Case(
            reason: { $0 == .otherFormat(found: 1) }, name: "the target's tables are of another release",
            harm: { try $0.target.script("UPDATE _sf_store SET format = 1") }, command: .create),
    ]

    @Test(arguments: cases)
    func theCureIsWhatTheTextSays(case it: Case) throws {
        let stores = try SmallPair(
            "CREATE TABLE T(id TEXT PRIMARY KEY, v TEXT, n INTEGER UNIQUE)",
            "CREATE TABLE t(id TEXT PRIMARY KEY, v TEXT CHECK(length(v) < 3), n INTEGER UNIQUE, version INTEGER DEFAULT 1)",
            tables: [.init("t")])
        try stores.source.script("INSERT INTO t VALUES('a', 'a', 1), ('b', 'b', 2)")
        try stores.install()
        try stores.synchronise()
        try it.harm(stores)

        let stopped = stop(stores)
        guard let reason = stopped, it.reason(reason) else {
            Issue.record("stopped for \(String(describing: stopped))")
            return
        }
        let generation = try stores.target.int("SELECT gen FROM _sf_known WHERE grp = 'g'")
        try StreamMemory.markStopped(stores.group, reason, generation: generation)
        #expect(DataStatus.read(stores.group).state != .running)
        #expect(reason.fix.contains(it.command.rawValue), "\(reason.fix)")

        // Without what the text asks for, the command alone brings the stream to the same end, and not to a wrong copy.
        try it.prepare(stores)
        switch it.command {
        case .create: try stores.install()
        case .backfill: try stores.copyAnew()
        }
        try stores.synchronise()
        let status = DataStatus.read(stores.group)
        #expect(status.state == .running && status.proof != nil, "\(status)")
        let rows = try stores.rows("SELECT * FROM t ORDER BY id", "SELECT id, v, n FROM t ORDER BY id")
        #expect(rows.source == rows.target)
        // And it carries what comes after.
        try stores.source.script("UPDATE t SET n = n + 10; INSERT INTO t VALUES('z', 'z', 1)")
        try stores.synchronise()
        #expect(try StoreVerifier(stores.group).verify().isEqual)
        #expect(DataStatus.read(stores.group).isCaughtUp)
    }

    private func stop(_ stores: SmallPair) -> StopReason? {
        do {
            try stores.synchronise()
            return nil
        } catch {
            return error as? StopReason
        }
    }

    /// No reason is left out of the table above, or of the one beside it.
    @Test func everyReasonHasACase() {
        for reason in Self.all {
            #expect(!reason.sentence.isEmpty && reason.fix.contains("strangler"))
        }
    }

    private static let all: [StopReason] = [
        .captureChanged(table: "t"), .sourceWentBack(applied: 2, clock: 1), .otherSource,
        .rowRefused(table: "t", key: "k", message: "m"), .proofFailed(table: "t", difference: "d"),
        .notCreated(table: "t"), .otherHistory, .targetChanged(table: "t"), .targetWritten(table: "t", writes: 1),
        .planChanged(table: "t"), .notCarryable("the target has no table"),
        .otherFormat(found: 1), .otherFormat(found: 99),
    ]
}
