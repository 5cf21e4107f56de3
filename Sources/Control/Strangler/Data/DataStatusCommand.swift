import DataSync
import Migration

/// `strangler data status [GROUP…]`.
enum DataStatusCommand {
    static func run(_ invocation: Invocation) async throws(CommandFailure) -> Answer {
        answer(try DataFile.document(invocation).groups.map { DataStatus.read($0) })
    }

    static func answer(_ all: [DataStatus]) -> Answer {
        var table = Table([
            .text("GROUP"), .text("STATE"), .number("COPIED"), .number("BEHIND"), .number("AGE"), .number("POSITION"),
            .text("AGENT"),
        ])
        for status in all {
            table.rows.append([
                .init(status.group), .init(status.state.rawValue, tone(status)), .init(copied(status)),
                .init("\(status.lag.rows)", status.lag.isSmall ? .plain : .warning),
                .init(DataJudgement.seconds(status.lag.age)), .init("\(status.position)/\(status.clock)"),
                DataJudgement.agent(status),
            ])
        }
        let judgement = DataJudgement(all)
        return Answer(
            [.sentence(judgement.sentence, judgement.isGood ? .good : .warning), .table(table)]
                + all.flatMap { status in
                    DataJudgement.remarks(status).map { .sentence("\(status.group): \($0)", .bad) }
                }
                + all.flatMap { status in status.notes.map { .sentence("\(status.group): \($0)", .faint) } },
            data: [
                "caught_up": .bool(all.allSatisfy(\.isCaughtUp)), "groups": .array(all.map(datum)),
            ], next: judgement.next)
    }

    /// While rows are copied, how many of how many; a count of then beside a count of now would only look like a loss.
    private static func copied(_ status: DataStatus) -> String {
        switch status.state {
        case .copying, .proving, .stopped: "\(status.copied)/\(status.total)"
        case .running: "done"
        case .notCreated, .unreadable: "-"
        }
    }

    private static func tone(_ status: DataStatus) -> Tone {
        switch status.state {
        case .running: .good
        case .copying, .proving: .warning
        case .stopped, .unreadable, .notCreated: .bad
        }
    }

    private static func datum(_ status: DataStatus) -> Datum {
        [
            "group": .string(status.group), "state": .string(status.state.rawValue), "reason": .optional(status.reason),
            "caught_up": .bool(status.isCaughtUp), "agent": .bool(status.agentLives),
            "lag_rows": .integer(Int64(status.lag.rows)), "lag_ms": .integer(Int64(status.lag.age)),
            "position": .integer(Int64(status.position)), "clock": .integer(Int64(status.clock)),
            "copied": .integer(Int64(status.copied)), "total": .integer(Int64(status.total)),
            "heartbeat_age_ms": .optional(status.silence), "doing": .optional(status.doing?.doing.rawValue),
            "doing_rows": .optional(status.doing?.rows), "error": .optional(status.doing?.error),
            "fix": .optional(status.fix), "notes": .array(status.notes.map { .string($0) }),
            "proven": .bool(status.proof != nil),
            "proven_rows": .optional(status.proof?.rows), "proven_at": .optional(status.proof?.position),
            "keyless": .integer(Int64(status.keyless)),
        ]
    }
}

/// `strangler data verify [GROUP…]`.
enum DataVerifyCommand {
    static func run(_ invocation: Invocation) async throws(CommandFailure) -> Answer {
        let document = try DataFile.document(invocation)
        var reports: [StoreVerifier.Report] = []
        for group in document.groups {
            do {
                reports.append(try StoreVerifier(group).verify())
            } catch {
                throw DataFile.failure(error)
            }
        }
        var table = Table([
            .text("GROUP"), .number("ROWS"), .number("PENDING"), .number("MISSING"), .number("EXTRA"),
            .number("DIFFERENT"), .number("NO KEY"),
        ])
        for report in reports {
            let counts = [report.rows, report.pending, report.missing, report.extra, report.different, report.keyless]
            table.rows.append([.init(report.group)] + counts.map { .init("\($0)") })
        }
        let isEqual = reports.allSatisfy(\.isEqual)
        let pending = reports.reduce(0) { $0 + $1.pending }
        let rows = reports.reduce(0) { $0 + $1.rows }
        let sentence =
            !isEqual
            ? "the stores differ"
            : pending > 0
                ? "\(rows) rows compared; \(pending) changes are still on their way"
                : "\(rows) rows compared, all equal"
        let samples = reports.flatMap { report in report.samples.map { "\(report.group): \($0)" } }
        let orphans = reports.reduce(0) { $0 + $1.orphans }
        let parents = reports.flatMap { report in report.orphanSamples.map { "\(report.group): \($0)" } }
        let note =
            orphans == 0
            ? ""
            : "\(orphans == 1 ? "1 row of the targets has" : "\(orphans) rows of the targets have") no parent by their foreign keys, which the agent does not enforce"
        return Answer(
            exit: !isEqual ? .failure : pending > 0 ? .pending : .done,
            [.sentence(sentence, isEqual ? .good : .bad), .table(table), .lines(samples)]
                + (note.isEmpty ? [] : [.sentence(note, .warning)]) + [.lines(parents)],
            data: [
                "equal": .bool(isEqual && pending == 0), "groups": .array(reports.map(datum)),
            ],
            next: isEqual
                ? []
                : reports.filter { !$0.isEqual }.map {
                    .init("strangler data backfill \($0.group) --restart", "makes the follower equal again")
                })
    }

    private static func datum(_ report: StoreVerifier.Report) -> Datum {
        [
            "group": .string(report.group), "rows": .integer(Int64(report.rows)),
            "pending": .integer(Int64(report.pending)), "missing": .integer(Int64(report.missing)),
            "extra": .integer(Int64(report.extra)), "different": .integer(Int64(report.different)),
            "keyless": .integer(Int64(report.keyless)), "samples": .array(report.samples.map { .string($0) }),
            "orphans": .integer(Int64(report.orphans)),
            "orphan_samples": .array(report.orphanSamples.map { .string($0) }),
        ]
    }
}
