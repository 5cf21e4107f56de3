import ControlKit
import Parity

/// What a run says of each route that it was asked about: that some scenario ran does not mean that every route was
/// held against the other side. Pure.
struct RunEvidence: Equatable {
    struct Route: Equatable {
        let id: String
        /// Steps that asked it, and those of them whose responses were compared.
        var asked = 0
        var compared = 0
        /// It was named, so that it was asked on one side only is not enough.
        var isNamed = false

        var isEnough: Bool { isNamed ? compared > 0 : asked > 0 }
    }

    private(set) var routes: [Route]

    /// - Parameters:
    ///   - routes: that must have evidence.
    ///   - named: those that the command line names.
    init(_ routes: [String], named: Set<String>, _ outcomes: [ScenarioRunner.ScenarioOutcome]) {
        var seen: Set<String> = []
        self.routes = routes.filter { seen.insert($0).inserted }.map { Route(id: $0, isNamed: named.contains($0)) }
        for index in self.routes.indices {
            let id = self.routes[index].id
            for outcome in outcomes {
                self.routes[index].asked += outcome.asked[id] ?? 0
                self.routes[index].compared += outcome.steps.count { step in
                    guard step.route == id else { return false }
                    if case .incomparable = step.comparison.verdict { return false }
                    return true
                }
            }
        }
    }

    /// Routes that no scenario says anything about.
    var missing: [Route] { routes.filter { !$0.isEnough } }
    /// Routes that were asked on one side only, which is all that this mode does with them.
    var uncompared: [Route] { routes.filter { $0.isEnough && $0.compared == 0 } }

    var datum: OutputValue {
        .array(
            routes.map {
                [
                    "id": .string($0.id), "asked": .integer(Int64($0.asked)), "compared": .integer(Int64($0.compared)),
                    "enough": .bool($0.isEnough),
                ]
            })
    }
}
