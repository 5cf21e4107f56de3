import AdminAPI
import AdminClient
import ControlKit
import JSON
import Synchronization
import Testing

/// What a request says and what is read of its response, without a connection.
@Suite struct AdminClientTests {
    private final class Asked: Sendable {
        let requests = Mutex<[AdminCall]>([])
        var last: AdminCall? { requests.withLock { $0.last } }
    }

    private let asked = Asked()

    private func client(_ body: String, status: Int = 200) -> AdminClient {
        AdminClient(address: .unix("router.sock")) { [asked] request in
            asked.requests.withLock { $0.append(request) }
            return AdminResponse(status: status, body: Array(body.utf8))
        }
    }

    @Test func `a shift names percentage, author and reason, and the revision that was seen`() async throws {
        var answer = ChangeResponse()
        (answer.route, answer.field, answer.before, answer.after) = ("a b", "percent", 1, 5)
        (answer.revision, answer.previousRevision, answer.isChanged) = (8, 7, true)
        (answer.loops, answer.tookMilliseconds, answer.warnings) = (2, 0.5, ["w"])
        let change = try await client(String(decoding: answer.json, as: UTF8.self)).shift(
            "a b", to: 5, ifRevision: 7, dryRun: true, despiteData: true, .init(actor: "ana", reason: "why"))
        let request = try #require(asked.last)
        #expect(request.method == "POST" && request.fields["if-match"] == "\"7\"")
        #expect(request.target == "/v1/routes/a%20b/shift?dry_run=true&despite_data=true")
        let body = try JSONDocument(request.body).root
        #expect(body["percent"]?.double == 5 && body["actor"]?.string == "ana" && body["reason"]?.string == "why")
        #expect(change.changes == [RouteChange(route: "a b", field: "percent", before: 1, after: 5)])
        #expect(change.revision == 8 && change.previousRevision == 7 && change.changed && !change.dryRun)
        #expect(change.loops == 2 && change.tookMilliseconds == 0.5 && change.warnings == ["w"])
    }

    @Test(arguments: [nil, "profile"]) func `a rollback is of one route or of all`(_ route: String?) async throws {
        var answer = RollbackResponse()
        (answer.mode, answer.inFlight, answer.flipMilliseconds) = ("drain", 3, 0.25)
        let rollback = try await client(String(decoding: answer.json, as: UTF8.self)).rollback(
            route, drain: true, dryRun: false, .init(actor: "ana", reason: nil))
        let body = try JSONDocument(try #require(asked.last).body).root
        #expect(body["route"]?.string == route && body["all"]?.bool == (route == nil ? true : nil))
        #expect(body["mode"]?.string == "drain" && body["reason"] == nil)
        #expect(rollback.inFlight == 3 && !rollback.isComplete && rollback.flipMilliseconds == 0.25)
    }

    @Test func `a revision that the router no longer has is none, and another refusal an error`() async throws {
        #expect(try await client("{}", status: 404).routes(revision: 3) == nil)
        #expect(try await client("kept").routes(revision: 3) == Array("kept".utf8))
        await #expect(throws: OperationFailure.self) { try await client("{}", status: 500).routes(revision: 3) }
    }

    @Test func `what is not JSON is told with where it came from`() async throws {
        let failure = await #expect(throws: OperationFailure.self) { _ = try await client("<html>").status() }
        #expect(failure?.message == "unix:router.sock answered GET /v1/status with something that is not JSON")
    }

    @Test func `a change whose response cannot be read was accepted all the same, and that is said`() async throws {
        // What a router of another version says.
        let old = #"{"mode":"evacuate","revision":8}"#
        let failure = await #expect(throws: OperationFailure.self) {
            _ = try await client(old).rollback("a", drain: false, dryRun: false, .init(actor: "ana", reason: nil))
        }
        #expect(
            failure?.message
                == "unix:router.sock accepted the request, and answered POST /v1/rollback with something that this "
                + "strangler cannot read: \"previous_revision\" is missing")
    }

    @Test func `the changes that a router does not tell are none`() async {
        #expect(await client("nothing", status: 404).changes(after: 3).isEmpty)
        var change = RecordedChange()
        (change.verb, change.actor, change.revision) = ("shift", "ana", 4)
        let told = String(decoding: RecentChangesResponse(changes: [change]).json, as: UTF8.self)
        #expect(await client(told).changes(after: -1).map(\.actor) == ["ana"])
        #expect(asked.last?.target == "/v1/changes?after=0")
    }

    @Test(arguments: [(503, "busy", true), (503, "taken_over", true), (503, "draining", false), (500, "busy", false)])
    func `a refusal that passes is told by its code`(_ status: Int, _ code: String, _ isPassing: Bool) {
        var problem = AdminProblem()
        (problem.status, problem.code, problem.origin) = (status, code, "router")
        #expect(AdminProblem.isPassing(AdminResponse(status: status, body: problem.json)) == isPassing)
    }
}
