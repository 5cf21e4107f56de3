import ControlKit
import DataSync
import Migration
import Operations

/// `strangler data status [GROUP…]`.
enum DataStatusCommand {
    static func run(_ invocation: Invocation) async throws(OperationFailure) -> Answer {
        answer(try DataFile.document(invocation).groups.flatMap { DataStatus.readAll($0) })
    }

    static func answer(_ all: [DataStatus]) -> Answer {
        var table = Table([
            .text("GROUP"), .text("STATE"), .number("COPIED"), .number("BEHIND"), .number("AGE"), .number("POSITION"),
            .text("AGENT"),
        ])
        for status in all {
            table.rows.append([
                .init(status.label), .init(state(status), tone(status)), .init(DataJudgement.copied(status)),
                .init("\(status.lag.rows)", status.lag.isSmall ? .plain : .warning),
                .init(DataJudgement.seconds(status.lag.age)), .init("\(status.position)/\(status.clock)"),
                agent(status),
            ])
        }
        let judgement = DataJudgement(all)
        return Answer(
            [.sentence(judgement.sentence, judgement.isGood ? .good : .warning), .table(table)]
                + all.flatMap { status in
                    DataJudgement.remarks(status).map { .sentence("\(status.label): \($0)", .bad) }
                }
                + all.flatMap { status in status.notes.map { .sentence("\(status.group): \($0)", .faint) } },
            data: [
                "caught_up": .bool(all.allSatisfy(\.isCaughtUp)), "groups": .array(all.map(datum)),
            ], next: judgement.next.map(Answer.NextStep.init))
    }

    private static func state(_ status: DataStatus) -> String {
        status.isBack && status.state == .copying ? "waits" : status.state.rawValue
    }

    private static func agent(_ status: DataStatus) -> Table.Cell {
        let (text, severity) = DataJudgement.agent(status)
        return Table.Cell(text, Tone(severity))
    }

    private static func tone(_ status: DataStatus) -> Tone {
        switch status.state {
        case .running: .good
        case .copying, .proving: .warning
        case .stopped, .unreadable, .notCreated: .bad
        }
    }

    private static func datum(_ status: DataStatus) -> OutputValue {
        [
            "group": .string(status.group), "direction": .string(status.isBack ? "back" : "there"),
            "state": .string(status.state.rawValue), "reason": .optional(status.reason),
            "caught_up": .bool(status.isCaughtUp), "agent": .bool(status.agentLives),
            "lag_rows": .integer(Int64(status.lag.rows)), "lag_ms": .integer(Int64(status.lag.age)),
            "position": .integer(Int64(status.position)), "clock": .integer(Int64(status.clock)),
            "copied": .integer(Int64(status.copied)), "total": .integer(Int64(status.total)),
            "heartbeat_age_ms": .optional(status.silence), "doing": .optional(status.doing?.doing.rawValue),
            "doing_rows": .optional(status.doing?.rows), "error": .optional(status.doing?.error),
            "fix": .optional(status.fix), "notes": .array(status.notes.map { .string($0) }),
            "proven": .bool(status.proof != nil),
            "proven_rows": .optional(status.proof?.rows), "proven_at": .optional(status.proof?.position),
            "keyless": .integer(Int64(status.keyless)), "quarantined": .integer(Int64(status.quarantined)),
        ]
    }
}
