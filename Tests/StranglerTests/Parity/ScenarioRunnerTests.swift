import Parity
import Synchronization
import Testing

@testable import Strangler

/// Two sides that response from a script, and a clock that moves only when somebody pauses.
private final class ScriptedSides: Sendable {
    typealias Reply = @Sendable (_ side: ComparedSide, _ request: RenderedRequest, _ count: Int) -> RecordedResponse

    private struct State {
        var asked: [String] = []
        var time = Duration.zero
    }

    private let state = Mutex(State())
    private let reply: Reply

    init(_ reply: @escaping Reply) {
        self.reply = reply
    }

    var asked: [String] { state.withLock(\.asked) }

    func runner(_ mode: RunMode, locate: @escaping ScenarioRunner.Locate = { _, _, _ in .init() }) -> ScenarioRunner {
        ScenarioRunner(
            mode: mode, runID: "r1", decodeImage: { _ in throw CancellationError() },
            pause: { [self] time in state.withLock { $0.time += time } },
            now: { [self] in state.withLock(\.time) }, locate: locate,
            ask: { [self] side, request, _ in
                let line = "\(side.rawValue) \(request.method) \(request.path)"
                let count = state.withLock { state in
                    state.asked.append(line)
                    return state.asked.count { $0 == line }
                }
                return reply(side, request, count)
            })
    }
}

@Suite struct ScenarioRunnerTests {
    private static func json(_ body: String, status: Int = 200) -> RecordedResponse {
        RecordedResponse(
            status: status, headers: [("content-type", "application/json")], body: .bytes(Array(body.utf8)))
    }

    private func run(
        _ steps: String, mode: RunMode = .isolated, rules: String = "{}", _ reply: @escaping ScriptedSides.Reply
    ) async throws -> (outcome: ScenarioRunner.ScenarioOutcome, asked: [String]) {
        let text = #"""
            {"version": 1, "context": "c", "rules": \#(rules), "scenarios": [{"name": "s", "steps": [\#(steps)]}]}
            """#
        let file = try ScenarioFile(document: Array(text.utf8), file: "c.json")
        let sides = ScriptedSides(reply)
        var identities = IdentityMap()
        let outcomes = await sides.runner(mode).run(file, samples: [:], identities: &identities)
        return (try #require(outcomes.first), sides.asked)
    }

    private func summary(_ outcome: ScenarioRunner.ScenarioOutcome) -> [String] {
        outcome.steps.flatMap { step in step.comparison.differences.map { "\($0.kind.rawValue) \($0.path)" } }
    }

    @Test func `each side goes on with what it captured itself`() async throws {
        let (outcome, asked) = try await run(
            """
            {"request": {"method": "POST", "path": "/users"}, "capture": {"id": "/id"}},
            {"request": {"path": "/users/{{id}}"}}
            """, rules: #"{"body": [{"path": "/id", "check": "id"}]}"#
        ) { side, request, _ in Self.json(side == .legacy ? #"{"id":"a"}"# : #"{"id":"x"}"#) }
        #expect(outcome.verdict == .match)
        #expect(outcome.steps.count == 2)
        #expect(asked == ["legacy POST /users", "service POST /users", "legacy GET /users/a", "service GET /users/x"])
    }

    @Test func `what only the legacy side was asked holds for both, and waiting ends when the service has seen it`()
        async throws
    {
        let (outcome, asked) = try await run(
            """
            {"on": "legacy", "request": {"method": "POST", "path": "/users"}, "expect": 201, "capture": {"id": "/id"}},
            {"on": "service", "request": {"path": "/users/{{id}}"}, "until": {"status": 200, "every": "100ms"}},
            {"request": {"path": "/users/{{id}}"}}
            """
        ) { side, request, count in
            if request.method == "POST" { return Self.json(#"{"id":"a"}"#, status: 201) }
            return Self.json(#"{"id":"a"}"#, status: side == .service && count < 3 ? 404 : 200)
        }
        #expect(outcome.verdict == .match)
        #expect(asked.count { $0 == "service GET /users/a" } == 4)
    }

    @Test func `data that never arrives is no evidence`() async throws {
        let (outcome, _) = try await run(
            #"{"on": "service", "request": {"path": "/u"}, "until": {"status": 200, "within": "1s"}}, {"request": {"path": "/u"}}"#
        ) { side, _, _ in Self.json("{}", status: side == .service ? 404 : 200) }
        #expect(
            outcome.verdict
                == .incomparable(
                    reason: "step \"GET /u\": service did not come to the expected state within 1s (status 404)"))
    }

    @Test func `a mismatch is reported with its step and the walk goes on`() async throws {
        let (outcome, asked) = try await run(
            #"{"request": {"path": "/a"}}, {"request": {"path": "/b"}}"#
        ) { side, request, _ in Self.json(side == .service && request.path == "/a" ? #"{"n":2}"# : #"{"n":1}"#) }
        #expect(outcome.verdict == .mismatch)
        #expect(summary(outcome) == ["value /n"])
        #expect(asked.count == 4)
    }

    @Test func `two equal failures prove nothing`() async throws {
        let (outcome, _) = try await run(#"{"request": {"path": "/a"}}"#) { _, _, _ in Self.json("{}", status: 500) }
        #expect(outcome.verdict == .incomparable(reason: "step \"GET /a\": legacy answered 500"))
        let (expected, _) = try await run(#"{"request": {"path": "/a"}, "expect": 200}"#) { _, _, _ in
            Self.json("{}", status: 404)
        }
        #expect(expected.verdict == .incomparable(reason: "step \"GET /a\": legacy answered 404, not 200"))
    }

    @Test func `a service that is down is a mismatch, a legacy side that is down is not`() async throws {
        let (down, _) = try await run(#"{"request": {"path": "/a"}}"#) { side, _, _ in
            side == .service ? .unanswered(.failed("refused")) : Self.json("{}")
        }
        #expect(summary(down) == ["outcome outcome"])
        let (blind, _) = try await run(#"{"request": {"path": "/a"}}"#) { side, _, _ in
            side == .legacy ? .unanswered(.failed("refused")) : Self.json("{}")
        }
        #expect(blind.verdict == .incomparable(reason: "step \"GET /a\": legacy did not answer: refused"))
    }

    @Test func `a set-up that fails on the service alone is a mismatch`() async throws {
        let (outcome, _) = try await run(
            #"{"request": {"method": "POST", "path": "/a"}, "compare": false, "expect": 201}"#
        ) { side, _, _ in Self.json("{}", status: side == .service ? 403 : 201) }
        #expect(summary(outcome) == ["status status"])
        #expect(outcome.verdict == .mismatch)
    }

    @Test func `one late answer is asked again, two are a difference`() async throws {
        func late(_ times: Int) -> ScriptedSides.Reply {
            { side, _, count in
                var answer = Self.json("{}")
                answer.took = side == .service && count <= times ? .seconds(9) : .milliseconds(5)
                return answer
            }
        }
        let (once, asked) = try await run(#"{"request": {"path": "/a"}}"#, late(1))
        #expect(once.verdict == .match)
        #expect(asked.count == 3)
        let (twice, _) = try await run(#"{"request": {"path": "/a"}}"#, late(2))
        #expect(summary(twice) == ["delay duration"])
    }

    @Test func `a capture that only the service lacks is a mismatch`() async throws {
        let (outcome, _) = try await run(
            #"{"request": {"path": "/a"}, "compare": false, "capture": {"id": "/id"}}"#
        ) { side, _, _ in Self.json(side == .legacy ? #"{"id":1}"# : "{}") }
        #expect(summary(outcome) == ["missing /id"])
    }

    @Test func `scenarios of another mode are left out`() async throws {
        let text =
            #"{"version":1,"context":"c","scenarios":[{"name":"s","modes":["live"],"steps":[{"request":{"path":"/"}}]}]}"#
        let file = try ScenarioFile(document: Array(text.utf8), file: "c.json")
        let sides = ScriptedSides { _, _, _ in Self.json("{}") }
        var identities = IdentityMap()
        #expect(await sides.runner(.isolated).run(file, samples: [:], identities: &identities).isEmpty)
        #expect(await sides.runner(.live).run(file, samples: [:], identities: &identities).count == 1)
    }

    @Test func `a step whose sides are one process proves nothing, and the rest of its scenario does`() async throws {
        let text = #"""
            {"version": 1, "context": "c", "scenarios": [
              {"name": "s", "steps": [{"request": {"path": "/same"}, "capture": {"id": "/id"}}, {"request": {"path": "/{{id}}"}}]},
              {"name": "t", "modes": ["isolated"], "steps": [{"request": {"path": "/t"}}]}]}
            """#
        let file = try ScenarioFile(document: Array(text.utf8), file: "c.json")
        let sides = ScriptedSides { _, _, _ in Self.json(#"{"id": "x"}"#) }
        let runner = sides.runner(.live) { left, _, _ in
            .init(route: left.path == "/same" ? "default" : "r", sameness: left.path == "/same" ? "both are one" : nil)
        }
        var identities = IdentityMap()
        let outcomes = await runner.run(file, samples: [:], identities: &identities)
        #expect(outcomes.map(\.verdict) == [.incomparable(reason: "both are one")])
        #expect(outcomes[0].steps.map(\.comparison.verdict) == [.incomparable(reason: "both are one"), .match])
        #expect(outcomes[0].asked == ["default": 1, "r": 1] && outcomes[0].steps.map(\.route) == ["default", "r"])
        #expect(runner.leftOut(of: file) == [.init(context: "c", name: "t", modes: [.isolated])])
    }
}
