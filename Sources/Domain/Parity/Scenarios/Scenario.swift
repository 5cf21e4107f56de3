/// A versioned file of scenarios for one bounded context: what the two sides are asked, and what counts as equal.
package struct ScenarioFile: Sendable {
    /// Names the context in reports and for `parity run NAME`.
    package let context: String
    /// Ids of the routes in `routes.json` that these scenarios exercise.
    package let routes: [String]
    /// Files to upload, by name.
    package let samples: [String: Sample]
    package let scenarios: [Scenario]
}

/// A file to upload.
package enum Sample: Sendable, Equatable {
    /// A path relative to the scenario file, and its media type.
    case file(path: String, type: String)
    /// A picture made anew at each run and always the same: coloured gradients with some noise.
    case picture(type: String, width: Int, height: Int, seed: UInt64)
    /// Bytes given in the scenario file, for broken uploads.
    case bytes([UInt8], type: String)

    package var type: String {
        switch self {
        case .file(_, let type), .bytes(_, let type), .picture(let type, _, _, _): type
        }
    }
}

/// When a scenario may run.
package enum RunMode: String, Sendable, CaseIterable {
    /// Against an estate in use: state is made on the legacy side alone and reaches the service by data sync.
    case live
    /// Against two sides that share nothing: each makes its own state, and their ids differ.
    case isolated
}

package struct Scenario: Sendable {
    package let name: String
    /// Modes in which it runs; both unless the file says otherwise.
    package let modes: Set<RunMode>
    package let steps: [ScenarioStep]
}

/// The two sides of a comparison.
package enum ComparedSide: String, Sendable, CaseIterable {
    /// The side that is right by definition: the monolith.
    case legacy
    /// The candidate.
    case service
}

package struct ScenarioStep: Sendable {
    package let name: String
    /// Which sides are asked; both unless the file says otherwise.
    package let sides: Set<ComparedSide>
    package let request: RequestTemplate
    /// The status that the legacy side must answer; anything else makes the scenario incomparable, for two equal
    /// failures prove nothing. `nil`: anything below 500.
    package let expectedStatus: Int?
    /// Asks again until the response says so.
    package let until: Polling?
    package let captures: [Capture]
    /// Whether the two answers are compared; only steps on both sides can be.
    package let isCompared: Bool
    /// A route's id whose upstreams are asked, where the path alone would find another.
    package let route: String?
    package let rules: RuleSet
}

/// Asks again until every condition holds, or the time is up.
package struct Polling: Sendable {
    package let status: Int?
    /// A place in the JSON body and the values that end the waiting.
    package let pointer: [String]?
    package let values: [Value]
    /// Default 10 s.
    package let within: Duration
    /// Pause between two asks, default 100 ms.
    package let every: Duration

    /// Whether this response ends the waiting.
    package func isSatisfied(by answer: RecordedResponse) -> Bool {
        guard answer.outcome == .answered else { return false }
        if let status, answer.status != status { return false }
        guard let pointer else { return true }
        guard case .success(let body) = answer.parsed, let found = body.value(at: pointer) else { return false }
        return values.isEmpty || values.contains { $0.text == found.text }
    }
}

/// Keeps a part of a response under a name, for each side on its own.
package struct Capture: Sendable, Equatable {
    package enum Source: Sendable, Equatable {
        case body(pointer: [String])
        case header(name: String)
        case cookie(name: String)
    }

    package let variable: String
    package let source: Source

    /// The captured text; `nil` when the response has none.
    package func value(in answer: RecordedResponse) -> String? {
        switch source {
        case .body(let pointer):
            guard case .success(let body) = answer.parsed else { return nil }
            return body.value(at: pointer)?.scalarText
        case .header(let name): return answer.values(of: name).first
        case .cookie(let name):
            for line in answer.values(of: "set-cookie") {
                let pair = line.prefix { $0 != ";" }
                if pair.hasPrefix(name + "=") { return String(pair.dropFirst(name.count + 1)) }
            }
            return nil
        }
    }

    /// How the source is called in messages.
    package var place: String {
        switch source {
        case .body(let pointer): PathPattern.join(pointer)
        case .header(let name): "header \(name)"
        case .cookie(let name): "cookie \(name)"
        }
    }
}
