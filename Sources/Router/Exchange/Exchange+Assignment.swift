import EventLoop
import HTTP
import HTTPTransport
import Routing

extension Exchange {
    /// Phase 2: which side. Override, then the exact ends 0 and 100, then the key's bucket, then the accumulator.
    func assign(
        _ route: LoopRoute, _ request: RequestHeadView, path: UnsafeRawBufferPointer, query: UnsafeRawBufferPointer,
        client: any ClientStream
    ) {
        guard route.hasService else { return }
        let side: Side
        if let override = route.override, let chosen = overridden(override, request, client) {
            side = chosen
            progress.wasChosen = true
        } else if route.percent.ticks == Percent.all.ticks {
            side = .service
        } else if route.percent.ticks == 0 {
            side = lingers(route, request, path, query, client) ? .service : .legacy
        } else if let keys = route.keys, let assignment = route.assignment,
            let found = findBucket(route, keys, assignment, request, path, query, client)
        {
            bucket = found
            side = Assignment.side(bucket: found, percent: route.percent)
        } else if let bound = client.bound, let own = route.side(of: bound) {
            // Nothing decides but chance: the client stays where it is logged in.
            side = own
        } else {
            side = route.state.accumulator.next(route.percent)
        }
        progress.assigned = side
        progress.side = side
    }

    /// After a rollback with `drain`: does this key still have an exchange open on the service?
    private func lingers(
        _ route: LoopRoute, _ request: RequestHeadView, _ path: UnsafeRawBufferPointer,
        _ query: UnsafeRawBufferPointer, _ client: any ClientStream
    ) -> Bool {
        guard let lingering = route.state.lingering else { return false }
        guard !lingering.isEmpty else {
            route.state.lingering = nil
            return false
        }
        guard let keys = route.keys, let assignment = route.assignment,
            let found = findBucket(route, keys, assignment, request, path, query, client), lingering.contains(found)
        else { return false }
        bucket = found
        route.state.lingering?.add(found)
        return true
    }

    private func findBucket(
        _ route: LoopRoute, _ keys: CompiledKeys, _ assignment: Assignment, _ request: RequestHeadView,
        _ path: UnsafeRawBufferPointer, _ query: UnsafeRawBufferPointer, _ client: any ClientStream
    ) -> Int32? {
        let context = KeyContext(
            bytes: request.bytes, fields: request.fields, path: path, query: query, peer: address(of: client),
            trustedPeers: route.trustedPeers, scratch: worker.keyBuffer)
        switch context.find(keys) {
        case .key(let key, _): return assignment.bucket(of: key)
        case .none: return nil
        case .mint:
            let identity = RequestIdentity(random: &worker.random)
            minted = identity
            progress.cameSecurely = isSecure(route, request, client)
            return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digits in
                guard let base = digits.baseAddress else { return 0 }
                identity.write(to: base)
                return assignment.bucket(of: UnsafeRawBufferPointer(digits))
            }
        }
    }

    /// nil: a unix socket has none.
    func address(of client: any ClientStream) -> IPAddress? {
        guard !client.isUnix else { return nil }
        let bytes = client.peerBytes
        return IPAddress(high: bytes.high, low: bytes.low)
    }

    /// The peer is one of `trustedPeers`: its forwarded fields are kept.
    func isTrustedPeer(_ client: any ClientStream, of route: LoopRoute) -> Bool {
        !route.trustedPeers.isEmpty && isPeer(client, among: route.trustedPeers)
    }

    private func isPeer(_ client: any ClientStream, among ranges: [AddressRange]) -> Bool {
        address(of: client)?.isAmong(ranges) ?? true
    }

    /// Whether the client speaks https: with us, or with a trusted peer, which says so of the first one of its list.
    private func isSecure(_ route: LoopRoute, _ request: RequestHeadView, _ client: any ClientStream) -> Bool {
        guard !client.isSecure else { return true }
        guard isTrustedPeer(client, of: route), let line = request.fields.lastValue(.xForwardedProto) else {
            return false
        }
        let https: StaticString = "https"
        let value = request[line]
        guard value.count >= 5 else { return false }
        for index in 0..<5 where value[index] | 0x20 != https.utf8Start[index] { return false }
        return value.count == 5 || value[5] == UInt8(ascii: ",") || value[5] == 0x20
    }

    /// The side that the request asks for, when it may (a configured secret or a trusted address; either suffices).
    private func overridden(
        _ override: LoopRoute.CompiledOverride, _ request: RequestHeadView, _ client: any ClientStream
    ) -> Side? {
        let found = override.header.withUnsafeBytes { name in request.fields.index(named: name, in: request.bytes) }
        guard let found else { return nil }
        let value = request[request.fields[found].value]
        let side: Side
        if Self.equals(value, Side.service.name) {
            side = .service
        } else if Self.equals(value, Side.legacy.name) {
            side = .legacy
        } else {
            return nil
        }
        if override.secret == nil, override.trusted.isEmpty { return side }
        if !override.trusted.isEmpty, isPeer(client, among: override.trusted) { return side }
        guard let secret = override.secret else { return nil }
        let name: StaticString = "x-strangler-secret"
        let given = request.fields.index(
            named: UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), in: request.bytes)
        guard let given else { return nil }
        return Self.equalsInConstantTime(request[request.fields[given].value], secret) ? side : nil
    }

    private static func equals(_ value: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        value.count == text.utf8CodeUnitCount
            && value.elementsEqual(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Takes as long for a wrong secret as for the right one.
    static func equalsInConstantTime(_ value: UnsafeRawBufferPointer, _ secret: [UInt8]) -> Bool {
        guard value.count == secret.count else { return false }
        var difference: UInt8 = 0
        for index in secret.indices { difference |= value[index] ^ secret[index] }
        return difference == 0
    }
}
