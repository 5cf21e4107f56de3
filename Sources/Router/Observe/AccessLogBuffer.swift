import EventLoop
import HTTP
import HTTPTransport
import Routing

/// Lines of one loop's access log, gathered until the control loop fetches them. Bounded: what does not fit is counted, not waited for.
final class AccessLogBuffer {
    private(set) var bytes: [UInt8] = []
    private(set) var dropped: UInt64 = 0
    static let limit = 1 << 20

    func take() -> (bytes: [UInt8], dropped: UInt64) {
        defer {
            bytes = []
            dropped = 0
        }
        return (bytes, dropped)
    }

    func append(_ line: UnsafeRawBufferPointer) {
        guard bytes.count + line.count <= Self.limit else {
            dropped &+= 1
            return
        }
        bytes.append(contentsOf: line)
    }
}

extension Worker {
    /// One JSON line: never a query, a field or a body, only what the configuration and the method say, the path, and figures.
    func log(_ exchange: Exchange, _ end: ExchangeEnd) {
        guard let accessLog else { return }
        var line = HeadWriter(loop.scratch)
        line.append(#"{"t":"#)
        line.append(decimal: UInt64(WallClock.milliseconds()))
        line.append(#","id":""#)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digits in
            guard let base = digits.baseAddress else { return }
            exchange.identity.write(to: base)
            line.append(UnsafeRawBufferPointer(digits))
        }
        line.append(#"","method":""#)
        line.append(exchange.method == .other ? "OTHER" : exchange.method.name)
        line.append(#"","path":""#)
        // The target's grammar holds neither quotes nor control bytes, except for these two.
        for byte in exchange.loggedTarget.bytes {
            if byte == UInt8(ascii: "?") { break }
            if byte == 0x22 || byte == 0x5C { line.append(byte: 0x5C) }
            line.append(byte: byte)
        }
        line.append(#"","route":""#)
        if let route = exchange.route { line.append(route.id) }
        line.append(#"","side":""#)
        line.append(exchange.progress.side.name)
        line.append(#"","status":"#)
        line.append(decimal: UInt64(exchange.progress.status))
        line.append(#","end":""#)
        switch end {
        case .aborted where exchange.progress.isMoved, .completed where exchange.progress.isMoved: line.append("moved")
        case .completed: line.append("completed")
        case .clientGone: line.append("client-gone")
        case .aborted: line.append("aborted")
        }
        line.append(#"","us":"#)
        line.append(decimal: loop.now.since(exchange.startedAt).nanoseconds / 1000)
        line.append(#","bytes":"#)
        line.append(decimal: exchange.answeredBytes)
        line.append(#","retries":"#)
        line.append(decimal: UInt64(exchange.progress.retries))
        line.append("}\n")
        accessLog.append(line.written)
    }
}
