import EventLoop
import HTTP
import HTTPTransport
import Routing

/// Read your writes in the mode `reads`: who has written reads from legacy until the follower has the write.
///
/// Where nothing is followed, a request comes here with one comparison.
extension Exchange {
    // MARK: Before the request is sent

    /// Remembers whose request it is, when it may change state.
    func noteWriter(
        _ route: LoopRoute, _ request: RequestHeadView, _ path: UnsafeRawBufferPointer,
        _ query: UnsafeRawBufferPointer, _ client: any ClientStream
    ) {
        guard !method.isSafe else { return }
        writer = WrittenKeys(isWrite: true)
        let context = keyContext(route, request, path, query, client)
        for keys in route.shared.writePlan.keys { writer.find(keys, in: context) }
        cameSecurely = isSecure(route, request, client)
    }

    /// Whether the user of the request has written what the service is not known to have.
    func awaitsWrite(
        _ route: LoopRoute, _ request: RequestHeadView, _ path: UnsafeRawBufferPointer,
        _ query: UnsafeRawBufferPointer, _ client: any ClientStream
    ) -> Bool {
        guard let follower = route.follower, method.isSafe else { return false }
        let recent = worker.writes.recent
        let now = loop.now.nanoseconds
        let wait = follower.wait(maxLag: route.maxLag, now: now)
        if let keys = route.keys, !wait.isOver(for: recent.newest) {
            var user = WrittenKeys()
            user.find(keys, in: keyContext(route, request, path, query, client))
            if !wait.isOver(for: recent.lastWrite(user)) { return true }
        }
        return !wait.isOver(for: recent.lastWrite(told: request.fields, of: request.bytes, now: now))
    }

    private func keyContext(
        _ route: LoopRoute, _ request: RequestHeadView, _ path: UnsafeRawBufferPointer,
        _ query: UnsafeRawBufferPointer, _ client: any ClientStream
    ) -> KeyContext {
        KeyContext(
            bytes: request.bytes, fields: request.fields, path: path, query: query,
            peer: address(of: client), trustedPeers: route.trustedPeers, scratch: worker.keyBuffer)
    }

    // MARK: When its response leaves

    /// Legacy's response to a write is about to go out: the user's reads wait from now on, and a cookie says so to
    /// every router.
    func tellWrite(_ head: inout HeadWriter, mayBeStored: Bool) {
        guard let plan = route?.shared.writePlan, mayHaveWritten else { return }
        let now = noteWrite()
        guard plan.isTold, !mayBeStored else { return }
        head.append("set-cookie: ")
        head.append(RecentWrites.cookie)
        head.append("=")
        RouterMoment(process: worker.writes.recent.process, nanoseconds: now).withText { head.append($0) }
        head.append("; Path=/; Max-Age=")
        head.append(decimal: plan.tokenSeconds)
        appendCookieEnd(&head)
    }

    /// The exchange has ended: what was written until now is remembered too, as when the response was streamed, when
    /// there was none, or when its client left before it.
    func endWrite() {
        if mayHaveWritten { _ = noteWrite() }
    }

    /// The clock is read anew: the loop's was read before the response came.
    private func noteWrite() -> UInt64 {
        let now = loop.readClock().nanoseconds
        if worker.writes.recent.note(writer, now: now) { worker.report(.written) }
        return now
    }

    /// Only a 4xx of legacy's says that nothing was changed. One of ours may stand for a request that was on its way.
    private var mayHaveWritten: Bool {
        guard writer.isWrite, case .legacy = machine.side else { return false }
        return machine.failure != nil || violation != nil || !(400..<500).contains(machine.status)
    }
}
