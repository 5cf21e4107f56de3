import Testing

@testable import Routing

/// What may follow what when users of a context change sides with their rows only.
@Suite struct OwnedShareTests {
    private func document(
        _ percents: [String], mode: String = "owned", epoch: Int? = nil, guards: GuardRules = .enforced
    ) throws -> RoutesDocument {
        let routes = percents.enumerated().map { index, percent in
            #"{"id": "r\#(index)", "match": {"prefix": "/p\#(index)"}, "legacy": "m", "service": "s", "context": "c", "percent": \#(percent)},"#
        }
        let epoch = epoch.map { ", \"epoch\": \($0)" } ?? ""
        let text = """
            {"upstreams": {"m": {"endpoints": ["h:1"]}, "s": {"endpoints": ["h:2"]}},
             "contexts": {"c": {"keys": ["header:x-user"], "mode": "\(mode)"\(epoch)}},
             "routes": [\(routes.joined()) {"id": "rest", "match": {"prefix": "/"}, "legacy": "m"}]}
            """
        return try RoutesDocument.parse(Array(text.utf8), file: "routes.json", guards: guards).get()
    }

    @Test(arguments: ["0", "12.5", "100"])
    func `any share that a move may have reached is valid`(percent: String) throws {
        let document = try document([percent, percent])
        #expect(document.share(ofContext: 0)?.description == percent)
    }

    @Test func `routes of one context share their percentage, and the odd one is named`() throws {
        let failure = #expect(throws: Diagnostics.self) { try document(["5", "5", "10"]) }
        #expect(
            failure?.list.map(\.message) == [
                "route \"r2\" is at 10 % and \"r0\" at 5 %, and a user of the context \"c\" has one owner for both"
            ])
        let served = try document(["5", "10"], guards: .told)
        #expect(served.warnings.count == 1)
        #expect(served.share(ofContext: 0) == nil)
    }

    @Test(
        arguments: [
            (["5", "5"], 1, ["10", "10"], 1, false), (["5", "5"], 1, ["10", "10"], 2, true),
            (["5", "5"], 1, ["0", "0"], 1, false), (["5", "5"], 1, ["0", "0"], 2, true),
            (["5", "5"], 2, ["10", "10"], 1, false), (["5", "5"], 1, ["5", "5"], 1, true),
            (["5", "5"], 1, ["5", "5", "5"], 1, true), (["5", "5"], 1, ["5"], 1, true),
            (["0", "0"], nil, ["10", "10"], nil, false), (["0", "0"], nil, ["10", "10"], 1, true),
            (["0", "0"], nil, ["0", "0"], nil, true),
        ] as [([String], Int?, [String], Int?, Bool)])
    func `a share changes only together with the number of a move`(
        before: [String], epoch: Int?, after: [String], next: Int?, allowed: Bool
    ) throws {
        let refusal = try document(after, epoch: next).unmoved(since: try document(before, epoch: epoch))
        #expect((refusal == nil) == allowed)
        if !allowed { #expect(refusal?.help == "strangler data move c --to \(after[0])") }
    }

    @Test func `a context becomes owned with everybody at home`() throws {
        let readers = try document(["0"], mode: "stateless")
        #expect(try document(["0"]).unmoved(since: readers) == nil)
        #expect(try document(["10"]).unmoved(since: readers) != nil)
    }

    @Test func `one route alone goes up by no other way than a move`() throws {
        let document = try document(["5", "5"])
        let higher = try #require(Percent(parsing: "6"))
        #expect(document.refusal(ofRoute: 0, raisingTo: higher)?.help == "strangler data move c --to 6")
        #expect(document.refusal(ofRoute: 0, raisingTo: .zero) == nil)
        #expect(document.whyImmovable(0) == nil)
    }

    @Test func `the number of the last move is edited with the shares`() throws {
        let document = try document(["5", "5"])
        let ten = try #require(Percent(parsing: "10"))
        let text = document.edited([.percent(route: 0, ten), .percent(route: 1, ten), .epoch(context: "c", 8)])
        let after = try RoutesDocument.parse(text, file: "routes.json").get()
        #expect(after.share(ofContext: 0) == ten && after.contexts[0].epoch == 8)
        #expect(after.unmoved(since: document) == nil)
        #expect(RoutesDocument.Edit.epoch(context: "c", 8).changing(after.json) == nil)
        #expect(RoutesDocument.Edit.epoch(context: "c", 9).changing(after.json) == .epoch(context: "c", 9))
        #expect(document.following([.epoch(context: "c", 8)], to: text) == nil)
        // A context that is not there has no number.
        #expect(document.edited([.epoch(context: "other", 8)]) == document.edited([]))
    }
}
