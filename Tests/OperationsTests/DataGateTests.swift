import AdminAPI
import AdminClient
import ControlKit
import Migration
import Testing

@testable import DataSync
@testable import Operations

/// Who vouches for the rows that arriving readers will ask for, as a table.
@Suite struct DataGateTests {
    private static let arrival = DataGate.Arrival(context: "profile", group: "profile", routes: ["p"])

    private static func status(_ state: DataStatus.State, rows: Int = 0, age: Int = 0) -> DataStatus {
        var status = DataStatus(group: "profile", state: state)
        status.lag = SyncLag(rows: rows, age: age)
        status.proof = DataStatus.Proof(rows: 9, position: 1, time: 1)
        status.agent = .present(nil, silence: 10)
        return status
    }

    private static func router(_ state: String, _ reason: String? = nil) -> DataContext {
        var context = DataContext()
        (context.context, context.group, context.state, context.reason) = ("profile", "profile", state, reason)
        return context
    }

    private static func unproven() -> DataStatus {
        var status = status(.running)
        status.proof = nil
        return status
    }

    private static func absent() -> DataStatus {
        var status = status(.running)
        status.agent = .absent
        return status
    }

    @Test(
        arguments: [
            (status(.running), ["profile"], nil, .holds(.stores)),
            (status(.running, rows: 200, age: 1_000), ["profile"], nil, .holds(.stores)),
            (status(.running, rows: 201), ["profile"], nil, .fails("201 rows behind, the oldest for 0 ms")),
            (status(.running, rows: 1, age: 1_001), ["profile"], nil, .fails("1 rows behind, the oldest for 1001 ms")),
            (status(.copying), ["profile"], nil, .fails("profile is still being copied")),
            (status(.notCreated), ["profile"], nil, .fails("nothing is installed for profile")),
            (status(.proving), ["profile"], nil, .fails("the copy of profile is not proven yet")),
            (unproven(), ["profile"], nil, .fails("there is no proof that every row of profile arrived")),
            (absent(), ["profile"], nil, .fails("no agent carries profile")),
            (status(.running), ["profile"], router("stalled", "it stopped"), .fails("it stopped")),
            (status(.running), ["profile"], router("unknown"), .holds(.stores)),
            (nil, ["other"], router("following"), .holds(.router)), (nil, nil, router("following"), .holds(.router)),
            (nil, nil, router("stalled", "it stopped"), .fails("it stopped")),
            (nil, nil, router("unknown"), .unchecked("there is no data.json", near: nil)),
            (nil, nil, nil, .unchecked("there is no data.json", near: nil)),
            (nil, ["profiles", "auth"], nil, .unchecked(#"data.json has no group "profile""#, near: "profiles")),
            (nil, ["PROFILE", "auth"], nil, .unchecked(#"data.json has no group "profile""#, near: "PROFILE")),
            (
                nil, ["profile-rows", "auth"], nil,
                .unchecked(#"data.json has no group "profile""#, near: "profile-rows")
            ),
            (nil, ["everything"], nil, .unchecked(#"data.json has no group "profile""#, near: "everything")),
            (nil, ["auth", "filter"], nil, .unchecked(#"data.json has no group "profile""#, near: nil)),
        ] as [(DataStatus?, [String]?, DataContext?, DataGate.Verdict)])
    func `the stores are asked first, then the router, and otherwise nobody knows`(
        _ status: DataStatus?, _ groups: [String]?, _ router: DataContext?, _ expected: DataGate.Verdict
    ) {
        #expect(
            DataGate.verdict(Self.arrival, status, groups: groups, file: "data.json", router: router) == expected)
    }

    @Test(
        arguments: [
            (.holds(.stores), "unknown", true), (.holds(.stores), "following", false), (.holds(.stores), nil, false),
            (.holds(.router), "following", false), (.fails("it stopped"), "unknown", false),
            (.unchecked("there is no data.json", near: nil), "unknown", false),
        ] as [(DataGate.Verdict, String?, Bool)])
    func `rows that are there and of which the router was never told are watched by nobody`(
        _ verdict: DataGate.Verdict, _ state: String?, _ expected: Bool
    ) {
        #expect(DataGate.isUnwatched(verdict, state.map { Self.router($0) }) == expected)
    }

    @Test func `only arrivals at a service of the mode reads are asked about, with the group that the context names`() {
        func document(_ percent: Int, mode: String = "reads", data: String = "") -> [UInt8] {
            Array(
                """
                {"upstreams": {"m": {"endpoints": ["h:1"]}, "s": {"endpoints": ["h:2"]}},
                 "contexts": {"c": {"keys": ["header:x"], "mode": "\(mode)"\(data)}},
                 "routes": [{"id": "a", "match": {"prefix": "/a", "methods": ["GET"]}, "legacy": "m", "service": "s", "context": "c", "percent": \(percent)},
                            {"id": "b", "match": {"prefix": "/b", "methods": ["GET"]}, "legacy": "m", "service": "s", "context": "c", "percent": \(percent)},
                            {"id": "d", "match": {"prefix": "/"}, "legacy": "m"}]}
                """.utf8)
        }
        func arrivals(_ old: [UInt8]?, _ new: [UInt8]) -> [DataGate.Arrival] { DataGate.arrivals(from: old, to: new) }
        #expect(arrivals(document(0), document(5)) == [.init(context: "c", group: "c", routes: ["a", "b"])])
        let named = document(5, data: #", "data": {"group": "rows"}"#)
        #expect(arrivals(document(0), named) == [.init(context: "c", group: "rows", routes: ["a", "b"])])
        #expect(arrivals(document(5), document(5)).isEmpty && arrivals(document(5), document(1)).isEmpty)
        #expect(arrivals(document(0, mode: "stateless"), document(5, mode: "stateless")).isEmpty)
        #expect(arrivals(nil, document(5)).map(\.routes) == [["a", "b"]])
        #expect(arrivals(Array("{".utf8), document(5)).map(\.routes) == [["a", "b"]])
    }
}
