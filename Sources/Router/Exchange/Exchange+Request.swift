import EventLoop
import HTTP
import HTTPTransport
import Routing

extension Exchange: ClientStreamDelegate {
    /// Accepts the head, and finds its route on the path that will be forwarded.
    func requestHead(_ stream: any ClientStream, _ request: RequestHeadView) {
        client = stream
        startedAt = loop.now
        let parsed = request.head
        method = parsed.method
        bodyLength = parsed.bodyLength
        machine = ExchangeStateMachine(.init(hasBody: !bodyLength.isEmpty, isIdempotent: method.isIdempotent))
        identity = RequestIdentity(random: &worker.random)
        let served = worker.table
        // The normalised target must outlive building the head only: the worker's buffer will do.
        let raw = request[parsed.pathAndQuery]
        let target: UnsafeRawBufferPointer
        let pathEnd: Int
        // What is matched: the path that is forwarded, whatever its spelling.
        var path: UnsafeRawBufferPointer
        switch worker.normaliser.normalise(raw, into: worker.targetBuffer) {
        case .canonical(let end):
            target = raw
            pathEnd = end
            path = UnsafeRawBufferPointer(rebasing: raw[..<end])
        case .respelled(let end, let matched):
            target = raw
            pathEnd = end
            path = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(worker.targetBuffer)[matched])
        case .rewritten(let length, let end, let matched):
            target = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(worker.targetBuffer)[..<length])
            pathEnd = end
            path = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(worker.targetBuffer)[matched])
        case .invalid(let violation):
            // As any other malformed request: answered at once, and the connection ends, because what
            // follows on it may be read in two ways.
            if worker.isWatched { loggedTarget.append(raw) }
            violated(violation, line: 1)
            return
        }
        // Before a route is looked for: somebody who watches wants to know which path has none.
        if worker.isWatched { loggedTarget.append(target) }
        if worker.refusesUnderscores, let line = request.fields.firstUnderscored {
            violated(.fieldNameUnderscored, line: line)
            return
        }
        // `case` rather than `==`: comparing an enum of another module calls its witness.
        if case .options = method, isLastRecipient(request) {
            refuse(.options)
            return
        }
        let query =
            pathEnd < target.count
            ? UnsafeRawBufferPointer(rebasing: target[(pathEnd + 1)...]) : UnsafeRawBufferPointer(start: nil, count: 0)
        // `OPTIONS *` asks about the server as a whole: the route of the root answers (RFC 9110 9.3.7).
        var forwarded = target
        switch parsed.targetForm {
        case .asterisk: path = worker.rootPath
        case .origin: break
        case .absolute:
            // RFC 9112 3.2.4: without path and query it is `*` for the one who answers.
            if method == .options, raw.isEmpty { forwarded = Self.asterisk }
        }
        let index = served.table.match(
            method: method.rawValue, methodName: request[parsed.methodRange], host: request[parsed.host], path: path,
            fields: RequestLookup(bytes: request.bytes, fields: request.fields, query: query))
        guard index >= 0 else {
            refuse(.failure(.noRoute))
            return
        }
        let route = served.route(index, of: worker)
        self.route = route
        follow(route, stream, request, path: path, query: query, target: forwarded)
    }

    /// Finds its side and writes its head, on the route that was found.
    private func follow(
        _ route: LoopRoute, _ stream: any ClientStream, _ request: RequestHeadView, path: UnsafeRawBufferPointer,
        query: UnsafeRawBufferPointer, target: UnsafeRawBufferPointer
    ) {
        guard stream.limitBody(to: route.bodyLimit) else {
            refuse(.failure(.bodyTooLarge))
            return
        }
        isUpgrade = request.head.isWebSocketUpgrade && route.allowsUpgrade
        assign(route, request, path: path, query: query, client: stream)
        if !request.fields.present.isDisjoint(with: ConnectionLogin.requestFields),
            ConnectionLogin.isIn(request: request.fields, of: request.bytes)
        {
            machine.tie(bringsLogin: true)
        } else if stream.bound != nil {
            machine.tie(bringsLogin: false)
        }
        worker.inFlight += 1
        if let mirror = route.mirror, !isUpgrade, route.mirrors(method, named: request[request.head.methodRange]) {
            willMirror = mirror.percent == .all || route.state.mirrorAccumulator.next(mirror.percent) == .service
            if willMirror, machine.bringsLogin {
                // Connections of copies are shared: the next copy on it would be this user.
                willMirror = false
                route.state.mirror.skip(.connectionLogin)
            }
            if willMirror, route.awaitsWrites,
                followsWrite || awaitsWrite(route, request, path, query, stream)
            {
                // The two sides differ for this user, and not because the service errs.
                willMirror = false
                route.state.mirror.skip(.recentWrite)
            }
        }
        rewriteHead(route, request, target: target, client: stream)
        // A body is kept when it may have to be sent twice: to repeat an idempotent request, to the mirror, or to the
        // side that owns the user.
        machine.begin(
            keepsBody: machine.request.hasBody
                && (willMirror || machine.request.isIdempotent || route.owned != nil))
        if route.hasRequestTimeout { armDeadline() }
        if let owned = route.owned, !passesHold(route, owned, stream) { return }
        // Not `let side = …`: the choice between two references would be counted.
        switch machine.side {
        case .service: start(route, route.service, stream)
        case .legacy: start(route, route.legacy, stream)
        }
    }

    func start(_ route: LoopRoute, _ side: LoopSide, _ client: any ClientStream) {
        serving = side
        side.state.counters.inFlight += 1
        side.state.budget.requestStarted()
        admit(route, side, client)
    }

    /// Longest body that is kept for a second attempt.
    private static var replayLimit: Int { 64 << 10 }

    func requestBody(_ stream: any ClientStream, _ bytes: UnsafeRawBufferPointer) {
        let fits = machine.wantsBodyKept && body.count + bytes.count <= keptLimit
        let action = machine.bodyArrived(fits: fits)
        switch action.keeping {
        case .keep: body.append(bytes)
        case .drop: body.clear()
        case .nothing: break
        }
        if action.forwards { upstream?.sendBody(bytes) }
    }

    private var keptLimit: Int { max(Self.replayLimit, willMirror ? route?.mirror?.bodyLimit ?? 0 : 0) }

    func requestEnd(_ stream: any ClientStream) {
        switch machine.endRequest() {
        case .finishRequest: upstream?.finishRequest()
        case .respond(.failure(let failure)):
            giveUp(failure)
            return
        case .respond(.options):
            carryOut(machine.answerOptions(), .options)
            return
        case .nothing: break
        }
        // The copy of a request that is held waits with it.
        if willMirror, machine.phase != .parked { startMirror() }
    }

    func requestRefused(_ stream: any ClientStream, _ refusal: RequestRefusal) {
        switch refusal {
        case .bodyTooLarge: giveUp(.bodyTooLarge)
        case .headTooSlow, .bodyStalled, .bodyTooSlow:
            worker.countLimit(of: refusal)
            giveUp(.requestTimeout)
        case .malformed(let violation, let line): violated(violation, line: line)
        }
    }
}
