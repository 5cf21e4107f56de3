import HTTP
import HTTPTransport
import Routing

/// Where the key of a request is looked for, compiled from a context for one route.
final class CompiledKeys: Sendable {
    enum Source: Sendable {
        /// A segment of the path, by position.
        case segment(Int)
        case claim([UInt8])
        case header([UInt8])
        /// `mints`: the router makes up a cookie for a client that has none.
        case cookie([UInt8], mints: Bool)
        case query([UInt8])
        case clientAddress
    }

    let sources: [Source]
    /// The index of each source's key in the context: a route whose pattern lacks a parameter skips the key that names
    /// it.
    let places: [Int]
    /// The cookie that holds the token when there is no `Authorization: Bearer`.
    let tokenCookie: [UInt8]?
    /// `SameSite` of the cookie that is minted.
    let sameSite: SameSite

    init(_ context: RoutingContext, path: PathPattern) {
        let found = context.keys.enumerated().compactMap { place, key in
            Self.source(key, path).map { (source: $0, place: place) }
        }
        sources = found.map(\.source)
        places = found.map(\.place)
        tokenCookie = context.jwtCookie.map { Array($0.utf8) }
        sameSite = context.sameSite
    }

    /// The keys of a context wherever a request may have them, on a route of whatever path: a key of the path stands
    /// where any of the patterns has it. `places` are of no meaning.
    init(_ context: RoutingContext, ofAny patterns: [PathPattern]) {
        var positions: [Int] = []
        var found: [Source] = []
        for key in context.keys {
            guard case .path(let name) = key else {
                found += [Self.source(key, .exact("/"))].compactMap { $0 }
                continue
            }
            for pattern in patterns {
                guard let position = pattern.segmentIndex(ofParameter: name), !positions.contains(position) else {
                    continue
                }
                positions.append(position)
                found.append(.segment(position))
            }
        }
        sources = found
        places = found.indices.map { $0 }
        tokenCookie = context.jwtCookie.map { Array($0.utf8) }
        sameSite = context.sameSite
    }

    /// nil: requests of a route with that path have no such key.
    private static func source(_ key: AssignmentKey, _ path: PathPattern) -> Source? {
        switch key {
        case .path(let name): path.segmentIndex(ofParameter: name).map { .segment($0) }
        case .jwt(let claim): .claim(Array(claim.utf8))
        case .header(let name): .header(Array(name.utf8))
        case .cookie(let name): .cookie(Array(name.utf8), mints: name == AssignmentKey.mintedCookie)
        case .query(let name): .query(Array(name.utf8))
        case .clientIP: .clientAddress
        }
    }
}

/// The parts of a request in which a key may be found; valid during the call that hands it out.
struct KeyContext {
    let bytes: UnsafeRawBufferPointer
    let fields: FieldTable
    /// In the form in which paths are compared, without query.
    let path: UnsafeRawBufferPointer
    let query: UnsafeRawBufferPointer
    /// The peer's address; nil when it has none, as on a unix socket.
    let peer: IPAddress?
    /// Peers that are believed about the hops before them.
    let trustedPeers: [AddressRange]
    /// The last element of `x-forwarded-for` is the peer, put there by us.
    var endsWithPeer = false
    /// Scratch memory for decoding; its content is overwritten.
    let scratch: UnsafeMutableRawBufferPointer

    enum Found {
        /// The key's bytes; they may lie in `scratch`.
        case key(UnsafeRawBufferPointer, source: Int)
        /// No key was found so far, and the next source is a cookie that the router makes up.
        case mint(source: Int)
        case none
    }

    /// The first key that the request has. An empty value is no key, and does not hide a later one of the same name.
    func find(_ keys: CompiledKeys) -> Found {
        for (index, source) in keys.sources.enumerated() {
            if let value = value(of: source, keys) { return .key(value, source: index) }
            if case .cookie(_, mints: true) = source { return .mint(source: index) }
        }
        return .none
    }

    @inline(__always)
    private func value(of source: CompiledKeys.Source, _ keys: CompiledKeys) -> UnsafeRawBufferPointer? {
        switch source {
        case .segment(let position): segment(position)
        case .claim(let name): claim(name, cookie: keys.tokenCookie)
        case .header(let name): header(name)
        case .cookie(let name, _): cookie(name, where: { _ in true })
        case .query(let name): queryItem(name)
        case .clientAddress: clientAddress()
        }
    }

    /// Every key that the request has, in their order; each is valid during the call.
    ///
    /// - Parameter sparesAddress: its client's address only when no key before it was found.
    func forEach(of keys: CompiledKeys, sparesAddress: Bool, _ body: (UnsafeRawBufferPointer) -> Void) {
        var isKnown = false
        for source in keys.sources {
            if isKnown, sparesAddress, case .clientAddress = source { continue }
            guard let value = value(of: source, keys) else { continue }
            isKnown = true
            body(value)
        }
    }

    /// The segment is decoded: `u1%40x` is the user `u1@x`.
    private func segment(_ position: Int) -> UnsafeRawBufferPointer? {
        guard let value = RouteTable.segment(position, of: path), !value.isEmpty else { return nil }
        guard value.contains(UInt8(ascii: "%")) else { return value }
        return PercentDecoder().decode(value, into: scratch).map(decoded)
    }

    private func claim(_ name: [UInt8], cookie tokenCookie: [UInt8]?) -> UnsafeRawBufferPointer? {
        name.withUnsafeBytes { name in
            var found: Range<Int>?
            // Several lines, or credentials of another scheme, do not hide the one with the claim.
            fields.forEach(.authorization) { line in
                guard found == nil, let token = Self.bearerToken(line.value.slice(of: bytes)) else { return }
                found = TokenClaim.value(of: name, in: token, scratch: scratch)
            }
            if found == nil, let tokenCookie {
                _ = cookie(tokenCookie) { token in
                    found = TokenClaim.value(of: name, in: token, scratch: scratch)
                    return found != nil
                }
            }
            return found.map { UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(scratch)[$0]) }
        }
    }

    /// RFC 6750 §2.1; the scheme in any case of letters (RFC 9110 §11.1).
    private static func bearerToken(_ value: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard value.count > 7, value.hasWord("bearer ") else { return nil }
        var start = 7
        while start < value.count, value[start] == 0x20 { start += 1 }
        return UnsafeRawBufferPointer(rebasing: value[start...])
    }

    private func header(_ name: [UInt8]) -> UnsafeRawBufferPointer? {
        name.withUnsafeBytes { name in
            var from = 0
            while let index = fields.index(named: name, in: bytes, from: from) {
                let value = fields[index].value.slice(of: bytes)
                if !value.isEmpty { return value }
                from = index + 1
            }
            return nil
        }
    }

    /// The first cookie of that name that is not empty and that `isWanted` accepts.
    private func cookie(
        _ name: [UInt8], where isWanted: (UnsafeRawBufferPointer) -> Bool
    ) -> UnsafeRawBufferPointer? {
        guard var index = fields.first(.cookie) else { return nil }
        return name.withUnsafeBytes { name in
            while index < fields.count {
                let entry = fields[index]
                index += 1
                guard entry.field == .cookie else { continue }
                let line = entry.value.slice(of: bytes)
                var position = 0
                while let range = CookieScanner.next(name, in: line, from: &position) {
                    let value = UnsafeRawBufferPointer(rebasing: line[range])
                    if !value.isEmpty, isWanted(value) { return value }
                }
            }
            return nil
        }
    }

    private func queryItem(_ name: [UInt8]) -> UnsafeRawBufferPointer? {
        name.withUnsafeBytes { name in
            var position = 0
            while let range = QueryText.next(name, in: query, from: &position) {
                guard !range.isEmpty else { continue }
                return QueryText.decoder.decode(UnsafeRawBufferPointer(rebasing: query[range]), into: scratch).map(
                    decoded)
            }
            return nil
        }
    }

    private func clientAddress() -> UnsafeRawBufferPointer? {
        IPAddress.ofClient(
            peer: peer, fields: fields, bytes: bytes, trusting: trustedPeers, endsWithPeer: endsWithPeer)?.write(
                to: scratch
            ).map(decoded)
    }

    private func decoded(_ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(scratch)[..<count])
    }
}

/// The fields of a request, as matching asks for them.
struct RequestLookup: RouteFieldLookup {
    let bytes: UnsafeRawBufferPointer
    let fields: FieldTable
    let query: UnsafeRawBufferPointer

    func header(_ name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        fields.index(named: name, in: bytes).map { fields[$0].value.slice(of: bytes) }
    }

    func query(_ name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        QueryText.value(of: name, in: query).map { UnsafeRawBufferPointer(rebasing: query[$0]) }
    }
}

extension Assignment {
    /// The bucket of a `strangler_id` that the router made up: of its 32 digits, as the client brings them back.
    func bucket(of minted: RequestIdentity) -> Int32 {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digits in
            guard let base = digits.baseAddress else { return 0 }
            minted.write(to: base)
            return bucket(of: UnsafeRawBufferPointer(digits))
        }
    }
}
