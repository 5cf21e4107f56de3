import EventLoop
import Glibc
import HTTP
import HTTPTransport

/// Sends requests at fixed times, whatever the responses do, and counts each response's time from when its request was
/// due: a server that stalls is charged for everything that had to wait (no coordinated omission).
final class OpenLoop: @unchecked Sendable {
    // @unchecked: confined to `loop`; the ticking thread only ever calls `loop.execute`.
    let loop: Loop
    private let pool: UpstreamPool
    /// Method, path, host.
    private let head: [UInt8]
    private var free: [Call] = []
    /// Due, and without a connection: all wait for responses. Oldest first; those before `nextWaiting` are gone.
    private var waiting: [Call] = []
    private var nextWaiting = 0
    private var microseconds: [UInt32] = []
    private(set) var sent = 0
    private(set) var errors = 0

    init(loop: Loop, address: SocketAddress, path: String, connections: Int) {
        self.loop = loop
        var options = UpstreamOptions()
        options.maxConnections = connections
        options.maxIdle = connections
        pool = UpstreamPool(loop: loop, address: address, options: options)
        head = Array("GET\(path)bench".utf8)
    }

    var answered: Int { microseconds.count }
    var isIdle: Bool { sent == answered + errors }

    func send(due: Moment) {
        sent += 1
        let call = free.popLast() ?? Call(self)
        call.due = due
        if !begin(call) { waiting.append(call) }
    }

    /// False when there is no connection for it.
    private func begin(_ call: Call) -> Bool {
        guard let connection = pool.stream(for: call, connectTimeout: .seconds(2)) else { return false }
        if connection.isConnected { transmit(connection) }
        return true
    }

    fileprivate func transmit(_ stream: any UpstreamStream) {
        head.withUnsafeBytes { bytes in
            let request = OutgoingRequest(
                bytes: bytes, methodEnd: 3, targetEnd: bytes.count - 5, authorityEnd: bytes.count, method: .get,
                body: .none)
            stream.sendHead(request, responseTimeout: .seconds(10), idleTimeout: .seconds(10))
        }
        stream.finishRequest()
    }

    fileprivate func ended(_ call: Call, isGood: Bool) {
        if isGood {
            microseconds.append(UInt32(clamping: Moment.read().since(call.due).nanoseconds / 1000))
        } else {
            errors += 1
        }
        free.append(call)
        guard nextWaiting < waiting.count, begin(waiting[nextWaiting]) else { return }
        nextWaiting += 1
        if nextWaiting == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            nextWaiting = 0
        }
    }

    /// The time that so many of a thousand answers did not exceed.
    func quantile(_ perMille: Int) -> UInt32 {
        guard !microseconds.isEmpty else { return 0 }
        return microseconds.sorted()[min(microseconds.count - 1, microseconds.count * perMille / 1000)]
    }
}

/// One request on its way.
private final class Call: UpstreamStreamDelegate {
    unowned let bench: OpenLoop
    var due: Moment = .never
    private var isGood = false

    init(_ bench: OpenLoop) { self.bench = bench }

    func upstreamConnected(_ upstream: any UpstreamStream) { bench.transmit(upstream) }
    func upstreamHead(_ upstream: any UpstreamStream, _ response: ResponseHeadView) {
        isGood = response.head.status.isSuccess
    }
    func upstreamBody(_ upstream: any UpstreamStream, _ bytes: UnsafeRawBufferPointer) {}
    func upstreamEnd(_ upstream: any UpstreamStream) { bench.ended(self, isGood: isGood) }
    func upstreamFailed(_ upstream: any UpstreamStream, _ failure: UpstreamFailure) {
        bench.ended(self, isGood: false)
    }
}
