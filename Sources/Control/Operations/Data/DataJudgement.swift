package import ControlKit
package import DataSync
import Formats
import Migration

/// The sentence, the next steps and the words of `data status`, as a function of what was read: nothing is said that
/// does not follow from it.
package struct DataJudgement {
    package var sentence: String
    package var isGood: Bool
    package var next: [Advice]

    package init(_ all: [DataStatus]) {
        (sentence, isGood) = Self.sentence(all)
        next = Self.steps(all)
    }

    /// The worst first: what loses rows, what keeps them from being carried, what only takes time.
    private static func sentence(_ all: [DataStatus]) -> (String, Bool) {
        if let stopped = all.first(where: { $0.state == .stopped }) {
            return (
                "\(stopped.label) stands still: a change could be lost, so nothing is carried until somebody looks",
                false
            )
        }
        if let broken = all.first(where: { $0.state == .unreadable }) {
            return ("\(broken.label) cannot be read", false)
        }
        if let missing = all.first(where: { $0.state == .notCreated }) {
            return ("nothing is installed for \(missing.label) yet", false)
        }
        for status in all {
            switch status.agent {
            case .absent: return ("no agent carries \(status.label)", false)
            case .unknown:
                return (
                    "whether an agent carries \(status.label) cannot be seen: its lock belongs to another user", false
                )
            case .present(let report, let silence):
                if !status.agentLives {
                    let process = report.map { " (process \($0.process))" } ?? ""
                    return ("the agent of \(status.label)\(process) has not moved for \(seconds(silence))", false)
                }
            }
        }
        for status in all {
            switch status.doing?.doing {
            case .waiting?: return ("\(status.label) waits for a lock that another program holds", false)
            case .retrying?: return ("the last step of \(status.label) failed and is made again", false)
            default: break
            }
        }
        if let waiting = all.first(where: { $0.state == .copying && $0.isBack }),
            all.allSatisfy({ $0.state == .running || $0.isBack })
        {
            return ("the way back of \(waiting.group) opens with the agent's next turn", false)
        }
        if let copying = all.first(where: { $0.state == .copying }) {
            return ("\(copying.label) is being copied: \(copying.copied) of about \(copying.total) rows", false)
        }
        if let proving = all.first(where: { $0.state == .proving }) {
            return ("\(proving.label) is copied; both stores are being compared", false)
        }
        if let unproven = all.first(where: { $0.proof == nil }) {
            return ("there is no proof that every row of \(unproven.label) arrived", false)
        }
        if let status = all.first(where: { $0.quarantined > 0 }) {
            return ("rows of \(status.label) were written on both sides: \(status.quarantined) in quarantine", false)
        }
        if let status = all.first(where: { $0.keyless > 0 }) {
            let rows =
                status.keyless == 1 ? "1 row of \(status.label) has" : "\(status.keyless) rows of \(status.label) have"
            return ("\(rows) no key and cannot be carried", false)
        }
        let rows = all.reduce(0) { $0 + $1.lag.rows }
        let age = all.map(\.lag.age).max() ?? 0
        if rows > 0 { return ("followers are \(rows) rows behind, the oldest for \(seconds(age))", false) }
        return ("every follower has every row", true)
    }

    private static func steps(_ all: [DataStatus]) -> [Advice] {
        if let stopped = all.first(where: { $0.state == .stopped }) {
            let fix = stopped.fix ?? "strangler data create \(stopped.group)"
            return [
                .init(.wayOut(fix), "the way out: \(fix)"),
                .init(.dataVerify(group: stopped.group), "shows which rows differ"),
            ]
        }
        if all.contains(where: { $0.state == .unreadable }) {
            return [.init(.dataStatus(group: nil), "again when the store can be read")]
        }
        if all.contains(where: { $0.state == .notCreated }) {
            return [.init(.dataCreate, "installs change capture")]
        }
        if all.contains(where: { $0.agent == .absent }) { return [.init(.dataSync, "runs the agent")] }
        if all.allSatisfy({ $0.isCaughtUp && $0.agentLives }) {
            return [
                .init(.dataVerify(group: nil), "compares every row"), .init(.status(route: nil), "shows the routes"),
            ]
        }
        return [.init(.dataStatus(group: nil), "again in a moment")]
    }

    /// What the column COPIED says. While rows are copied, how many of how many; afterwards a count of then beside a
    /// count of now would only look like a loss.
    package static func copied(_ status: DataStatus) -> String {
        switch status.state {
        case .copying, .proving, .stopped: "\(status.copied)/\(status.total)"
        case .running: "done"
        case .notCreated, .unreadable: "-"
        }
    }

    /// What the column AGENT says.
    package static func agent(_ status: DataStatus) -> (text: String, severity: Severity) {
        switch status.agent {
        case .absent: return ("not running", .bad)
        case .unknown: return ("unknown", .warning)
        case .present(_, let silence) where !status.agentLives: return ("silent for \(seconds(silence))", .bad)
        case .present: break
        }
        guard let line = status.doing else { return ("alive", .good) }
        switch line.doing {
        case .idle: return ("alive", .good)
        case .applying: return ("applying \(line.rows) row\(line.rows == 1 ? "" : "s")", .good)
        case .copying, .waiting, .retrying, .stopped:
            return (line.doing.rawValue, line.doing == .copying ? .good : .warning)
        }
    }

    /// Lines under the table: why it stands, and what went wrong last.
    package static func remarks(_ status: DataStatus) -> [String] {
        var remarks = [status.reason].compactMap { $0 }
        if let error = status.doing?.error, !remarks.contains(error) {
            remarks.append("last error, now \(status.doing?.doing.rawValue ?? ""): \(error)")
        }
        if case .present(let report?, _) = status.agent, let problem = report.configurationProblem {
            remarks.append("the agent goes on with what data.json said before: \(problem)")
        }
        return remarks
    }

    package static func seconds(_ milliseconds: Int) -> String {
        milliseconds == 0 ? "0 s" : DurationText.tenths(ofMilliseconds: Int64(milliseconds))
    }
}
