import EventLoop
import HTTP
import Routing

/// Which side a request would have, found out in the way of a request that is served, but without an exchange, a client
/// or a count.
struct ExplainedAssignment {
    /// What became of one of the context's keys; those behind the one that decided are not tried.
    enum Trial: Equatable {
        case found
        /// The router would make one up and set it as a cookie.
        case minted
        case missing
    }

    let decision: AssignmentDecision
    /// Of the request's key, whether or not it decided; nil: it has none yet.
    let bucket: Int32?
    /// The keys in their order, up to the one that was found or would be made up.
    let trials: [(key: AssignmentKey, became: Trial)]
    /// Where the bucket comes from.
    var source: AssignmentKey? { trials.last.flatMap { $0.became == .found ? $0.key : nil } }
    var mints: Bool { trials.last?.became == .minted }
    /// Milliseconds since the last write of its user, when the service is not known to have that; nil: it has, or there
    /// was none.
    let sinceWrite: Int64?

    /// - Parameters:
    ///   - path: in the form in which paths are compared.
    ///   - peer: the address that the request would come from.
    ///   - isSafe: the method asks only to read.
    ///   - writes: those that the loops noted.
    init(
        _ route: Route, of table: ServedTable, fields: FieldTable, bytes: UnsafeRawBufferPointer,
        path: UnsafeRawBufferPointer, query: UnsafeRawBufferPointer, peer: IPAddress?, isSafe: Bool = true,
        writes: WritesBook
    ) {
        let sinceWrite =
            isSafe ? Self.sinceWrite(route, of: table, fields, bytes, path, query, peer, writes) : nil
        self.sinceWrite = sinceWrite
        let (bucket, trials) = Self.key(route, of: table, fields, bytes, path, query, peer)
        (self.bucket, self.trials) = (bucket, trials)
        let mode = route.context.map { table.document.contexts[$0].mode }
        guard mode != .owned else {
            decision = .owned(
                hasService: route.service != nil, percent: route.servicePercent,
                override: Self.asked(route, fields, bytes), bucket: bucket)
            return
        }
        decision = .of(
            hasService: route.service != nil, percent: route.servicePercent,
            override: { Self.asked(route, fields, bytes) },
            // Which keys stay on the service after a rollback is known to the loops alone.
            lingering: { nil },
            bucket: { bucket },
            // There is no connection.
            bound: { nil },
            // As the first request without a key.
            share: { percent in
                var share = ShareAccumulator()
                return share.next(percent)
            },
            awaitsWrite: { sinceWrite != nil })
    }

    private static func sinceWrite(
        _ route: Route, of table: ServedTable, _ fields: FieldTable, _ bytes: UnsafeRawBufferPointer,
        _ path: UnsafeRawBufferPointer, _ query: UnsafeRawBufferPointer, _ peer: IPAddress?, _ writes: WritesBook
    ) -> Int64? {
        guard let place = route.context, table.writePlan.contexts[place].isOn else { return nil }
        let context = table.document.contexts[place]
        var scratch = [UInt8](repeating: 0, count: 16 << 10)
        var user = WrittenKeys()
        scratch.withUnsafeMutableBytes { scratch in
            user.find(
                CompiledKeys(context, path: route.match.path),
                in: KeyContext(
                    bytes: bytes, fields: fields, path: path, query: query, peer: peer,
                    trustedPeers: table.document.trustedPeers, scratch: scratch))
        }
        let now = Moment.read().nanoseconds
        let wait = writes.follower(context.name).wait(
            maxLag: Moment.Span(context.watch.maxLag).nanoseconds, now: now)
        let last = max(
            writes.recent.lastWrite(user), writes.recent.lastWrite(told: fields, of: bytes, now: now))
        return wait.isOver(for: last) ? nil : Int64(clamping: (now - min(now, last)) / 1_000_000)
    }

    private static func key(
        _ route: Route, of table: ServedTable, _ fields: FieldTable, _ bytes: UnsafeRawBufferPointer,
        _ path: UnsafeRawBufferPointer, _ query: UnsafeRawBufferPointer, _ peer: IPAddress?
    ) -> (Int32?, [(AssignmentKey, Trial)]) {
        guard let place = route.context else { return (nil, []) }
        let context = table.document.contexts[place]
        let keys = CompiledKeys(context, path: route.match.path)
        var scratch = [UInt8](repeating: 0, count: 16 << 10)
        return scratch.withUnsafeMutableBytes { scratch in
            let request = KeyContext(
                bytes: bytes, fields: fields, path: path, query: query, peer: peer,
                trustedPeers: table.document.trustedPeers, scratch: scratch)
            func missing(before place: Int) -> [(AssignmentKey, Trial)] {
                context.keys.prefix(place).map { ($0, .missing) }
            }
            switch request.find(keys) {
            case .key(let value, let source):
                let deciding = keys.places[source]
                return (
                    table.table.assignments[place].bucket(of: value),
                    missing(before: deciding) + [(context.keys[deciding], .found)]
                )
            case .mint(let source):
                let deciding = keys.places[source]
                return (nil, missing(before: deciding) + [(context.keys[deciding], .minted)])
            case .none: return (nil, missing(before: context.keys.count))
            }
        }
    }

    /// The side that the request's field asks for. Whether its client may ask is not known here: the sentence says it
    /// as a condition.
    private static func asked(_ route: Route, _ fields: FieldTable, _ bytes: UnsafeRawBufferPointer) -> Side? {
        guard let override = route.override else { return nil }
        let found = Array(override.header.utf8).withUnsafeBytes { fields.index(named: $0, in: bytes) }
        return found.flatMap { Side(named: fields[$0].value.slice(of: bytes)) }
    }
}
