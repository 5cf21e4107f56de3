import EventLoop
import HTTP
import HTTPTransport
import Routing

/// Finds the key of an exchange again, long after its request was read, from the head that is kept for its upstream.
///
/// The bucket that was found at the beginning does not suffice: at 0 or 100 percent no key is looked for, and salts may
/// change with a table.
struct KeptKeys {
    /// Made when it is first used, as most loops never need it. The limits are wide because these lines were accepted
    /// once and then lengthened by us.
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
        // The kept `x-forwarded-for` is the client's, with the peer appended by us.
        let context = KeyContext(
            bytes: bytes, fields: parser.fields,
            path: exchange.worker.compared(UnsafeRawBufferPointer(rebasing: target[..<pathEnd])),
            query: UnsafeRawBufferPointer(rebasing: target[min(pathEnd + 1, target.count)...]),
            peer: exchange.client.flatMap { exchange.address(of: $0) }, trustedPeers: route.trustedPeers,
            endsWithPeer: true, scratch: exchange.worker.keyBuffer)
        switch context.find(keys) {
        case .key(let key, _): return assignment.bucket(of: key)
        case .none: return nil
        case .mint:
            // The key is the cookie that the client got with its response.
            return exchange.minted.map { assignment.bucket(of: $0) }
        }
    }
}
