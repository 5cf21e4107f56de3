import HTTP

/// What a request must fulfil besides its path, by rank. Built once, read by all loops.
final class RankedConditions: @unchecked Sendable {
    // @unchecked: all memory is written in `init` only.

    private struct Entry {
        var route: Int32
        /// 0: any method.
        var methods: UInt16
        /// Host, header or query conditions, or methods without an index: look into `rare`.
        var isRare: Bool
    }

    private struct Rare {
        var methods: [[UInt8]] = []
        var host: [UInt8]?
        var hostIsWildcard = false
        var headers: [(name: [UInt8], value: [UInt8]?)] = []
        var query: [(name: [UInt8], value: [UInt8]?)] = []
    }

    private let entries: UnsafeMutablePointer<Entry>
    private let rare: [Rare]

    init(_ ranked: [(route: Int, match: RouteMatch)]) {
        entries = .allocate(capacity: max(ranked.count, 1))
        var rare: [Rare] = []
        for (rank, item) in ranked.enumerated() {
            var extra = Rare()
            extra.methods = item.match.methods.filter { Methods.index($0) == 0 }.map { Array($0.utf8) }
            if let host = item.match.host {
                extra.hostIsWildcard = host.hasPrefix("*.")
                let host = host.hasSuffix(".") ? String(host.dropLast()) : host
                // The dot stays: `*.example.org` must not take `badexample.org`.
                extra.host = Array((extra.hostIsWildcard ? String(host.dropFirst()) : host).utf8)
            }
            extra.headers = item.match.headers.map { (Array($0.name.utf8), $0.value.map { Array($0.utf8) }) }
            extra.query = item.match.query.map { (QueryText.bytes($0.name), $0.value.map(QueryText.bytes)) }
            let isRare =
                !(extra.methods.isEmpty && extra.host == nil && extra.headers.isEmpty && extra.query.isEmpty)
            (entries + rank).initialize(
                to: Entry(route: Int32(item.route), methods: Methods.mask(item.match.methods), isRare: isRare))
            rare.append(extra)
        }
        self.rare = rare
    }

    deinit { entries.deallocate() }

    func route(_ rank: Int) -> Int { Int(entries[rank].route) }

    @inline(__always)
    func accepts(
        _ rank: Int, method: UInt8, methodName: UnsafeRawBufferPointer, host: UnsafeRawBufferPointer,
        fields: some RouteFieldLookup
    ) -> Bool {
        let entry = entries + rank
        if entry.pointee.methods != 0, entry.pointee.methods >> UInt16(method) & 1 == 0 { return false }
        guard entry.pointee.isRare else { return true }
        return acceptsRare(rank, method: method, methodName: methodName, host: host, fields: fields)
    }

    private func acceptsRare(
        _ rank: Int, method: UInt8, methodName: UnsafeRawBufferPointer, host: UnsafeRawBufferPointer,
        fields: some RouteFieldLookup
    ) -> Bool {
        let rare = rare[rank]
        if method == 0, entries[rank].methods != 0, !rare.methods.contains(where: { Self.equal($0, methodName) }) {
            return false
        }
        if let wanted = rare.host, !Self.matches(wanted, isSuffix: rare.hostIsWildcard, host) { return false }
        for condition in rare.headers {
            guard let value = condition.name.withUnsafeBytes({ fields.header($0) }) else { return false }
            if let wanted = condition.value, !Self.equal(wanted, value) { return false }
        }
        for condition in rare.query {
            guard let value = condition.name.withUnsafeBytes({ fields.query($0) }) else { return false }
            if let wanted = condition.value, !wanted.withUnsafeBytes({ QueryText.decoder.isEqual(value, decoded: $0) })
            {
                return false
            }
        }
        return true
    }

    /// `wanted` is in lower case; the host of a request may have a port, an empty one too, any case of letters (RFC
    /// 3986 §3.2.2), and the dot that ends a name which is complete (RFC 1034 §3.1).
    private static func matches(_ wanted: [UInt8], isSuffix: Bool, _ host: UnsafeRawBufferPointer) -> Bool {
        var count = host.count
        // A colon outside of brackets begins the port.
        if let last = host.lastIndex(where: { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "]") }),
            host[last] == UInt8(ascii: ":")
        {
            count = last
        }
        if count > 1, host[count - 1] == UInt8(ascii: ".") { count -= 1 }
        guard isSuffix ? count > wanted.count : count == wanted.count else { return false }
        let offset = count - wanted.count
        for index in wanted.indices {
            let byte = host[offset + index]
            let folded = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
            guard folded == wanted[index] else { return false }
        }
        return true
    }

    private static func equal(_ left: [UInt8], _ right: UnsafeRawBufferPointer) -> Bool {
        left.count == right.count && right.elementsEqual(left)
    }
}
