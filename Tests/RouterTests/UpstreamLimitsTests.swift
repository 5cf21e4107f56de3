import EventLoop
import Routing
import Testing

@testable import HTTPTransport
@testable import Router

/// What loops have in common, whenever each of them hears of other addresses.
struct UpstreamLimitsTests {
    private static func upstream(connections: Int) throws -> Upstream {
        let text = """
            {"upstreams": {"m": {"endpoints": ["h:1"], "connections": \(connections)}},
             "routes": [{"id": "r", "match": {"prefix": "/"}, "legacy": "m"}]}
            """
        return try RoutesDocument.parse(Array(text.utf8), file: "routes.json").get().upstreams[0]
    }

    private static func address(_ port: UInt16) throws -> SocketAddress {
        try #require(SocketAddress(host: "127.0.0.1", port: port))
    }

    @Test func `a loop that hears late of addresses shares the limit of the others all the same`() throws {
        let upstream = try Self.upstream(connections: 4)
        let (old, new) = (try Self.address(1), try Self.address(2))
        let limits = UpstreamLimits(upstream, loops: 2)
        // The first loop has moved already when the second one hears of the addresses of before.
        limits.follow(upstream, endpoints: 1)
        let first = limits.connections(at: new)
        limits.follow(upstream, endpoints: 1)
        let late = limits.connections(at: old)
        limits.follow(upstream, endpoints: 1)
        let second = limits.connections(at: new)
        #expect(first === second && first !== late)
        #expect(limits.copies(at: new) !== first)
    }

    @Test func `an address that comes back while its connections end is counted on, and after them anew`() throws {
        let upstream = try Self.upstream(connections: 4)
        let address = try Self.address(1)
        let limits = UpstreamLimits(upstream, loops: 2)
        limits.follow(upstream, endpoints: 1)
        var owned: UpstreamLimits.Owned? = limits.connections(at: address)
        #expect(owned?.budget.take() == true)
        limits.follow(upstream, endpoints: 1)
        #expect(limits.connections(at: address).budget.count == 1)
        owned = nil
        limits.follow(upstream, endpoints: 1)
        #expect(limits.connections(at: address).budget.count == 0)
    }

    @Test func `a changed limit holds for what is open already, each endpoint with its share`() throws {
        let upstream = try Self.upstream(connections: 8)
        let limits = UpstreamLimits(upstream, loops: 2)
        limits.follow(upstream, endpoints: 1)
        let (connections, copies) = (
            limits.connections(at: try Self.address(1)), limits.copies(at: try Self.address(1))
        )
        #expect(connections.budget.limit == 8 && copies.budget.limit == 8)
        limits.follow(try Self.upstream(connections: 5), endpoints: 2)
        #expect(connections.budget.limit == 2 && copies.budget.limit == 2)
        #expect(limits.connections(at: try Self.address(2)).budget.limit == 2)
    }
}
