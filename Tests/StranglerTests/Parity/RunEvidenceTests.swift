import ControlKit
import Glibc
import Parity
import TestSupport
import Testing

@testable import Strangler

@Suite struct RunEvidenceTests {
    private func outcome(_ steps: [(String?, Comparison)], asked: [String: Int] = [:]) -> ScenarioRunner.ScenarioOutcome
    {
        var outcome = ScenarioRunner.ScenarioOutcome(context: "c", name: "s")
        outcome.steps = steps.map {
            ScenarioRunner.StepOutcome(name: "step", request: "GET /", comparison: $0.1, route: $0.0)
        }
        outcome.asked = asked
        return outcome
    }

    private static let match = Comparison()
    private static let unclear = Comparison.incomparable("away")

    @Test(
        arguments: [
            ("compared", 1, match, false, [], []), ("compared", 1, match, true, [], []),
            ("only asked", 1, nil, false, [], ["r"]), ("only asked", 1, nil, true, ["r"], []),
            ("not asked", 0, nil, false, ["r"], []), ("not asked", 0, nil, true, ["r"], []),
            ("incomparable", 1, unclear, true, ["r"], []),
        ] as [(String, Int, Comparison?, Bool, [String], [String])])
    func `a route has evidence when it was asked; one that was named, when its answers were compared`(
        _ what: String, _ asked: Int, _ comparison: Comparison?, _ isNamed: Bool, _ missing: [String],
        _ uncompared: [String]
    ) {
        let outcomes = [outcome(comparison.map { [("r", $0)] } ?? [], asked: ["r": asked])]
        let evidence = RunEvidence(["r", "r"], named: isNamed ? ["r"] : [], outcomes)
        #expect(evidence.routes.count == 1)
        #expect(evidence.missing.map(\.id) == missing && evidence.uncompared.map(\.id) == uncompared)
        let exit = ParityReport.answer(
            [outcome([("other", Self.match)])], evidence: evidence, mode: .live
        ).exit
        #expect(exit == (missing.isEmpty ? .done : .pending))
    }

    @Test func `what was left out and what is missing is named`() {
        let evidence = RunEvidence(["r", "q"], named: [], [outcome([], asked: ["q": 1])])
        let answer = ParityReport.answer(
            [outcome([("x", Self.match)])],
            leftOut: [.init(context: "c", name: "pixels", modes: [.isolated])], evidence: evidence, mode: .live)
        #expect(
            answer.text(.plain) == """
                Not enough evidence: no scenario that runs in mode live asks r.

                CONTEXT  SCENARIO  COMPARED  VERDICT  REASON
                c        s                1  match

                left out, for they are not for mode live:
                  c · pixels (only in mode isolated)

                asked, but not compared in mode live: q

                """)
        #expect(answer.data["left_out"] == [["context": "c", "name": "pixels", "modes": ["isolated"]]])
    }

    @Test(
        arguments: [
            ([.json], nil), ([.other("text/plain")], "text/plain"), ([.empty], "no body"),
            ([.other("text/plain"), .json], nil),
            ([.other("text/plain"), .empty, .other("")], "no body or no content-type or text/plain"),
            ([nil], nil), ([.other("text/plain"), nil], nil),
        ] as [([Comparison.Bodies?], String?)])
    func `a rule that met no JSON is an error with its place, unless one answer was JSON`(
        _ bodies: [Comparison.Bodies?], _ expected: String?
    ) throws {
        let rules = try RuleSet(
            document: Array("{\"body\":\n  [{\"path\": \"/a\", \"check\": \"ignore\"}]}".utf8), file: "rules.json")
        var use = RuleUse()
        for kind in bodies { use.add(rules.body.compactMap(\.place), kind) }
        #expect(use.problems.count == (expected == nil ? 0 : 1))
        if let expected {
            #expect(
                use.problems[0].rendered.hasPrefix(
                    "rules.json:2:13: error: this rule cannot take effect: it is a path into JSON, and every answer it stands "
                        + "for has \(expected)\n"))
        }
    }

    @Test func `a rule that stands over what was not compared is not judged`() throws {
        let place = RulePlace(file: "r.json", line: 1, column: 1, source: "")
        var text = Comparison()
        text.bodies = .other("text/plain")
        var outcome = ScenarioRunner.ScenarioOutcome(context: "c", name: "s")
        outcome.steps = [.init(name: "n", request: "GET /", comparison: text, rules: [place])]
        #expect(ParityReport.answer([outcome], mode: .live).exit == .configuration)
        let other = ScenarioRunner.LeftOut(context: "c", name: "t", modes: [.isolated], rules: [place])
        #expect(ParityReport.answer([outcome], leftOut: [other], mode: .live).exit == .done)
        outcome.unreached = [place]
        #expect(ParityReport.answer([outcome], mode: .live).exit == .done)
    }

    @Test func `such a rule makes a run that matches no proof, and one that differs no match`() throws {
        func exit(_ left: String, _ right: String) throws -> Answer {
            let rules = try RuleSet(
                document: Array(#"{"body": [{"path": "/a", "check": "ignore"}]}"#.utf8), file: "r.json")
            func text(_ body: String) -> RecordedResponse {
                RecordedResponse(status: 200, headers: [("content-type", "text/plain")], body: .bytes(Array(body.utf8)))
            }
            var identities = IdentityMap()
            let comparison = Comparator(rules: rules).compare(text(left), text(right), identities: &identities)
            var one = ScenarioRunner.ScenarioOutcome(context: "c", name: "s")
            one.steps = [
                .init(name: "n", request: "GET /", comparison: comparison, rules: rules.body.compactMap(\.place))
            ]
            return ParityReport.answer([one], mode: .live)
        }
        #expect(try exit("a", "a").exit == .configuration)
        #expect(try exit("a", "a").text(.plain).contains("r.json:1:20: error: this rule cannot take effect"))
        #expect(try exit("a", "b").exit == .failure)
    }
}

@Suite struct SameProcessTests {
    /// As the kernel writes it: listening on 127.0.0.1:9000, on every address at 9001, and a connection.
    private static let table = """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 0100007F:2328 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0 100 0 0 10 0
           1: 00000000:2329 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 222 1 0 100 0 0 10 0
           2: 0100007F:2328 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 333 1 0 20 4 30 10 -1
           3: 00000000:2328 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 444 1 0 100 0 0 10 0
        """
    private static let tableSix = """
          sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 00000000000000000000000001000000:2328 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 555 1 0 100 0 0 10 0
           1: 00000000000000000000000000000000:2329 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 666 1 0 100 0 0 10 0
        """

    @Test(
        arguments: [
            (table, 9000, (0, 0xFFFF_7F00_0001), [111]), (table, 9001, (0, 0xFFFF_7F00_0001), [222]),
            (table, 9000, (0, 0xFFFF_0A00_0001), [444]), (table, 9002, (0, 0xFFFF_7F00_0001), []),
            (tableSix, 9000, (0, 1), [555]), (tableSix, 9001, (0, 0xFFFF_7F00_0001), [666]), ("", 9000, (0, 1), []),
        ] as [(String, UInt16, (UInt64, UInt64), [UInt64])])
    func `the listening socket of an address is read from the kernel's table`(
        _ table: String, _ port: UInt16, _ host: (UInt64, UInt64), _ expected: [UInt64]
    ) {
        #expect(ListeningSockets.inodes(in: table, port: port, host: host) == expected)
    }

    @Test func `two sockets of this process are the same, an address of elsewhere tells nothing`() throws {
        let (one, other) = (try listening(), try listening())
        let places = try [one, other].map { try #require(SidePlace("127.0.0.1:\($0)")) }
        // Again while a child of another test, which holds all sockets until it becomes its program, comes or goes.
        let isSaid = (0..<100).contains { _ in
            SameProcess.sentence(places[0], places[1])?.contains("both listened to by process \(getpid())") == true
        }
        #expect(isSaid)
        #expect(SameProcess.sentence(places[0], places[0]) == "both sides are 127.0.0.1:\(one)")
        // TEST-NET-1 (RFC 5737) with our port.
        let elsewhere = try #require(SidePlace("192.0.2.1:\(other)"))
        #expect(SameProcess.sentence(places[0], elsewhere) == nil)
        #expect(Kinship(trustsNames: true).sameness(places[0], places[1]) == nil)
        #expect(Kinship(trustsNames: true).sameness(places[0], places[0]) != nil)
    }

    private func listening() throws -> UInt16 {
        let server = try RawServer { _ in }
        servers.append(server)
        return server.port
    }
    private let servers = Servers()

    private final class Servers {
        private var all: [RawServer] = []
        func append(_ server: RawServer) { all.append(server) }
    }
}
