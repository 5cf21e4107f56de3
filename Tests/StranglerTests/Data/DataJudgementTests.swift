import Migration
import Operations
import Strangler
import Testing

@testable import DataSync

/// What `data status` says is so: its sentence, its steps and its columns in every state.
@Suite struct DataJudgementTests {
    private static func report(_ doing: AgentReport.Doing, rows: Int = 0, error: String? = nil) -> AgentReport {
        AgentReport(
            process: 7, groups: ["g": AgentReport.Line(doing: doing, since: 0, rows: rows, error: error)])
    }

    private static func status(
        _ state: DataStatus.State, _ agent: AgentSign = .present(report(.idle), silence: 100), behind: Int = 0,
        isProven: Bool = true, keyless: Int = 0, reason: String? = nil, fix: String? = nil
    ) -> DataStatus {
        var status = DataStatus(group: "g", state: state)
        status.agent = agent
        status.lag = SyncLag(rows: behind, age: behind * 10)
        status.proof = isProven ? DataStatus.Proof(rows: 41, position: 1, time: 1) : nil
        status.keyless = keyless
        status.reason = reason
        status.fix = fix
        (status.copied, status.total) = (0, 41)
        return status
    }

    struct Case: Sendable {
        var status: DataStatus
        var sentence: String
        var column: String
        var step: String
    }

    static let cases: [Case] = [
        Case(
            status: status(.running), sentence: "every follower has every row", column: "alive",
            step: "strangler data verify"),
        Case(
            status: status(.running, .absent), sentence: "no agent carries g", column: "not running",
            step: "strangler data sync"),
        Case(
            status: status(.running, .unknown),
            sentence: "whether an agent carries g cannot be seen: its lock belongs to another user", column: "unknown",
            step: "strangler data status"),
        Case(
            status: status(.running, .present(report(.idle), silence: 12_345)),
            sentence: "the agent of g (process 7) has not moved for 12.3 s", column: "silent for 12.3 s",
            step: "strangler data status"),
        Case(
            status: status(.running, .present(report(.applying, rows: 300_000), silence: 0), behind: 300_000),
            sentence: "followers are 300000 rows behind, the oldest for 3000.0 s", column: "applying 300000 rows",
            step: "strangler data status"),
        Case(
            status: status(.running, .present(report(.waiting, error: "database is locked"), silence: 0), behind: 1),
            sentence: "g waits for a lock that another program holds", column: "waiting", step: "strangler data status"),
        Case(
            status: status(.running, .present(report(.retrying, error: "disk full"), silence: 0), behind: 1),
            sentence: "the last step of g failed and is made again", column: "retrying", step: "strangler data status"),
        Case(
            status: status(.copying, .present(report(.copying), silence: 0), isProven: false),
            sentence: "g is being copied: 0 of about 41 rows", column: "copying", step: "strangler data status"),
        Case(
            status: status(.copying, .absent, isProven: false), sentence: "no agent carries g", column: "not running",
            step: "strangler data sync"),
        Case(
            status: status(.proving, isProven: false), sentence: "g is copied; both stores are being compared",
            column: "alive", step: "strangler data status"),
        Case(
            status: status(.running, isProven: false), sentence: "there is no proof that every row of g arrived",
            column: "alive", step: "strangler data status"),
        Case(
            status: status(.running, keyless: 2), sentence: "2 rows of g have no key and cannot be carried",
            column: "alive", step: "strangler data status"),
        Case(
            status: status(.running, behind: 3), sentence: "followers are 3 rows behind, the oldest for 0.0 s",
            column: "alive", step: "strangler data status"),
        Case(
            status: status(
                .stopped, .present(report(.stopped), silence: 0), reason: "why",
                fix: "let nobody write, then strangler data backfill g --restart"),
            sentence: "g stands still: a change could be lost, so nothing is carried until somebody looks",
            column: "stopped", step: "strangler data backfill g --restart"),
        Case(
            status: status(.unreadable, .absent, reason: "no such file"), sentence: "g cannot be read",
            column: "not running", step: "strangler data status"),
        Case(
            status: status(.notCreated, .absent), sentence: "nothing is installed for g yet", column: "not running",
            step: "strangler data create"),
    ]

    @Test(arguments: cases)
    func `each state has its words`(it: Case) {
        let judgement = DataJudgement([it.status])
        #expect(judgement.sentence == it.sentence)
        #expect(DataJudgement.agent(it.status).text == it.column)
        #expect(judgement.next.first?.command == it.step)
    }

    /// The good sentence is said in exactly one of all states, and never beside a count that contradicts it.
    @Test func `'every follower has every row' is said only when it is so`() {
        let signs: [AgentSign] =
            [.absent, .unknown, .present(nil, silence: 0), .present(Self.report(.idle), silence: 9_000)]
            + AgentReport.Doing.allCases.map { .present(Self.report($0, error: "e"), silence: 0) }
        var said = 0
        var states = 0
        for state in DataStatus.State.allCases {
            for sign in signs {
                for behind in [0, 1, 500] {
                    for (isProven, keyless) in [(true, 0), (true, 1), (false, 0)] {
                        let status = Self.status(state, sign, behind: behind, isProven: isProven, keyless: keyless)
                        let judgement = DataJudgement([status])
                        let isSaid = judgement.sentence == "every follower has every row"
                        #expect(isSaid == judgement.isGood)
                        if isSaid {
                            #expect(state == .running && behind == 0 && isProven && keyless == 0 && status.agentLives)
                            #expect(DataJudgement.copied(status) == "done")
                        }
                        // One group in another state takes the good sentence from all.
                        let both = DataJudgement([Self.status(.running), status])
                        #expect(both.isGood == isSaid)
                        #expect(
                            !judgement.next.isEmpty && judgement.next.allSatisfy { $0.command.hasPrefix("strangler ") })
                        said += isSaid ? 1 : 0
                        states += 1
                    }
                }
            }
        }
        #expect(states == 540 && said > 0)
    }

    @Test func `the last error is shown once`() {
        let locked = Self.status(.running, .present(Self.report(.waiting, error: "locked"), silence: 0), behind: 1)
        #expect(DataJudgement.remarks(locked) == ["last error, now waiting: locked"])
        let stopped = Self.status(
            .stopped, .present(Self.report(.stopped, error: "why"), silence: 0), reason: "why")
        #expect(DataJudgement.remarks(stopped) == ["why"])
        var report = Self.report(.idle)
        report.configurationProblem = "line 1"
        #expect(
            DataJudgement.remarks(Self.status(.running, .present(report, silence: 0))) == [
                "the agent goes on with what data.json said before: line 1"
            ])
    }
}
