package import Parity

/// Walks through scenarios: asks the sides, keeps what steps capture, waits where a step says so, compares.
///
/// The world comes in through closures, so that a run can be tested without sockets and clocks.
package struct ScenarioRunner: Sendable {
    /// Asks one side. Never throws: what goes wrong is an outcome of the response.
    package typealias Ask =
        @Sendable (_ side: ComparedSide, _ request: RenderedRequest, _ route: String?) async -> RecordedResponse

    package let mode: RunMode
    /// Fresh for every run, so that names and addresses made of `{{run}}` never meet those of another run.
    package let runID: String
    /// Where a request goes, told after both sides were asked.
    package typealias Locate =
        @Sendable (_ left: RenderedRequest, _ right: RenderedRequest, _ route: String?) -> Whereabouts

    package let ask: Ask
    package let locate: Locate
    package let pause: @Sendable (Duration) async -> Void
    /// Time since some fixed moment.
    package let now: @Sendable () -> Duration
    package let decodeImage: Comparator.ImageDecoder

    package init(
        mode: RunMode, runID: String, decodeImage: @escaping Comparator.ImageDecoder,
        pause: @escaping @Sendable (Duration) async -> Void, now: @escaping @Sendable () -> Duration,
        locate: @escaping Locate = { _, _, _ in Whereabouts() }, ask: @escaping Ask
    ) {
        self.mode = mode
        self.runID = runID
        self.decodeImage = decodeImage
        self.pause = pause
        self.now = now
        self.locate = locate
        self.ask = ask
    }

    /// Where a request went.
    package struct Whereabouts: Sendable {
        /// The id of the route that takes it; nil: there is none, or no routes file was read.
        package var route: String?
        /// Why both sides of it are one and the same, so that comparing them proves nothing; nil: they are not, as far
        /// as is known.
        package var sameness: String?

        package init(route: String? = nil, sameness: String? = nil) {
            self.route = route
            self.sameness = sameness
        }
    }

    /// One compared step.
    package struct StepOutcome: Sendable {
        package let name: String
        /// Method and path as the left side was asked.
        package let request: String
        package let comparison: Comparison
        /// The route that the request took.
        package var route: String?
        /// The rules for the body that stood over it.
        package var rules: [RulePlace] = []
    }

    /// A scenario that is not for the mode of the run.
    package struct LeftOut: Sendable, Equatable {
        package let context: String
        package let name: String
        /// Those that it is for.
        package let modes: [RunMode]
        /// The rules for bodies that stand over it.
        package var rules: [RulePlace] = []
    }

    package struct ScenarioOutcome: Sendable {
        package let context: String
        package let name: String
        package var steps: [StepOutcome] = []
        /// Why the scenario ended before its last step; it is incomparable unless a step showed a mismatch.
        package var stopped: String?
        /// The rules for bodies of steps that it did not come to.
        package var unreached: [RulePlace] = []
        /// How often each route was asked, on either side.
        package var asked: [String: Int] = [:]

        package var verdict: Comparison.Verdict {
            if steps.contains(where: { $0.comparison.verdict == .mismatch }) { return .mismatch }
            if let stopped { return .incomparable(reason: stopped) }
            for step in steps {
                if case .incomparable = step.comparison.verdict { return step.comparison.verdict }
            }
            return steps.isEmpty ? .incomparable(reason: "no step compares anything") : .match
        }
    }

    /// Those scenarios of a file that are not for this mode.
    package func leftOut(of file: ScenarioFile) -> [LeftOut] {
        file.scenarios.filter { !$0.modes.contains(mode) }.map { scenario in
            LeftOut(
                context: file.context, name: scenario.name, modes: RunMode.allCases.filter(scenario.modes.contains),
                rules: scenario.steps.flatMap { $0.rules.body.compactMap(\.place) })
        }
    }

    /// Runs those scenarios of a file that are for this mode. `identities` goes on through the whole run.
    package func run(
        _ file: ScenarioFile, samples: [String: (bytes: [UInt8], type: String)], identities: inout IdentityMap
    ) async -> [ScenarioOutcome] {
        var outcomes: [ScenarioOutcome] = []
        for (index, scenario) in file.scenarios.enumerated() where scenario.modes.contains(mode) {
            var walk = ScenarioWalk(
                runner: self, samples: samples, context: file.context, scenario: scenario, number: index + 1,
                identities: identities)
            await walk.walk()
            identities = walk.identities
            outcomes.append(walk.outcome)
        }
        return outcomes
    }
}

/// One scenario under way.
struct ScenarioWalk {
    private let runner: ScenarioRunner
    private let samples: [String: (bytes: [UInt8], type: String)]
    private let scenario: Scenario
    private var variables: [ComparedSide: [String: String]] = [:]
    private(set) var identities: IdentityMap
    private(set) var outcome: ScenarioRunner.ScenarioOutcome

    init(
        runner: ScenarioRunner, samples: [String: (bytes: [UInt8], type: String)], context: String,
        scenario: Scenario, number: Int, identities: IdentityMap
    ) {
        self.runner = runner
        self.samples = samples
        self.scenario = scenario
        self.identities = identities
        outcome = ScenarioRunner.ScenarioOutcome(context: context, name: scenario.name)
        for side in ComparedSide.allCases {
            variables[side] = ["run": runner.runID, "side": side.rawValue, "scenario": "\(number)"]
        }
    }

    mutating func walk() async {
        for step in scenario.steps {
            if outcome.stopped == nil {
                await take(step)
            } else if step.isCompared {
                outcome.unreached += step.rules.body.compactMap(\.place)
            }
        }
    }

    /// What one side said to a step.
    private struct Said {
        var answer: RecordedResponse
        var request: RenderedRequest
        /// Whether the waiting of the step, if it has any, came to its end.
        var isSettled: Bool
    }

    private mutating func take(_ step: ScenarioStep) async {
        var said: [ComparedSide: Said] = [:]
        for side in ComparedSide.allCases where step.sides.contains(side) {
            do throws(UnknownName) {
                said[side] = try await ask(side, step)
            } catch {
                outcome.stopped = "step \"\(step.name)\": nothing is known as {{\(error.name)}}"
                return
            }
        }
        guard let anyRequest = (said[.legacy] ?? said[.service])?.request else { return }
        let place = runner.locate(
            said[.legacy]?.request ?? anyRequest, said[.service]?.request ?? anyRequest, step.route)
        if let route = place.route { outcome.asked[route, default: 0] += 1 }
        // The side that says whether the scenario itself is sound: the legacy one where it was asked.
        guard let first = said[.legacy] ?? said[.service] else { return }
        if let reason = unsound(first, step) {
            outcome.stopped = "step \"\(step.name)\": \(said[.legacy] == nil ? "service" : "legacy") \(reason)"
            return
        }
        if step.isCompared, let right = said[.service] {
            if let sameness = place.sameness {
                report(step, first, place, .incomparable(sameness))
            } else {
                await compare(first, right, step, place)
            }
        } else if said.count == 2, let right = said[.service], let reason = unsound(right, step) {
            // The set-up itself shows a difference.
            report(
                step, first, place,
                .mismatch(
                    Difference(
                        .status, at: "status", left: "\(first.answer.status)",
                        right: right.answer.outcome == .answered ? "\(right.answer.status)" : reason, rule: "set-up")))
            outcome.stopped = "step \"\(step.name)\": service \(reason)"
        }
        if outcome.stopped == nil { keep(step, said, first, place) }
    }

    /// Why a response is no ground to go on from; `nil` when it is sound.
    private func unsound(_ said: Said, _ step: ScenarioStep) -> String? {
        switch said.answer.outcome {
        case .timedOut: return "did not answer in time"
        case .tooLarge: return "answered more than can be kept"
        case .failed(let reason): return "did not answer: \(reason)"
        case .answered: break
        }
        if !said.isSettled, let until = step.until {
            return "did not come to the expected state within \(until.within.shortText) (status \(said.answer.status))"
        }
        if let expected = step.expectedStatus {
            return said.answer.status == expected ? nil : "answered \(said.answer.status), not \(expected)"
        }
        return said.answer.status < 500 ? nil : "answered \(said.answer.status)"
    }

    // MARK: Asking

    private func ask(_ side: ComparedSide, _ step: ScenarioStep) async throws(UnknownName) -> Said {
        let request = try step.request.rendered(with: variables[side] ?? [:]) { samples[$0] }
        guard let until = step.until else {
            return Said(answer: await runner.ask(side, request, step.route), request: request, isSettled: true)
        }
        let end = runner.now() + until.within
        while true {
            let answer = await runner.ask(side, request, step.route)
            if until.isSatisfied(by: answer) { return Said(answer: answer, request: request, isSettled: true) }
            if runner.now() >= end { return Said(answer: answer, request: request, isSettled: false) }
            await runner.pause(until.every)
        }
    }

    // MARK: Comparing

    private mutating func compare(
        _ left: Said, _ right: Said, _ step: ScenarioStep, _ place: ScenarioRunner.Whereabouts
    ) async {
        let comparator = Comparator(rules: step.rules, decodeImage: runner.decodeImage)
        var result = comparator.compare(left.answer, right.answer, identities: &identities)
        let mismatches = result.differences.filter { $0.severity == .mismatch }
        let isSafe = ["GET", "HEAD"].contains(step.request.method)
        if isSafe, !mismatches.isEmpty, mismatches.allSatisfy({ $0.kind == .delay }) {
            // One late response can be the machine's; a service that is late twice is late.
            let again = await runner.ask(.service, right.request, step.route)
            result = comparator.compare(left.answer, again, identities: &identities)
        }
        if result.verdict == .match, !right.isSettled, let reason = unsound(right, step) {
            result = .mismatch(Difference(.outcome, at: "until", left: "settled", right: reason, rule: "until"))
        }
        report(step, left, place, result)
    }

    private mutating func report(
        _ step: ScenarioStep, _ left: Said, _ place: ScenarioRunner.Whereabouts, _ comparison: Comparison
    ) {
        outcome.steps.append(
            ScenarioRunner.StepOutcome(
                name: step.name, request: "\(left.request.method) \(left.request.path)", comparison: comparison,
                route: place.route, rules: step.rules.body.compactMap(\.place)))
    }

    // MARK: Keeping

    /// What one side alone was asked holds for both: state made on the legacy side is what the service will have seen.
    private mutating func keep(
        _ step: ScenarioStep, _ said: [ComparedSide: Said], _ first: Said, _ place: ScenarioRunner.Whereabouts
    ) {
        for capture in step.captures {
            guard let value = capture.value(in: first.answer) else {
                let hindrance = first.answer.codingProblem.map { ": " + $0.reason } ?? ""
                outcome.stopped =
                    "step \"\(step.name)\": the answer has no \(capture.place) to keep as \(capture.variable)\(hindrance)"
                return
            }
            var counterpart = value
            if said.count == 2, let right = said[.service] {
                guard let theirs = capture.value(in: right.answer) else {
                    outcome.stopped = "step \"\(step.name)\": the service's answer has no \(capture.place)"
                    if !step.isCompared {
                        report(
                            step, first, place,
                            .mismatch(
                                Difference(.missing, at: capture.place, left: value, right: nil, rule: "capture")))
                    }
                    return
                }
                counterpart = theirs
            }
            let ownSide: ComparedSide = said[.legacy] == nil ? .service : .legacy
            variables[ownSide]?[capture.variable] = value
            variables[ownSide == .legacy ? .service : .legacy]?[capture.variable] = counterpart
        }
    }
}
