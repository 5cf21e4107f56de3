import EventLoop
import HTTP
import HTTPTransport
import Routing
import Telemetry

/// Requests of contexts of the mode `owned`: which side, holds, the epoch, and a side that says that the key is not its
/// own.
extension Exchange {
    /// The method may change state. Methods that are not known may.
    var isWrite: Bool { !method.isSafe }

    /// A key's bucket is always found: holds count by it. Whoever has no key is the default side's.
    func assignOwned(
        _ route: LoopRoute, _ request: RequestHeadView, path: UnsafeRawBufferPointer, query: UnsafeRawBufferPointer,
        client: any ClientStream
    ) {
        let decision = AssignmentDecision.owned(
            hasService: route.hasService, percent: route.percent,
            override: route.override.flatMap { overridden($0, request, client) },
            bucket: findBucket(route, request, path, query, client))
        bucket = decision.bucket
        if case .override = decision.reason { wasChosen = true }
        machine.assign(decision.side, isRead: isRead)
    }

    /// The head is written: numbers it, and waits when the requests of its user are held.
    /// - Returns: true when it goes on now.
    func passesHold(_ route: LoopRoute, _ owned: LoopContext, _ client: any ClientStream) -> Bool {
        if bucket < 0, isWrite { owned.counts.unkeyedWrites &+= 1 }
        return passesHoldAgain(route, owned, client)
    }

    private func wait(for hold: LoopHold, _ route: LoopRoute, _ owned: LoopContext, _ client: any ClientStream) {
        switch machine.meetHold(longest: owned.bounds.wait) {
        case .takePlace(let milliseconds):
            guard owned.takePlace(self, for: hold, route.priority) else {
                owned.counts[.full] &+= 1
                enterSide()
                refuse(.failure(.holdFull))
                return
            }
            machine.park()
            owned.counts.waiting += 1
            holdBody(client)
            heldSince = loop.now
            wait(.milliseconds(UInt64(milliseconds)))
        case .refuse:
            owned.counts[.tooLong] &+= 1
            enterSide()
            refuse(.failure(.heldTooLong))
        case .nothing: break
        }
    }

    /// The hold has ended: its side is the one that the newest table says.
    func released(from owned: LoopContext) {
        hold = nil
        guard let client, let began = route else { return }
        owned.counts.waiting -= 1
        owned.counts[.released] &+= 1
        let span = loop.now.since(heldSince)
        owned.counts.waits.record(microseconds: span.nanoseconds / 1000)
        // A route that is gone serves its last requests as before.
        let route = worker.route(began.id) ?? began
        self.route = route
        let side = sideAnew(by: route)
        // Rounded up, so that who was held at all is known by it.
        let milliseconds = UInt32(clamping: span.nanoseconds / 1_000_000) &+ 1
        guard machine.unpark(after: milliseconds, to: side) else { return }
        waitEndsAt = .never
        armDeadline()
        // A copy of a request that was whole before had to wait with it.
        if willMirror, machine.requestEnded { startMirror() }
        if let owned = route.owned {
            guard passesHoldAgain(route, owned, client) else { return }
        } else {
            head.stamp(epoch: nil)
        }
        start(route, route.on(side), client)
    }

    /// As `passesHold`, for a request that has been counted.
    private func passesHoldAgain(_ route: LoopRoute, _ owned: LoopContext, _ client: any ClientStream) -> Bool {
        head.stamp(epoch: route.epoch)
        guard let hold = owned.hold(of: self) else { return true }
        wait(for: hold, route, owned, client)
        return false
    }

    /// By the key in the head that is kept, as the salt may be another one by now.
    private func sideAnew(by route: LoopRoute) -> Side {
        guard !wasChosen else { return machine.side }
        let found = worker.longLived.bucket(of: self, by: route)
        bucket = found ?? -1
        return AssignmentDecision.owned(
            hasService: route.hasService, percent: route.percent, override: nil, bucket: found
        ).side
    }

    /// Counts it among its side's requests, which it was not while it was parked.
    private func enterSide() {
        guard let route, serving == nil else { return }
        let side = route.on(machine.side)
        serving = side
        side.state.counters.inFlight += 1
        guard willMirror else { return }
        willMirror = false
        route.state.mirror.skip(.requestAborted)
    }

    /// It goes without having been released: its client has left, or it has waited for long enough.
    func leaveParking() {
        guard let route, let owned = hold?.context else { return }
        owned.withdraw(self, route.priority)
        owned.counts.waiting -= 1
        let clientIsGone = machine.phase == .ended
        owned.counts[clientIsGone ? .clientGone : .tooLong] &+= 1
        enterSide()
    }

    // MARK: A side that says that the key is not its own

    /// 421 with `x-strangler-owner`: the side has changed nothing, so that even a POST may be sent to the other one.
    /// - Returns: false when it is no such response.
    func goesToOwner(_ response: ResponseHeadView) -> Bool {
        guard let route, let owned = route.owned, let client, let owner = Self.owner(in: response) else { return false }
        let after = machine.redirect(to: owner)
        tell(after.report)
        switch after.step {
        case .nothing: break
        case .giveUp:
            owned.counts.misdirected &+= 1
            giveUp(.misdirected)
        case .otherSide:
            owned.counts.redirected &+= 1
            letGo(of: .connection)
            if hold != nil { owned.left(self) }
            serving?.state.counters.inFlight -= 1
            serving = nil
            holdBody(client)
            // By the newest number: the side may have refused that of an older table.
            let newest = worker.route(route.id) ?? route
            guard passesHoldAgain(newest, owned, client) else { return true }
            start(route, route.on(machine.side), client)
        }
        return true
    }

    private static func owner(in response: ResponseHeadView) -> Side? {
        let name: StaticString = "x-strangler-owner"
        let bytes = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        return response.fields.index(named: bytes, in: response.bytes).flatMap { line in
            Side(named: response[response.fields[line].value])
        }
    }
}
