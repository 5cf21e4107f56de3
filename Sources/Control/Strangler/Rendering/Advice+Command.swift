package import ControlKit

extension Advice {
    /// The command that does it.
    package var command: String {
        switch action {
        case .status(let route): "strangler status" + (route.map { " \($0)" } ?? "")
        case .doctor: "strangler doctor"
        case .top: "strangler top --once"
        case .mirror(let route, let percent): "strangler mirror \(route) \(Decimal.short(percent))"
        case .shift(let route, let percent): "strangler shift \(route) \(Decimal.short(percent))"
        case .rollback(let route): "strangler rollback \(route)"
        case .parity(let route): "strangler parity run \(route)"
        case .validate(let file): "strangler validate \(file)"
        case .plan(let file): "strangler plan \(file)"
        case .apply(let file, let revision):
            "strangler apply \(file)" + (revision.map { " --if-revision \($0)" } ?? "")
        case .dataStatus(let group): "strangler data status" + (group.map { " \($0)" } ?? "")
        case .dataVerify(let group): "strangler data verify" + (group.map { " \($0)" } ?? "")
        case .dataCreate: "strangler data create"
        case .dataSync: "strangler data sync"
        case .wayOut(let sentence): Self.command(in: sentence)
        }
    }

    /// The command that a sentence names.
    private static func command(in sentence: String) -> String {
        guard let start = sentence.firstRange(of: "strangler ")?.lowerBound else { return sentence }
        return String(sentence[start...].prefix { $0 != "," })
    }
}

extension Answer.NextStep {
    init(_ advice: Advice) { self.init(advice.command, advice.reason) }
}

extension Tone {
    init(_ severity: Severity) {
        switch severity {
        case .good: self = .good
        case .warning: self = .warning
        case .bad: self = .bad
        }
    }
}
