import SQLite
import Testing

@testable import DataSync
@testable import Migration

/// Every reason that a stream can stop for has a cure, and the cure is what its text says.
@Suite struct CureTests {
    /// One of each reason; a new one does not compile until it has its place here, and fails until it has a case below.
    enum Kind: CaseIterable {
        case captureChanged, sourceWentBack, otherSource, otherHistory, rowRefused, proofFailed, notCreated,
            otherFormat,
            targetChanged, targetWritten, planChanged, notCarryable, ownedHere, mapBroken

        init(_ reason: StopReason) {
            switch reason {
            case .captureChanged: self = .captureChanged
            case .sourceWentBack: self = .sourceWentBack
            case .otherSource: self = .otherSource
            case .otherHistory: self = .otherHistory
            case .rowRefused: self = .rowRefused
            case .proofFailed: self = .proofFailed
            case .notCreated: self = .notCreated
            case .otherFormat: self = .otherFormat
            case .targetChanged: self = .targetChanged
            case .targetWritten: self = .targetWritten
            case .planChanged: self = .planChanged
            case .notCarryable: self = .notCarryable
            case .ownedHere: self = .ownedHere
            case .mapBroken: self = .mapBroken
            }
        }
    }

    enum Command: String {
        case create = "strangler data create"
        case backfill = "strangler data backfill GROUP --restart"
        case repair = "strangler data repair GROUP"
    }

    /// How to bring a stream into a reason, and what a person does about it.
    struct Case: Sendable, CustomTestStringConvertible {
        var kind: Kind
        var name: String
        /// What happens while the stream runs.
        var harm: @Sendable (SmallPair) throws -> Void
        /// What the text asks for before the command.
        var prepare: @Sendable (SmallPair) throws -> Void = { _ in }
        var command: Command
        var testDescription: String { name }

        init(
            _ kind: Kind, _ name: String, _ command: Command, harm: @escaping @Sendable (SmallPair) throws -> Void,
            prepare: @escaping @Sendable (SmallPair) throws -> Void = { _ in }
        ) {
            (self.kind, self.name, self.command, self.harm, self.prepare) = (kind, name, command, harm, prepare)
        }
    }

    private static let wide =
        "CREATE TABLE t(id TEXT PRIMARY KEY, v TEXT, n INTEGER UNIQUE, version INTEGER DEFAULT 1)"

    static let cases: [Case] = [
        Case(.captureChanged, "a trigger is gone", .create) {
            try $0.source.script("DROP TRIGGER _sf_t_ad; DELETE FROM t WHERE id = 'a'")
        },
        Case(.captureChanged, "every trigger is gone", .create) { pair in
            for name in CaptureSQL.triggerNames("T") { try pair.source.script("DROP TRIGGER IF EXISTS \"\(name)\"") }
            try pair.source.script("DELETE FROM t WHERE id = 'b'")
        },
        Case(.captureChanged, "the source has another unique index", .create) {
            try $0.source.script("CREATE UNIQUE INDEX more ON t(v); REPLACE INTO t VALUES('c', 'a', 3)")
        },
        Case(.rowRefused, "a constraint of the target is narrower", .create) {
            try $0.source.script("INSERT INTO t VALUES('c', 'long', 3)")
        } prepare: {
            try $0.target.script("DROP TABLE t; \(wide)")
        },
        Case(.rowRefused, "a unique index of the target is narrower", .create) {
            try $0.target.script("CREATE UNIQUE INDEX narrow ON t(v)")
            try $0.source.script("INSERT INTO t VALUES('c', 'a', 3)")
        } prepare: {
            try $0.target.script("DROP INDEX narrow")
        },
        Case(.rowRefused, "a trigger of the target refuses", .create) {
            try $0.target.script(
                "CREATE TRIGGER no BEFORE INSERT ON t WHEN NEW.id = 'c' BEGIN SELECT RAISE(ABORT, 'no'); END")
            try $0.source.script("INSERT INTO t VALUES('c', 'c', 3)")
        } prepare: {
            try $0.target.script("DROP TRIGGER no")
        },
        Case(.proofFailed, "a trigger of the target changes what is copied", .repair) {
            try $0.target.script(
                "CREATE TRIGGER up AFTER UPDATE ON t BEGIN UPDATE t SET v = 'up' WHERE id = NEW.id; END")
            try $0.source.script("UPDATE t SET v = 'x' WHERE id = 'a'")
            try $0.copyAnew()
        } prepare: {
            try $0.target.script("DROP TRIGGER up")
        },
        Case(.notCreated, "the target is from before capture was installed", .create) { pair in
            let names = try pair.target.query(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '_sf%'"
            ) {
                $0.text(0)
            }
            for name in names { try pair.target.script("DROP TABLE \(name)") }
            for name in FollowerSQL.guardNames("t") { try pair.target.script("DROP TRIGGER \(name)") }
            try pair.source.script("DELETE FROM t WHERE id = 'b'")
        },
        Case(.otherFormat, "the source's tables are of another release", .create) {
            try $0.source.script("UPDATE _sf_store SET format = 1; DELETE FROM t WHERE id = 'b'")
        },
        Case(.otherFormat, "the target's tables are of another release", .create) {
            try $0.target.script("UPDATE _sf_store SET format = 1")
        },
        Case(.targetChanged, "the target's table was made again", .create) {
            try $0.target.script("DROP TABLE t; \(wide)")
        },
        Case(.targetWritten, "somebody wrote the target", .repair) {
            try $0.target.script("UPDATE t SET v = 'me' WHERE id = 'a'; DELETE FROM t WHERE id = 'b'")
        },
        Case(.planChanged, "data.json carries less", .create) {
            $0.group.tables = [.init("t", columns: ["id", "n"])]
        } prepare: {
            $0.group.tables = [.init("t")]
            try $0.source.script("UPDATE t SET v = 'w'")
        },
        Case(.notCarryable, "a carried column is gone", .create) {
            try $0.source.script("ALTER TABLE t RENAME COLUMN v TO w; UPDATE t SET w = 'w'")
        } prepare: {
            try $0.source.script("ALTER TABLE t RENAME COLUMN w TO v")
        },
        Case(.mapBroken, "a row does not keep its value through the map", .create) {
            $0.group.tables[0].maps = [ColumnMap(to: [.init("v", "lower(v)")], back: [.init("v", "v")])]
            try $0.install()
            try $0.synchronise()
            try $0.source.script("INSERT INTO t VALUES('c', 'C', 3)")
        } prepare: {
            try $0.source.script("UPDATE t SET v = 'c' WHERE id = 'c'")
        },
        Case(.sourceWentBack, "the source is restored", .backfill) { try restore($0, writes: 0) },
        Case(.otherHistory, "the source is restored, and written on", .backfill) { try restore($0, writes: 9) },
        Case(.otherSource, "the source is another store", .backfill) {
            try $0.source.script("UPDATE _sf_store SET id = 'other'; UPDATE t SET v = 'o'")
        },
    ]

    private static func restore(_ pair: SmallPair, writes: Int) throws {
        let backup = pair.group.source + ".backup"
        try pair.source.backup(to: backup)
        try pair.source.script("UPDATE t SET v = 'n' WHERE id = 'a'; INSERT INTO t VALUES('lost', 'l', 8)")
        try pair.synchronise()
        try DatabaseConnection(path: backup).backup(to: pair.group.source)
        for write in 0..<writes { try pair.source.execute("UPDATE t SET n = ? WHERE id = 'b'", 100 + write) }
    }

    @Test(arguments: cases)
    func `the cure is what the text says`(case it: Case) throws {
        let stores = try SmallPair(
            "CREATE TABLE T(id TEXT PRIMARY KEY, v TEXT, n INTEGER UNIQUE)",
            Self.wide.replacing("v TEXT", with: "v TEXT CHECK(length(v) < 3)"), tables: [.init("t")])
        try stores.source.script("INSERT INTO t VALUES('a', 'a', 1), ('b', 'b', 2)")
        try stores.install()
        try stores.synchronise()
        try it.harm(stores)

        let reason = try #require(stop(stores), "the stream did not stop")
        #expect(Kind(reason) == it.kind, "\(reason)")
        try StreamMemory.markStopped(stores.group, reason, generation: StreamMemory.memory(stores.group).generation)
        let stopped = DataStatus.read(stores.group)
        #expect(stopped.state != .running && !stopped.isCaughtUp, "\(stopped)")
        #expect(reason.fix.contains(it.command.rawValue), "\(reason.fix)")
        // Reason and cure belong together, whether the stores still show what happened or only the note does.
        if it.kind != .otherFormat, stopped.state == .stopped {
            let obstacle = try? StreamCheck.obstacle(stores.group, source: stores.source, target: stores.target)
            #expect(
                stopped.reason == (obstacle ?? reason).sentence && stopped.fix == (obstacle ?? reason).fix("g"),
                "\(stopped)")
        }

        try it.prepare(stores)
        switch it.command {
        case .create: try stores.install()
        case .backfill: try stores.copyAnew()
        case .repair:
            let repair = StoreRepair(stores.group)
            #expect(try repair.apply(repair.find()).after.isEqual)
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
        } catch let problem as PlanProblem {
            // As the agent takes it.
            return .notCarryable(problem.reason)
        } catch {
            return error as? StopReason
        }
    }

    @Test func `every reason has a case`() {
        // Of rows with owners: OwnedStreamTests.
        #expect(Set(Self.cases.map(\.kind)) == Set(Kind.allCases).subtracting([.ownedHere]))
    }
}
