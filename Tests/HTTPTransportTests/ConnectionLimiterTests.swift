import EventLoop
import HTTP
import TestSupport
import Testing

@testable import HTTPTransport

struct ConnectionLimiterTests {
    @Test func `no more are taken than there may be, whoever takes them`() {
        let limit = SharedLimit(100)
        let (taken, done) = (Guarded(0), Gate())
        for _ in 0..<4 {
            RawServer.thread {
                for _ in 0..<1000 {
                    guard limit.take() else { continue }
                    let count = taken.withLock { count in
                        count += 1
                        return count
                    }
                    if count % 3 == 0 { limit.giveBack() }
                }
                done.open()
            }
        }
        for _ in 0..<4 { #expect(done.wait()) }
        #expect(limit.count == 100)
        #expect(!limit.take())
        limit.limit = 101
        #expect(limit.take())
        limit.limit = 1
        #expect(limit.count == 101 && !limit.hasRoom)
    }

    /// Two pools that share a budget, as those of two loops do; both on this thread, so that each step can be seen.
    private final class Pools {
        let budget: ConnectionLimiter
        let first: UpstreamPool
        var second: UpstreamPool?
        /// What the second one opened because there was room for it.
        var came: [UpstreamConnection] = []
        private let delegate = Ignorant()
        private let server: RawServer
        private let loop: Loop

        init(_ limit: Int, streams: Int = 10) throws {
            loop = try Loop()
            loop.adoptCurrentThread()
            server = try RawServer { client in _ = client.readToEnd() }
            budget = ConnectionLimiter(limit, loops: 2)
            let address = try #require(SocketAddress(host: "127.0.0.1", port: server.port))
            var options = UpstreamOptions()
            options.maxConnections = .max
            options.budget = budget
            options.longLived = SharedLimit(streams)
            first = UpstreamPool(loop: loop, address: address, options: options)
            second = UpstreamPool(loop: loop, address: address, options: options)
        }

        func take(_ pool: UpstreamPool?) -> UpstreamConnection? {
            pool?.stream(for: delegate, connectTimeout: .milliseconds(10_000)) as? UpstreamConnection
        }

        /// The second one takes what comes.
        func wait() {
            second?.roomCame = { [unowned self] in if let made = take(second) { came.append(made) } }
        }

        func turn() { loop.turn(wait: false) }
    }

    @Test func `one loop may have all while the others are quiet`() throws {
        let pools = try Pools(4)
        let taken = (0..<5).map { _ in pools.take(pools.first) }
        #expect(taken.compactMap(\.self).count == 4)
        #expect(pools.budget.count == 4 && !pools.first.hasRoom)
    }

    @Test func `what is closed goes to the loop that waits for it`() throws {
        let pools = try Pools(2)
        let taken = [pools.take(pools.first), pools.take(pools.first)]
        #expect(pools.take(pools.second) == nil)
        pools.wait()
        taken[0]?.cancel()
        // Handed on and not free between: nobody else can have it.
        #expect(pools.take(pools.first) == nil)
        pools.turn()
        #expect(pools.came.count == 1)
        #expect(pools.budget.count == 2)
    }

    @Test func `what is handed to nobody is free again`() throws {
        let pools = try Pools(1)
        let taken = pools.take(pools.first)
        #expect(pools.take(pools.second) == nil)
        taken?.cancel()
        pools.turn()
        #expect(pools.budget.count == 0)
        #expect(pools.take(pools.first) != nil)
    }

    @Test func `a loop that is gone gets nothing`() throws {
        let pools = try Pools(1)
        let taken = pools.take(pools.first)
        #expect(pools.take(pools.second) == nil)
        pools.second = nil
        taken?.cancel()
        #expect(pools.budget.count == 0)
    }

    @Test func `a higher limit serves those who wait, a lower one hands nothing on`() throws {
        let pools = try Pools(1)
        let taken = pools.take(pools.first)
        #expect(pools.take(pools.second) == nil)
        pools.wait()
        pools.budget.changeLimit(2)
        pools.turn()
        #expect(pools.came.count == 1 && pools.budget.count == 2)
        #expect(pools.take(pools.second) == nil)
        pools.budget.changeLimit(1)
        taken?.cancel()
        pools.turn()
        #expect(pools.came.count == 1 && pools.budget.count == 1)
    }

    @Test func `a stream leaves its place among the connections to others, and is counted for itself`() throws {
        let pools = try Pools(1, streams: 1)
        let stream = try #require(pools.take(pools.first))
        #expect(pools.take(pools.second) == nil)
        pools.wait()
        #expect(stream.countAsLong() && stream.countAsLong())
        pools.turn()
        #expect(pools.came.count == 1)
        #expect(pools.first.longCount == 1 && pools.first.busyCount == 0 && pools.budget.count == 1)
        #expect(pools.came[0].countAsLong() == false)
        stream.cancel()
        #expect(pools.first.longCount == 0 && pools.budget.count == 1)
        // Who makes room may use it.
        #expect(pools.came[0].countAsLong())
        #expect(pools.came.count == 2 && pools.budget.count == 1)
    }

    @Test func `what is handed to one who has no use for it does not come back to it`() throws {
        let pools = try Pools(2)
        let taken = [pools.take(pools.first), pools.take(pools.first)]
        #expect(pools.take(pools.second) == nil)
        var offers = 0
        // Requests wait there, and none of them may go to this address.
        pools.second?.roomCame = { [unowned pools] in
            offers += 1
            pools.second?.wantMore()
        }
        taken[0]?.cancel()
        for _ in 0..<20 { pools.turn() }
        #expect(offers == 1)
        #expect(pools.budget.count == 1)
    }

    private final class Ignorant: UpstreamStreamDelegate {
        func upstreamConnected(_ upstream: any UpstreamStream) {}
        func upstreamInformational(_ upstream: any UpstreamStream, _ response: ResponseHeadView) {}
        func upstreamHead(_ upstream: any UpstreamStream, _ response: ResponseHeadView) {}
        func upstreamBody(_ upstream: any UpstreamStream, _ bytes: UnsafeRawBufferPointer) {}
        func upstreamEnd(_ upstream: any UpstreamStream) {}
        func upstreamFailed(_ upstream: any UpstreamStream, _ failure: UpstreamFailure) {}
    }
}
