internal import Migration
internal import SQLite

/// The part of a stream's life before it runs: the copy, a chunk with every step, and then the proof.
final class CopyStage {
    private let group: DataDocument.Group
    private var plans: [TablePlan]
    private let target: DatabaseConnection
    private let faults: FaultInjection
    private var pace: CopyPace
    /// Rows are still to be copied, or the copy is to be proven.
    private(set) var isUnderWay: Bool
    /// Every table is copied; the next thing is the proof.
    private(set) var isProofDue = false
    /// Without WAL: the source's rows as they are counted between its writers, and what came out.
    private var tally: SourceTally?
    private var tallied: [String: TableDigest]?
    private let countsBetweenWriters: Bool
    /// The step that is not committed yet says that the copy is proven.
    private var finishes = false

    init(
        _ group: DataDocument.Group, _ plans: [TablePlan], target: DatabaseConnection, pace: CopyPace,
        faults: FaultInjection, countsBetweenWriters: Bool
    ) throws {
        self.group = group
        self.plans = plans
        self.target = target
        self.pace = pace
        self.countsBetweenWriters = countsBetweenWriters
        self.faults = faults
        // Whatever the state says: an agent that had read an earlier data.json may have called a copy whole that lacked
        // a table.
        // The way back has no copy.
        isUnderWay =
            try !group.isBack
            && (target.streamState(of: group.name) != .running
                || !CopyProof.missing(plans, group: group.name, in: target).isEmpty)
    }

    func begin() {
        isUnderWay = !group.isBack
        (tally, tallied) = (nil, nil)
    }

    func adopt(_ plans: [TablePlan]) {
        self.plans = plans
        (tally, tallied) = (nil, nil)
    }

    /// Copies the next chunk of the first table that is not copied; after the last one the proof is due. Inside the
    /// target's transaction.
    /// - Parameter installs: the source in the snapshot of the step, for the names of its installations.
    func step(_ source: DatabaseConnection, installs: DatabaseConnection, top: Int) throws -> Int {
        (isProofDue, tallied, finishes) = (false, nil, false)
        guard isUnderWay else { return 0 }
        let copier = TableCopier(group, source: source, target: target, faults: faults)
        for plan in plans {
            let began = Clock.monotonicNanoseconds()
            let install = try installs.text("SELECT install FROM _sf_tbl WHERE tbl = ?", plan.source) ?? ""
            guard let rows = try copier.step(plan, limit: pace.rows, install: install) else { continue }
            pace.took(.nanoseconds(Clock.monotonicNanoseconds() - began))
            try faults.reached(.chunkCopied)
            return rows
        }
        let isProven = try CopyProof.missing(plans, group: group.name, in: target).isEmpty
        try target.markStream(of: group.name, isProven ? .running : .proving)
        finishes = isProven
        if isProven { return 0 }
        if countsBetweenWriters { tallied = try tally?.settle(source, top: top) }
        isProofDue = !countsBetweenWriters || tallied != nil
        return 0
    }

    /// The transaction of the last step was committed, so its result holds.
    func committed() {
        if finishes { isUnderWay = false }
        finishes = false
    }

    /// Without WAL, after a step: counts on, or proves what was counted. Nothing holds up the source's writers for
    /// longer than a chunk.
    func goOnBetweenWriters(_ source: DatabaseConnection, top: Int) throws {
        if isProofDue { return try prove(source, top: top) }
        guard isUnderWay, try target.streamState(of: group.name) == .proving else { return }
        let counted = try tally ?? SourceTally(CopyProof.missing(plans, group: group.name, in: target), of: group)
        // Half a chunk is in no sum: what fails is counted from the start.
        tally = nil
        try counted.gather(source, limit: pace.rows)
        tally = counted
    }

    /// Proves that the target holds what the source held at `top`: the position that the target has just been brought
    /// to.
    /// - Parameter source: in the snapshot of that position; in none where the rows were counted between the writers.
    func prove(_ source: DatabaseConnection, top: Int) throws {
        isProofDue = false
        let reader = try DatabaseConnection(path: group.target, configuration: StreamMemory.besideService)
        let known = tallied
        (tally, tallied) = (nil, nil)
        var clock = 0
        let proofs = try reader.transaction(.deferred) { reader -> [CopyProof.Table]? in
            guard try reader.feedPosition(of: group.name) == top else { return nil }
            clock = try reader.changeClock()
            let unproven = try CopyProof.missing(plans, group: group.name, in: reader)
            return try CopyProof.prove(
                unproven, of: group, known: known, position: top, source: source, target: reader, faults: faults)
        }
        // Another position means that changes came between, or that the copy was begun anew: the next step sees to
        // that.
        guard let proofs else { return }
        try target.transaction { target in
            guard try target.streamState(of: group.name) == .proving else { return }
            try CopyProof.store(proofs, group: group.name, position: top, clock: clock, in: target)
            try target.markStream(of: group.name, .running)
            isUnderWay = false
        }
    }
}
