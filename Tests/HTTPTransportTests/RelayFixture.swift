import EventLoop
import HTTP
import HTTPTransport
import TestSupport

/// A relay on a loop of its own, before a scripted upstream.
final class RelayFixture: Sendable {
    let thread: LoopThread
    let port: UInt16
    let upstream: RawServer
    private let held: Held

    /// Confined to the loop.
    final class Held: @unchecked Sendable {
        // @unchecked: touched on the loop only, but for the references themselves, which are set before anyone else
        // sees it.
        var relay: Relay?
        var listener: Listener?
    }

    init(
        options: ServerOptions = ServerOptions(), upstreamOptions: UpstreamOptions = UpstreamOptions(),
        host: String = "127.0.0.1", set: @escaping @Sendable (Relay) -> Void = { _ in },
        upstream serve: @escaping @Sendable (RawClient) throws -> Void
    ) throws {
        let upstream = try RawServer(serve: serve)
        self.upstream = upstream
        let held = Held()
        self.held = held
        let thread = try LoopThread(name: "relay")
        self.thread = thread
        let target = upstream.port
        port = Self.onLoop(thread.loop) { loop in
            guard let to = SocketAddress(host: host, port: target), let at = SocketAddress("127.0.0.1:0") else {
                return 0
            }
            let relay = Relay(loop: loop, pool: UpstreamPool(loop: loop, address: to, options: upstreamOptions))
            set(relay)
            held.relay = relay
            held.listener = try? Listener(loop: loop, address: at, options: options, delegate: relay)
            return held.listener?.address.port ?? 0
        }
    }

    deinit {
        let held = held
        Self.onLoop(thread.loop) { _ in
            held.listener?.closeNow()
            held.relay?.pool.close()
            held.listener = nil
            held.relay = nil
        }
        thread.stopAndJoin()
    }

    func client(receiveBuffer: Int32? = nil) throws -> RawClient {
        try RawClient(port: port, receiveBuffer: receiveBuffer)
    }

    /// Looks at the relay from its own thread.
    @discardableResult func look<R: Sendable>(_ body: @escaping @Sendable (Relay, Listener) -> R) -> R? {
        let held = held
        return Self.onLoop(thread.loop) { _ in
            guard let relay = held.relay, let listener = held.listener else { return nil }
            return body(relay, listener)
        }
    }

    /// Looks again and again until it is so; false after five seconds. Each look is a turn of the loop, so nothing
    /// sleeps.
    func becomes(_ condition: @escaping @Sendable (Relay, Listener) -> Bool) -> Bool {
        let end = Moment.read() + .seconds(5)
        while Moment.read() < end { if look(condition) == true { return true } }
        return false
    }

    @discardableResult static func onLoop<R: Sendable>(_ loop: Loop, _ body: @escaping @Sendable (Loop) -> R) -> R {
        let result = Guarded<R?>(nil)
        let gate = Gate()
        loop.execute {
            let value = body(loop)
            result.withLock { $0 = value }
            gate.open()
        }
        gate.wait()
        guard let value = result.withLock({ $0 }) else { preconditionFailure("the loop opened the gate unset") }
        return value
    }
}
