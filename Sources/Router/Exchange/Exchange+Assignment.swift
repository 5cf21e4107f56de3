import EventLoop
import HTTP
import HTTPTransport
import Routing

extension Exchange {
    /// Which side. What is asked, and in which order, `AssignmentDecision` says; here is how it is found out.
    func assign(
        _ route: LoopRoute, _ request: RequestHeadView, path: UnsafeRawBufferPointer, query: UnsafeRawBufferPointer,
        client: any ClientStream
    ) {
        if route.notesWrites { noteWriter(route, request, path, query, client) }
        guard route.owned == nil else {
            assignOwned(route, request, path: path, query: query, client: client)
            return
        }
        guard route.hasService else {
            machine.assign(.legacy, isRead: isRead)
            return
        }
        let decision = AssignmentDecision.of(
            hasService: true, percent: route.percent,
            override: { route.override.flatMap { overridden($0, request, client) } },
            lingering: { lingeringBucket(route, request, path, query, client) },
            bucket: { findBucket(route, request, path, query, client) },
            bound: { client.bound.flatMap { route.side(of: $0) } },
            share: { route.state.accumulator.next($0) },
            awaitsWrite: { route.awaitsWrites && awaitsWrite(route, request, path, query, client) })
        bucket = decision.bucket
        wasChosen = decision.reason == .override
        if route.state.lingering != nil, decision.reason == .lingering { route.state.lingering?.add(bucket) }
        if decision.reason == .recentWrite {
            followsWrite = true
            route.follower?.countDiversion()
        }
        machine.assign(decision.side, isRead: isRead)
    }

    /// After a rollback with `drain`: the bucket of this key, if it still has an exchange open on the service.
    private func lingeringBucket(
        _ route: LoopRoute, _ request: RequestHeadView, _ path: UnsafeRawBufferPointer,
        _ query: UnsafeRawBufferPointer, _ client: any ClientStream
    ) -> Int32? {
        let state = route.state
        guard let lingering = state.lingering else { return nil }
        guard !lingering.isEmpty else {
            state.lingering = nil
            return nil
        }
        guard let found = findBucket(route, request, path, query, client), lingering.contains(found) else { return nil }
        return found
    }

    func findBucket(
        _ route: LoopRoute, _ request: RequestHeadView, _ path: UnsafeRawBufferPointer,
        _ query: UnsafeRawBufferPointer, _ client: any ClientStream
    ) -> Int32? {
        guard let keys = route.keys, let assignment = route.assignment else { return nil }
        let context = KeyContext(
            bytes: request.bytes, fields: request.fields, path: path, query: query,
            peer: address(of: client), trustedPeers: route.trustedPeers, scratch: worker.keyBuffer)
        switch context.find(keys) {
        case .key(let key, _): return assignment.bucket(of: key)
        case .none: return nil
        case .mint:
            let identity = RequestIdentity(random: &worker.random)
            minted = identity
            cameSecurely = isSecure(route, request, client)
            return assignment.bucket(of: identity)
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
    func isSecure(_ route: LoopRoute, _ request: RequestHeadView, _ client: any ClientStream) -> Bool {
        guard !client.isSecure else { return true }
        guard isTrustedPeer(client, of: route), let line = request.fields.lastValue(.xForwardedProto) else {
            return false
        }
        let value = request[line]
        guard value.hasWord("https") else { return false }
        return value.count == 5 || value[5] == UInt8(ascii: ",") || value[5] == 0x20
    }

    /// The side that the request asks for, when it may: a configured secret or trusted addresses; either suffices.
    func overridden(
        _ override: LoopRoute.CompiledOverride, _ request: RequestHeadView, _ client: any ClientStream
    ) -> Side? {
        let found = override.header.withUnsafeBytes { name in request.fields.index(named: name, in: request.bytes) }
        guard let found else { return nil }
        let value = request[request.fields[found].value]
        guard let side = Side(named: value) else { return nil }
        if override.secret == nil, override.trusted.isEmpty { return side }
        if !override.trusted.isEmpty, isPeer(client, among: override.trusted) { return side }
        guard let secret = override.secret else { return nil }
        let name: StaticString = "x-strangler-secret"
        let given = request.fields.index(
            named: UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), in: request.bytes)
        guard let given else { return nil }
        return Self.equalsInConstantTime(request[request.fields[given].value], secret) ? side : nil
    }

    /// Takes as long for a wrong secret as for the right one.
    static func equalsInConstantTime(_ value: UnsafeRawBufferPointer, _ secret: [UInt8]) -> Bool {
        guard value.count == secret.count else { return false }
        var difference: UInt8 = 0
        for index in secret.indices { difference |= value[index] ^ secret[index] }
        return difference == 0
    }
}
