import EventLoop
import HTTP
import HTTPTransport
import Routing

/// One exchange as a line of JSON, for the access log and for taps alike: never a query, a field or a body, only what
/// the configuration and the method say, the path, and figures.
struct ExchangeLine {
    let exchange: Exchange
    let end: ExchangeEnd
    let microseconds: UInt64

    init(_ exchange: Exchange, _ end: ExchangeEnd) {
        self.exchange = exchange
        self.end = end
        microseconds = exchange.loop.now.since(exchange.startedAt).nanoseconds / 1000
    }

    /// The path as it was forwarded, in its client's spelling, without its query; of a request that was not, as it
    /// came.
    var path: UnsafeRawBufferPointer {
        // Of an exchange that began before anybody watched, the head for its upstream tells.
        let isKept = exchange.loggedTarget.count > 0 || exchange.head.isEmpty
        let target = isKept ? exchange.loggedTarget.bytes : exchange.head.target
        guard let query = target.firstIndex(of: UInt8(ascii: "?")) else { return target }
        return UnsafeRawBufferPointer(rebasing: target[..<query])
    }

    func write(to line: inout HeadWriter) {
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
        // A path is UTF-8 and holds no control characters; these two would end the text.
        for byte in path {
            if byte == 0x22 || byte == 0x5C { line.append(byte: 0x5C) }
            line.append(byte: byte)
        }
        line.append(#"","route":""#)
        if let route = exchange.route { line.append(text: route.id) }
        line.append(#"","side":""#)
        line.append(exchange.machine.side.name)
        line.append(#"","status":"#)
        line.append(decimal: UInt64(exchange.machine.status))
        line.append(#","end":""#)
        line.append(ending)
        line.append(#"","us":"#)
        line.append(decimal: microseconds)
        line.append(#","bytes":"#)
        line.append(decimal: exchange.responseBytes)
        line.append(#","retries":"#)
        line.append(decimal: UInt64(exchange.machine.retries))
        if exchange.machine.heldFor > 0 {
            line.append(#","held_ms":"#)
            line.append(decimal: UInt64(exchange.machine.heldFor))
        }
        if exchange.followsWrite { line.append(#","decision":"recent-write""#) }
        if let failure = exchange.machine.failure {
            line.append(#","reason":""#)
            if failure == .malformedResponse, let violation = exchange.violation {
                line.append(text: violation.label)
            } else {
                line.append(failure.reason)
            }
            line.append(byte: 0x22)
        }
        if let violation = exchange.violation {
            line.append(#","refused":""#)
            line.append(text: violation.label)
            line.append(#"","rule":""#)
            line.append(violation.clause)
            line.append(#"","line":"#)
            line.append(decimal: UInt64(exchange.violationLine))
        }
        line.append("}\n")
    }

    private var ending: StaticString {
        switch end {
        case .clientGone: "client-gone"
        case .completed where exchange.machine.isMoved, .aborted where exchange.machine.isMoved: "moved"
        case .completed: "completed"
        case .aborted: "aborted"
        }
    }
}

extension Worker {
    /// Tells the access log and the taps: called only while `isWatched`.
    func log(_ exchange: Exchange, _ end: ExchangeEnd) {
        let exchange = ExchangeLine(exchange, end)
        var isTapped = false
        if let taps {
            for tap in taps { isTapped = tap.considers(exchange) || isTapped }
        }
        guard isTapped || accessLog != nil else { return }
        var line = HeadWriter(loop.scratch)
        exchange.write(to: &line)
        accessLog?.append(line.written)
        if isTapped, let taps {
            for tap in taps { tap.appendIfTaken(line.written) }
        }
    }
}
