import EventLoop
import HTTP
import HTTPTransport
import Routing

/// Finds the key of an exchange again, long after its request was read: from the head that is kept for its upstream.
///
/// Where a percentage is 0 or 100 no key is looked for, and salts may change with a table, so what was found then would not do.
struct KeptKeys {
    /// Made with the first use: most loops never need one. What comes here was accepted once and then lengthened by us.
    private lazy var parser = FieldLineParser(limits: HeadLimits(head: 1 << 20, fields: 16 << 10, field: 1 << 20))

    /// The bucket by the keys and the salt of `route`; nil when the exchange has no key.
    mutating func bucket(of exchange: Exchange, by route: LoopRoute) -> Int32? {
        guard let keys = route.keys, let assignment = route.assignment else { return nil }
        guard !exchange.head.isEmpty else { return nil }
        // `host` is a key like any other field.
        var writer = HeadWriter(exchange.loop.scratch)
        writer.append("host: ")
        writer.append(exchange.head.authority)
        writer.append("\r\n")
        writer.append(exchange.head.lines)
        writer.append("\r\n")
        let bytes = writer.written
        guard !writer.hasOverflowed, parser.parse(bytes) else { return nil }
        let target = exchange.head.target
        let pathEnd = target.firstIndex(of: UInt8(ascii: "?")) ?? target.count
        let context = KeyContext(
            bytes: bytes, fields: parser.fields, path: UnsafeRawBufferPointer(rebasing: target[..<pathEnd]),
            query: UnsafeRawBufferPointer(rebasing: target[min(pathEnd + 1, target.count)...]),
            clientAddress: clientAddress(exchange, bytes),
            scratch: UnsafeMutableRawBufferPointer(rebasing: exchange.worker.keyBuffer[16...]))
        switch context.find(keys) {
        case .key(let key, _): return assignment.bucket(of: key)
        case .none: return nil
        case .mint:
            // The cookie that it was given with its answer.
            guard let minted = exchange.minted else { return nil }
            return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digits in
                guard let base = digits.baseAddress else { return nil }
                minted.write(to: base)
                return assignment.bucket(of: UnsafeRawBufferPointer(digits))
            }
        }
    }

    /// The address that `client-ip` meant: the last but one of our `x-forwarded-for` when a trusted peer sent one, else the only one there.
    private mutating func clientAddress(_ exchange: Exchange, _ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer
    {
        guard let value = parser.fields.value(.xForwardedFor)?.slice(of: bytes) else {
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        let comma = UInt8(ascii: ",")
        guard let last = value.lastIndex(of: comma) else {
            // Clients of unix sockets stand there as "unknown", and are "unix" to the keys.
            guard let client = exchange.client, client.isUnix else { return value }
            let text: StaticString = "unix"
            return UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        }
        let before = value[..<last]
        var start = before.lastIndex(of: comma).map { $0 + 1 } ?? 0
        while start < last, value[start] == 0x20 { start += 1 }
        if start < last { return UnsafeRawBufferPointer(rebasing: value[start..<last]) }
        // The trusted peer sent an empty one: it speaks for itself.
        return UnsafeRawBufferPointer(rebasing: value[min(last + 2, value.count)...])
    }
}
