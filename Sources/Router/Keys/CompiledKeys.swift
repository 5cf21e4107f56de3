import HTTP
import HTTPTransport
import Routing

/// Where the key of a request is looked for, compiled from a context for one route.
final class CompiledKeys {
    enum Source {
        /// A segment of the path, by position.
        case segment(Int)
        case claim([UInt8])
        case header([UInt8])
        /// `mints`: the router makes one up for who has none.
        case cookie([UInt8], mints: Bool)
        case query([UInt8])
        case clientAddress
    }

    let sources: [Source]
    /// Cookie with the token, when there is no `Authorization: Bearer`.
    let tokenCookie: [UInt8]?

    init(_ context: RoutingContext, path: PathPattern) {
        sources = context.keys.compactMap { key in
            switch key {
            // A route whose pattern lacks the parameter goes on to the next key.
            case .path(let name): path.segmentIndex(ofParameter: name).map { .segment($0) }
            case .jwt(let claim): .claim(Array(claim.utf8))
            case .header(let name): .header(Array(name.utf8))
            case .cookie(let name): .cookie(Array(name.utf8), mints: name == AssignmentKey.mintedCookie)
            case .query(let name): .query(Array(name.utf8))
            case .clientIP: .clientAddress
            }
        }
        tokenCookie = context.jwtCookie.map { Array($0.utf8) }
    }
}

/// The parts of a request in which a key may be found; valid during the call that hands it out.
struct KeyContext {
    let bytes: UnsafeRawBufferPointer
    let fields: FieldTable
    /// Normalised, without query.
    let path: UnsafeRawBufferPointer
    let query: UnsafeRawBufferPointer
    /// Address of the client, after trusted proxies.
    let clientAddress: UnsafeRawBufferPointer
    /// For decoding; its content is overwritten.
    let scratch: UnsafeMutableRawBufferPointer

    enum Found {
        /// The key's bytes; they may lie in `scratch`.
        case key(UnsafeRawBufferPointer, source: Int)
        /// None so far, and the next source is a cookie that the router makes up.
        case mint(source: Int)
        case none
    }

    /// The first key that the request has. An empty value is none.
    func find(_ keys: CompiledKeys) -> Found {
        for (index, source) in keys.sources.enumerated() {
            switch source {
            case .segment(let position):
                if let value = RouteTable.segment(position, of: path), !value.isEmpty {
                    return .key(value, source: index)
                }
            case .claim(let name):
                if let value = claim(name, cookie: keys.tokenCookie) { return .key(value, source: index) }
            case .header(let name):
                if let value = header(name), !value.isEmpty { return .key(value, source: index) }
            case .cookie(let name, let mints):
                if let value = cookie(name), !value.isEmpty { return .key(value, source: index) }
                if mints { return .mint(source: index) }
            case .query(let name):
                if let value = queryItem(name), !value.isEmpty { return .key(value, source: index) }
            case .clientAddress:
                if !clientAddress.isEmpty { return .key(clientAddress, source: index) }
            }
        }
        return .none
    }

    private func claim(_ name: [UInt8], cookie tokenCookie: [UInt8]?) -> UnsafeRawBufferPointer? {
        var token = bearerToken()
        if token == nil, let tokenCookie { token = cookie(tokenCookie) }
        guard let token else { return nil }
        return name.withUnsafeBytes { name in
            TokenClaim.value(of: name, in: token, scratch: scratch).map {
                UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(scratch)[$0])
            }
        }
    }

    /// RFC 6750 §2.1; the scheme in any case of letters (RFC 9110 §11.1).
    private func bearerToken() -> UnsafeRawBufferPointer? {
        guard let value = fields.value(.authorization)?.slice(of: bytes), value.count > 7 else { return nil }
        let scheme: StaticString = "bearer "
        for index in 0..<7 where value[index] | 0x20 != scheme.utf8Start[index] { return nil }
        return UnsafeRawBufferPointer(rebasing: value[7...])
    }

    private func header(_ name: [UInt8]) -> UnsafeRawBufferPointer? {
        name.withUnsafeBytes { name in
            fields.index(named: name, in: bytes).map { fields[$0].value.slice(of: bytes) }
        }
    }

    private func cookie(_ name: [UInt8]) -> UnsafeRawBufferPointer? {
        guard var index = fields.first(.cookie) else { return nil }
        return name.withUnsafeBytes { name in
            while index < fields.count {
                let entry = fields[index]
                index += 1
                guard entry.field == .cookie else { continue }
                let value = entry.value.slice(of: bytes)
                if let range = CookieScanner.value(of: name, in: value) {
                    return UnsafeRawBufferPointer(rebasing: value[range])
                }
            }
            return nil
        }
    }

    private func queryItem(_ name: [UInt8]) -> UnsafeRawBufferPointer? {
        name.withUnsafeBytes { name in
            guard let range = QueryScanner.value(of: name, in: query) else { return nil }
            let raw = UnsafeRawBufferPointer(rebasing: query[range])
            guard let count = QueryScanner.decode(raw, into: scratch) else { return nil }
            return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(scratch)[..<count])
        }
    }
}
