import EventLoop
import HTTP
import Routing
import TestSupport
import Testing

@testable import Router

/// One request asked of everybody who says which side it has: the exchange that serves it, `explain`, the inventory of
/// what is open for long, and the plan of a change of its route.
struct AssignmentAgreementTests {
    private struct Request {
        var target: String
        var fields: String
    }

    private static func request(_ random: inout SplitMix) -> Request {
        func chance(_ share: Int) -> Bool { Int.random(in: 0..<100, using: &random) < share }
        let user = Int.random(in: 0..<1_000, using: &random)
        var request = Request(target: chance(50) ? "/u/p\(user)" : "/other", fields: "")
        if chance(30) { request.target += "?user=q\(user)" }
        if chance(30) { request.fields += "x-user: h\(user)\r\n" }
        if chance(30) { request.fields += "cookie: a=b; uid=c\(user)\r\n" }
        if chance(20) {
            let side = ["legacy", "service", "sErvice", ""][Int.random(in: 0..<4, using: &random)]
            request.fields += "x-strangler-side: \(side)\r\n"
        }
        return request
    }

    private static let keySets = [
        #""path:id", "header:x-user", "cookie:uid""#, #""query:user", "client-ip""#, #""cookie:strangler_id""#,
        #""header:x-user", "cookie:strangler_id""#, "",
    ]

    @Test func `exchange, explain, inventory and plan say the same of a request`() throws {
        var random = SplitMix(seed: 0x5EED)
        var reasons: [AssignmentDecision.Reason: Int] = [:]
        for round in 0..<60 {
            let ticks = [0, 1_000_000, 10_000, 500_000, Int32.random(in: 1..<1_000_000, using: &random)][round % 5]
            let percent = Percent(ticks: ticks)
            let keys = Self.keySets[Int.random(in: 0..<Self.keySets.count, using: &random)]
            let isKeyed = !keys.isEmpty
            let override = Bool.random(using: &random) ? #""override": {},"# : ""
            let bench = try WorkerBench(
                percent: "\(percent)", route: #""context": "c",\#(override)"#,
                context:
                    #""contexts": { "c": { "keys": [\#(keys)], "salt": "s\#(round)", "mode": "stateless" } },"#)
            let table = bench.worker.table.shared
            let route = table.document.routes[0]
            for _ in 0..<20 {
                let request = Self.request(&random)
                let client = bench.ask("GET \(request.target)", fields: request.fields)
                let exchange = try #require(bench.worker.exchanges.last { $0.client === client })
                let loopRoute = try #require(exchange.route)
                let told = try explain(request, route, table)
                reasons[told.decision.reason, default: 0] += 1
                let mayDiffer = told.bucket == nil && told.decision.reason == .share
                if !mayDiffer { #expect(told.decision.side == exchange.machine.side, "\(request) at \(percent)") }
                #expect((told.decision.reason == .override) == exchange.wasChosen)
                if told.decision.reason == .bucket { #expect(exchange.bucket == told.bucket) }
                // What is open for long finds its key again in what is kept of the request.
                var kept = KeptKeys()
                let found = kept.bucket(of: exchange, by: loopRoute)
                if !told.mints { #expect(found == told.bucket, "\(request)") }
                guard let found, isKeyed, told.decision.reason != .override else {
                    client.leave()
                    continue
                }
                #expect(AssignmentDecision.side(ofBucket: found, percent: percent) == exchange.machine.side)
                // A plan from here to the other end moves the bucket iff it is not there yet.
                let side = exchange.machine.side
                let before = table.document.destination(ofRoute: 0)
                for (end, onIt) in [(Percent.all, Side.service), (.zero, .legacy)] {
                    var after = before
                    after.percent = end
                    let moves = Crossing(from: before, to: after).flows.contains {
                        $0.buckets?.contains(found) ?? false
                    }
                    #expect(moves == (side != onIt), "\(request) at \(percent) to \(end)")
                }
                client.leave()
            }
        }
        for reason in [AssignmentDecision.Reason.override, .percentAll, .percentZero, .bucket, .share] {
            #expect(reasons[reason, default: 0] > 20, "\(reason) was hardly met")
        }
    }

    private func explain(
        _ request: Request, _ route: Route, _ table: ServedTable
    ) throws -> ExplainedAssignment {
        let parser = RequestHeadParser(reservedPrefix: "x-strangler-")
        let text = "GET \(request.target) HTTP/1.1\r\nhost: shop.example\r\n\(request.fields)\r\n"
        return try Array(text.utf8).withUnsafeBytes { bytes in
            guard case .complete = parser.parse(bytes) else { throw Unparsed() }
            var path = [UInt8](repeating: 0, count: 1 << 10)
            return try path.withUnsafeMutableBytes { path in
                let raw = parser.head.pathAndQuery.slice(of: bytes)
                guard case .success(let target) = TargetNormaliser(table.document).read(raw, into: path) else {
                    throw Unparsed()
                }
                return ExplainedAssignment(
                    route, of: table, fields: parser.fields, bytes: bytes, path: target.path, query: target.query,
                    peer: IPAddress(high: 0, low: 0xFFFF_C000_0207), writes: WritesBook())
            }
        }
    }

    private struct Unparsed: Error {}
}
