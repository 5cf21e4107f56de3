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
                .init(status.group), .init(status.state.rawValue, tone(status)),
                .init("\(status.copied)/\(status.total)"),
                .init("\(status.lag.rows)", status.lag.isSmall ? .plain : .warning), .init(seconds(status.lag.age)),
                .init("\(status.position)/\(status.clock)"),
                status.agentLives ? .init("alive", .good) : .init("not running", .bad),
            ])
        }
        let isCaughtUp = all.allSatisfy(\.isCaughtUp)
        return Answer(
            [.sentence(sentence(all), isCaughtUp && all.allSatisfy(\.agentLives) ? .good : .warning), .table(table)]
                + all.compactMap { status in status.reason.map { .sentence("\(status.group): \($0)", .bad) } },
            data: [
                "caught_up": .bool(isCaughtUp), "groups": .array(all.map(datum)),
            ], next: steps(all))
    }

    private static func sentence(_ all: [DataStatus]) -> String {
        if let stopped = all.first(where: { $0.state == .stopped }) {
            return "\(stopped.group) stands still: a change could be lost, so nothing is carried until somebody looks"
        }
        if let broken = all.first(where: { $0.state == .unreadable }) { return "\(broken.group) cannot be read" }
        if let missing = all.first(where: { $0.state == .notCreated }) {
            return "nothing is installed for \(missing.group) yet"
        }
        if let dead = all.first(where: { !$0.agentLives }) { return "no agent carries \(dead.group)" }
        if let copying = all.first(where: { $0.state == .copying }) {
            return "\(copying.group) is being copied: \(copying.copied) of about \(copying.total) rows"
        }
        if let proving = all.first(where: { $0.state == .proving }) {
            return "\(proving.group) is copied; both stores are being compared"
        }
        if let unproven = all.first(where: { $0.proof == nil }) {
            return "there is no proof that every row of \(unproven.group) arrived"
        }
        if let keyless = all.first(where: { $0.proof.map { $0.keyless > 0 } ?? false }) {
            return "\(keyless.proof?.keyless ?? 0) rows of \(keyless.group) have no key and cannot be carried"
        }
        let rows = all.reduce(0) { $0 + $1.lag.rows }
        let age = all.map(\.lag.age).max() ?? 0
        return rows == 0
            ? "every follower has every row" : "followers are \(rows) rows behind, the oldest for \(seconds(age))"
    }

    private static func steps(_ all: [DataStatus]) -> [Answer.NextStep] {
        if let stopped = all.first(where: { $0.state == .stopped }) {
            return [
                .init("strangler data create \(stopped.group)", "installs capture again and copies anew"),
                .init("strangler data verify \(stopped.group)", "shows which rows differ"),
            ]
        }
        if all.contains(where: { $0.state == .notCreated }) {
            return [.init("strangler data create", "installs change capture")]
        }
        if all.contains(where: { !$0.agentLives }) { return [.init("strangler data sync", "runs the agent")] }
        if all.allSatisfy(\.isCaughtUp) {
            return [
                .init("strangler data verify", "compares every row"), .init("strangler status", "shows the routes"),
            ]
        }
        return [.init("strangler data status", "again in a moment")]
    }

    private static func tone(_ status: DataStatus) -> Tone {
        switch status.state {
        case .running: .good
        case .copying, .proving: .warning
        case .stopped, .unreadable, .notCreated: .bad
        }
    }

    private static func seconds(_ milliseconds: Int) -> String {
        milliseconds == 0 ? "0 s" : "\(milliseconds / 1_000).\(milliseconds % 1_000 / 100) s"
    }

    private static func datum(_ status: DataStatus) -> Datum {
        [
            "group": .string(status.group), "state": .string(status.state.rawValue), "reason": .optional(status.reason),
            "caught_up": .bool(status.isCaughtUp), "agent": .bool(status.agentLives),
            "lag_rows": .integer(Int64(status.lag.rows)), "lag_ms": .integer(Int64(status.lag.age)),
            "position": .integer(Int64(status.position)), "clock": .integer(Int64(status.clock)),
            "copied": .integer(Int64(status.copied)), "total": .integer(Int64(status.total)),
            "heartbeat_age_ms": .optional(status.silence), "proven": .bool(status.proof != nil),
            "proven_rows": .optional(status.proof?.rows), "proven_at": .optional(status.proof?.position),
            "keyless": .optional(status.proof?.keyless),
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
            : "\(orphans) rows of the targets have no parent by their foreign keys, which the agent does not enforce"
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
