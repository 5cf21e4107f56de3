/// Rules of one list that can never decide anything, because others decide before them or do not look so far. Pure.
struct RuleConflicts {
    /// The rules of the list itself, in order.
    let own: [BodyRule]
    /// The rules that stand behind them: those of the scenario and of the file.
    let base: [BodyRule]

    /// Why the rule at `index` cannot take effect; nil when it can, or when that depends on what is compared.
    func reason(_ index: Int) -> String? {
        let rule = own[index]
        // Only rules of its own list count, because a step's rules are meant to overrule its file's.
        let earlier = own[..<index]
        if rule.path.isCovered(by: earlier.map(\.path)) {
            let one = earlier.first { rule.path.isCovered(by: [$0.path]) }
            return "this rule cannot take effect: \(one.map(called) ?? "the rules before it") decides first"
        }
        let all = own + base
        let blinds = all.indices.filter { !all[$0].check.looksBeneath && decides($0, in: all) }
        guard rule.path.isCovered(by: blinds.map { all[$0].path }, beneath: true) else { return nil }
        let one = blinds.first { rule.path.isCovered(by: [all[$0].path], beneath: true) }
        return "this rule cannot take effect: \(one.map { called(all[$0]) } ?? "other rules") looks at nothing beneath"
    }

    /// Whether the rule decides for all of its paths, because no earlier rule that looks beneath overlaps with them.
    private func decides(_ index: Int, in all: [BodyRule]) -> Bool {
        !all[..<index].contains { $0.check.looksBeneath && $0.path.overlaps(all[index].path) }
    }

    private func called(_ rule: BodyRule) -> String {
        let path = rule.path.source.isEmpty ? "the whole body" : "\"\(rule.path.source)\""
        return "the \"\(rule.check.name)\" of \(path)\(rule.place.map { " in line \($0.line)" } ?? "")"
    }
}
