import EventLoop
import HTTP
import HTTPTransport
import Routing
import Telemetry

extension Exchange: UpstreamStreamDelegate {
    // MARK: Pick, send, repeat

    /// GET or HEAD without a body, and no upgrade.
    var isRead: Bool {
        switch method {
        case .get, .head: bodyLength.isEmpty && !isUpgrade
        case .other, .post, .put, .delete, .patch, .options, .trace, .connect: false
        }
    }

    /// One attempt: a connection, or a place in the queue for one.
    func attempt(_ route: LoopRoute, _ side: LoopSide, _ client: any ClientStream) {
        let endpoint =
            machine.retries == 0 && !machine.isTied
            ? side.group.pick(now: nowMilliseconds) : pickOther(side.group, client)
        self.endpoint = endpoint
        send(to: endpoint, side.group, route, client)
    }

    /// Where the client is logged in; else an endpoint where the request has not failed yet.
    private func pickOther(_ group: UpstreamGroup, _ client: any ClientStream) -> UpstreamEndpoint {
        if let bound = client.bound, let own = group.endpoints.first(where: { bound.leads(to: $0.address) }) {
            return own
        }
        guard machine.retries > 0 else { return group.pick(now: nowMilliseconds) }
        let other = group.pick(now: nowMilliseconds, after: endpoint, and: failedBefore)
        failedBefore = endpoint.map(ObjectIdentifier.init)
        return other
    }

    private func send(
        to endpoint: UpstreamEndpoint, _ group: UpstreamGroup, _ route: LoopRoute, _ client: any ClientStream
    ) {
        // Before the upstream sees anything of it.
        if isUpgrade, !group.mayBeginStream {
            refuseStream(group)
            return
        }
        // Connections that must not be repeated on are looked at once more: a POST never meets a stale one that shows
        // it.
        let isIdempotent = method.isIdempotent
        let fresh =
            machine.needsFreshConnection || (!isIdempotent && endpoint.isClosingPooled(now: nowMilliseconds))
        var stream = machine.isTied ? client.bound?.take(to: endpoint.address, for: self, verify: !isIdempotent) : nil
        // The clock is read only when a connection will have to be made.
        connectBegan =
            stream == nil && (machine.needsFreshConnection || endpoint.pool.idleCount == 0) ? .read() : .never
        if stream == nil {
            stream = endpoint.pool.stream(
                for: self, fresh: fresh, verify: !isIdempotent, connectTimeout: route.connectTimeout)
        }
        if stream == nil { stream = streamAfterSorting(fresh, endpoint, group, route) }
        guard let stream else {
            guard group.enqueue(self, route.priority) else {
                attemptFailed(.queueFull)
                return
            }
            machine.enqueue()
            holdBody(client)
            wait(route.connectTimeout)
            return
        }
        upstream = stream
        group.active += 1
        machine.connect()
        if stream.isConnected {
            if connectBegan < .never { noteConnected() }
            transmit(stream, route, client)
        } else {
            holdBody(client)
        }
    }

    /// Connections ran out: one may be had after all when some carry streams.
    private func streamAfterSorting(
        _ fresh: Bool, _ endpoint: UpstreamEndpoint, _ group: UpstreamGroup, _ route: LoopRoute
    ) -> (any UpstreamStream)? {
        group.sortOutStreams()
        guard endpoint.pool.hasRoom else { return nil }
        return endpoint.pool.stream(
            for: self, fresh: fresh, verify: !method.isIdempotent, connectTimeout: route.connectTimeout)
    }

    private func noteConnected() {
        let span = Moment.read().since(connectBegan)
        serving?.state.counters.connects.record(microseconds: span.nanoseconds / 1000)
    }

    /// The body is not read before somebody can take it.
    func holdBody(_ client: any ClientStream) {
        if machine.awaitsBody { client.pauseReading() }
    }

    func wait(_ span: Moment.Span) {
        waitEndsAt = loop.now + span
        armDeadline()
    }

    func capacityFreed() {
        guard machine.leaveQueue() else { return }
        let (group, end) = (serving?.group, waitEndsAt)
        waitEndsAt = .never
        armDeadline()
        if let route, let serving, let client { attempt(route, serving, client) }
        // It found none after all: it has waited for as long as before.
        guard machine.phase == .queued, serving?.group === group, end < waitEndsAt else { return }
        waitEndsAt = end
        armDeadline()
    }

    private func transmit(_ upstream: any UpstreamStream, _ route: LoopRoute, _ client: any ClientStream) {
        if isUpgrade, let group = serving?.group, !becomesStream(upstream) {
            refuseStream(group)
            return
        }
        let transmission = machine.transmit()
        if machine.bringsLogin { upstream.bind(to: client.bindingStreams()) }
        client.draw(from: upstream)
        upstream.sendHead(
            head.outgoing(method, body: bodyLength, asksUpgrade: isUpgrade), responseTimeout: route.responseTimeout,
            idleTimeout: route.idleTimeout)
        if machine.request.hasBody { upstream.draw(from: client) }
        if transmission.sendsKept, body.count > 0 { upstream.sendBody(body.bytes) }
        if transmission.finishes { upstream.finishRequest() }
        if transmission.readsOn {
            client.sendContinue()
            client.resumeReading()
        }
    }

    func upstreamConnected(_ upstream: any UpstreamStream) {
        self.upstream = upstream
        noteConnected()
        if let route, let client { transmit(upstream, route, client) }
    }

    // MARK: Failure

    func upstreamFailed(_ upstream: any UpstreamStream, _ failure: UpstreamFailure) {
        self.upstream = nil
        if failure.isEndOfOldConnection { endpoint?.pooledConnectionEnded(now: nowMilliseconds) }
        leaveGroup()
        if let violation = failure.violation { noteRefused(violation, line: failure.line) }
        countLimit(of: failure)
        attemptFailed(Failure(failure), wasOld: failure.isEndOfOldConnection)
    }

    /// - Parameter wasOld: An idle connection had ended, which says nothing about the endpoint or the side.
    func attemptFailed(_ failure: Failure, wasOld: Bool = false) {
        guard let route, let serving, let client else { return }
        if !wasOld {
            noteFailure(failure)
            serving.group.refusals.count(failure, violation)
        }
        let after = machine.fail(
            failure, wasOld: wasOld,
            hasSibling: serving.group.hasOther(than: endpoint, and: failedBefore, now: nowMilliseconds),
            random: UInt32(truncatingIfNeeded: worker.random.next()), rule: route.retry, budget: &serving.state.budget)
        tell(after.report)
        switch after.step {
        case .abort: abortResponse(on: client)
        case .giveUp:
            if let lack = failure.lack { serving.group.refusals.count(lack, now: nowMilliseconds) }
            giveUp(failure, isCounted: !wasOld)
        case .fallBack: fallBack(route, client)
        case .retry(let delay):
            serving.state.counters.retries += 1
            holdBody(client)
            // Even an immediate repeat goes through the wheel when the callers are deep in an event of the old
            // connection.
            if delay == 0 { attemptAgain() } else { wait(.milliseconds(UInt64(delay))) }
        case .nothing: break
        }
    }

    /// Passive health: what an endpoint did to a real request.
    private func noteFailure(_ failure: Failure) {
        guard failure.blamesUpstream else { return }
        guard case .responseCut = failure else {
            endpointFailed()
            return
        }
        guard let endpoint, let group = serving?.group else { return }
        if group.responseBroke(at: endpoint, now: nowMilliseconds) {
            worker.healthChanged(endpoint, of: group, reason: .brokenResponses)
        }
    }

    /// The endpoint gave no response that is of use.
    func endpointFailed() {
        guard let endpoint, let group = serving?.group else { return }
        if group.requestFailed(at: endpoint, now: nowMilliseconds) {
            worker.healthChanged(endpoint, of: group, reason: .passiveFailures)
        }
    }

    // MARK: Letting go

    /// Lets go of what the machine held until now.
    func letGo(of held: ExchangeStateMachine.Held) {
        guard held != .nothing else { return }
        waitEndsAt = .never
        if held == .parkingPlace { leaveParking() }
        guard let serving else { return }
        switch held {
        case .nothing, .parkingPlace: break
        case .circuitPlace: serving.group.endsWait()
        case .queuePlace: if let route { serving.group.withdraw(self, route.priority) }
        case .connection:
            // The upstream may still be working, for nobody.
            guard let dropped = upstream else { return }
            upstream = nil
            dropped.cancel()
            leaveGroup()
        }
    }

    func leaveGroup() {
        guard let serving else { return }
        let group = serving.group
        group.active -= 1
        if group.hasWaiting { group.capacityFreed() }
    }
}
