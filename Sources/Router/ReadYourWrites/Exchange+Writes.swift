import EventLoop
import HTTP
import HTTPTransport
import Routing

/// Read your writes in the mode `reads`: who has written reads from legacy until the follower has the write.
///
/// Routes of other contexts come here with one comparison.
extension Exchange {
    // MARK: Before the request is sent

    /// Remembers whose request it is, when it may change state.
    func noteWriter(
        _ route: LoopRoute, _ request: RequestHeadView, _ path: UnsafeRawBufferPointer,
        _ query: UnsafeRawBufferPointer, _ client: any ClientStream
    ) {
        guard !method.isSafe else { return }
        writer = keys(route, request, path, query, client, isWrite: true)
        cameSecurely = isSecure(route, request, client)
    }

    /// Whether the user of the request has written what the service is not known to have.
    func awaitsWrite(
        _ route: LoopRoute, _ request: RequestHeadView, _ path: UnsafeRawBufferPointer,
        _ query: UnsafeRawBufferPointer, _ client: any ClientStream
    ) -> Bool {
        guard let writes = route.writes, method.isSafe else { return false }
        let now = loop.now.nanoseconds
        let wait = writes.wait(maxLag: route.maxLag, now: now)
        if writes.mayWait(wait) {
            let keys = keys(route, request, path, query, client, isWrite: false)
            if !wait.isOver(for: writes.lastWrite(keys)) { return true }
        }
        return !wait.isOver(
            for: writes.lastWrite(told: request.fields, of: request.bytes, in: route.writeCookie, now: now))
    }

    private func keys(
        _ route: LoopRoute, _ request: RequestHeadView, _ path: UnsafeRawBufferPointer,
        _ query: UnsafeRawBufferPointer, _ client: any ClientStream, isWrite: Bool
    ) -> WrittenKeys {
        guard let keys = route.keys, let assignment = route.assignment else { return WrittenKeys(isWrite: isWrite) }
        let context = KeyContext(
            bytes: request.bytes, fields: request.fields, path: path, query: query,
            peer: address(of: client), trustedPeers: route.trustedPeers, scratch: worker.keyBuffer)
        return WrittenKeys(context, keys, assignment, isWrite: isWrite)
    }

    // MARK: When its response leaves

    /// Legacy's response to a write is about to go out: the user's reads wait from now on, and a cookie says so to
    /// every router.
    func tellWrite(_ head: inout HeadWriter, mayBeStored: Bool) {
        guard let route, let writes = route.writes, mayHaveWritten else { return }
        let now = noteWrite(writes)
        guard route.tellsWrites, !mayBeStored else { return }
        head.append("set-cookie: ")
        route.writeCookie.withUnsafeBytes { head.append($0) }
        head.append("=")
        RouterMoment(process: writes.process, nanoseconds: now).withText { head.append($0) }
        head.append("; Path=/; Max-Age=")
        head.append(decimal: (route.maxLag / 1_000_000_000) &+ RecentWrites.patience / 1_000_000_000 &+ 1)
        appendCookieEnd(&head)
    }

    /// The exchange has ended: what was written until now is remembered too, as when the response was streamed, when
    /// there was none, or when its client left before it.
    func endWrite() {
        guard let writes = route?.writes, mayHaveWritten else { return }
        _ = noteWrite(writes)
    }

    /// The clock is read anew: the loop's was read before the response came.
    private func noteWrite(_ writes: RecentWrites) -> UInt64 {
        let now = loop.readClock().nanoseconds
        if writes.note(writer, now: now) { worker.report(.written) }
        return now
    }

    /// Only a 4xx of legacy's says that nothing was changed. One of ours may stand for a request that was on its way.
    private var mayHaveWritten: Bool {
        guard writer.isWrite, case .legacy = machine.side else { return false }
        return machine.failure != nil || violation != nil || !(400..<500).contains(machine.status)
    }
}

extension WrittenKeys {
    /// Every key that a request has, whichever decides its side. An address is many users': one that writes is
    /// remembered by it only when it says nothing better, and one that reads may be that one.
    init(_ request: KeyContext, _ keys: CompiledKeys, _ assignment: Assignment, isWrite: Bool) {
        self.init(isWrite: isWrite)
        request.forEach(of: keys, sparesAddress: isWrite) { append(assignment.bucket(of: $0)) }
    }
}

extension RecentWrites {
    /// When the user last wrote, by the tokens in a request's cookies; 0: it brings none.
    func lastWrite(
        told fields: FieldTable, of bytes: UnsafeRawBufferPointer, in cookie: [UInt8], now: UInt64
    ) -> UInt64 {
        cookie.withUnsafeBytes { name in
            var last: UInt64 = 0
            CookieScanner.forEach(name, in: fields, of: bytes) { value in
                guard let token = RouterMoment(value) else { return }
                last = max(last, lastWrite(token, now: now))
            }
            return last
        }
    }
}
