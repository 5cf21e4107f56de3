import EventLoop
import HTTP
import HTTPTransport
import Routing

/// One route of one revision as one loop serves it. It has everything that a request needs, so that no look-up is left.
final class LoopRoute {
    let id: String
    let index: Int
    let state: RouteState
    /// The revision that the route belongs to.
    let shared: ServedTable
    let trustedPeers: [AddressRange]
    let exposes: Bool
    /// Whether a request without a valid `traceparent` gets one.
    let makesTraces: Bool
    /// A trace that the router makes is sampled when its last 56 bits are not below this number.
    let traceThreshold: UInt64
    let legacy: LoopSide
    /// The service; the same as `legacy` when the route has none.
    let service: LoopSide
    let hasService: Bool
    let percent: Percent
    let keys: CompiledKeys?
    let assignment: Assignment?
    /// The context, when its mode is `owned`.
    let owned: LoopContext?
    /// What its requests carry as `x-strangler-epoch`.
    let epoch: UInt64?
    let mirror: CompiledMirror?
    let override: CompiledOverride?
    let bodyLimit: UInt64
    let connectTimeout: Moment.Span
    let responseTimeout: Moment.Span
    let idleTimeout: Moment.Span
    /// Meaningful only when `hasRequestTimeout` is true.
    let requestTimeout: Moment.Span
    let hasRequestTimeout: Bool
    let retry: RetryRule
    let allowsUpgrade: Bool
    let priority: Route.Priority
    let longLived: LongLivedPolicy
    /// `longLived.after`.
    let longAfter: Moment.Span
    /// The follower of its context, when its reads wait for writes.
    let follower: Follower?
    /// Whether there is one: asked for requests that the service would serve.
    let awaitsWrites: Bool
    /// Whether its writes are noted: asked for every request.
    let notesWrites: Bool
    /// `data.maxLag` of its context, in nanoseconds.
    let maxLag: UInt64

    struct CompiledMirror {
        let percent: Percent
        let methods: UInt16
        /// Names of methods without an `HTTPMethod` case; `methods` has one bit for all of them.
        let otherMethods: [[UInt8]]
        let bodyLimit: Int
        let timeout: Moment.Span
    }

    struct CompiledOverride {
        let header: [UInt8]
        /// nil when the override needs no secret.
        let secret: [UInt8]?
        let trusted: [AddressRange]
    }

    /// - Parameter owned: the state of a context of the mode `owned`, by its name.
    init(
        _ route: Route, index: Int, shared: ServedTable, state: RouteState, groups: [UpstreamGroup], book: WritesBook,
        owned: (String) -> LoopContext
    ) {
        id = route.id
        self.index = index
        self.state = state
        legacy = LoopSide(groups[route.legacy], state.legacy)
        service = route.service.map { LoopSide(groups[$0], state.service) } ?? legacy
        hasService = route.service != nil
        self.shared = shared
        trustedPeers = shared.document.trustedPeers
        exposes = shared.document.exposesDecision
        makesTraces = shared.document.tracing != .off
        traceThreshold = shared.document.tracing.rejectionThreshold
        percent = route.servicePercent
        let context = route.context.map { shared.document.contexts[$0] }
        keys = context.flatMap { context in
            context.keys.isEmpty ? nil : CompiledKeys(context, path: route.match.path)
        }
        self.owned = context.flatMap { $0.mode == .owned ? owned($0.name) : nil }
        epoch = context?.epoch
        assignment = route.context.map { shared.table.assignments[$0] }
        mirror = route.mirror.flatMap { policy in
            guard route.service != nil, policy.percent > .zero else { return nil }
            return CompiledMirror(
                percent: policy.percent, methods: Methods.mask(policy.methods),
                otherMethods: policy.methods.filter { Methods.index($0) == 0 }.map { Array($0.utf8) },
                bodyLimit: policy.bodyLimit,
                timeout: Moment.Span(policy.timeout))
        }
        override = route.override.map {
            CompiledOverride(
                header: Array($0.header.utf8), secret: shared.overrideSecrets[index], trusted: $0.trusted)
        }
        bodyLimit = UInt64(clamping: route.bodyLimit)
        connectTimeout = Moment.Span(route.timeouts.connect)
        responseTimeout = Moment.Span(route.timeouts.response)
        idleTimeout = Moment.Span(route.timeouts.idle)
        requestTimeout = route.timeouts.request.map { Moment.Span($0) } ?? .forever
        hasRequestTimeout = route.timeouts.request != nil
        retry = RetryRule(
            attempts: UInt8(clamping: route.retry.attempts),
            onConnectFailure: route.retry.reasons.contains(.connectFailure),
            onResetBeforeResponse: route.retry.reasons.contains(.resetBeforeResponse),
            longestWaitMilliseconds: UInt32(clamping: route.retry.window.milliseconds),
            fallsBackForReads: route.fallsBackForReads(in: context?.mode ?? .stateless))
        allowsUpgrade = route.websocket
        priority = route.priority
        longLived = route.longLived
        longAfter = Moment.Span(route.longLived.after)
        let plan = shared.writePlan
        let followed = route.context.flatMap { plan.contexts[$0].isOn ? context : nil }
        follower = followed.map { book.follower($0.name) }
        notesWrites = plan.notesWrites(of: route, in: shared.document)
        awaitsWrites = followed != nil
        maxLag = context.map { Moment.Span($0.watch.maxLag).nanoseconds } ?? 0
    }

    /// Whether requests with this method are mirrored.
    func mirrors(_ method: HTTPMethod, named name: @autoclosure () -> UnsafeRawBufferPointer) -> Bool {
        guard let mirror, mirror.methods >> UInt16(method.rawValue) & 1 != 0 else { return false }
        guard method.rawValue == 0 else { return true }
        let name = name()
        return mirror.otherMethods.contains { name.elementsEqual($0) }
    }

    /// The side to which one of the connections that are bound to a client leads, if any.
    func side(of bound: BoundStreams) -> Side? {
        if service.group.endpoints.contains(where: { bound.leads(to: $0.address) }) { return .service }
        return legacy.group.endpoints.contains(where: { bound.leads(to: $0.address) }) ? .legacy : nil
    }

    /// The side of a key by the percentage; of no key where that decides too. nil: requests without a key are shared
    /// out.
    func keySide(ofBucket bucket: Int32?) -> Side? {
        if let bucket { return AssignmentDecision.side(ofBucket: bucket, percent: percent) }
        guard owned != nil else { return nil }
        return AssignmentDecision.owned(hasService: hasService, percent: percent, override: nil, bucket: nil).side
    }

    func on(_ side: Side) -> LoopSide {
        // A `switch` rather than `==`, because comparing an enum of another module calls its witness.
        switch side {
        case .service: service
        case .legacy: legacy
        }
    }
}

/// One side of a route as one loop serves it. It is one object with constant parts, so that an exchange counts one
/// reference instead of three.
final class LoopSide {
    let group: UpstreamGroup
    let state: SideState

    init(_ group: UpstreamGroup, _ state: SideState) {
        self.group = group
        self.state = state
    }
}

/// Buckets that stay on the service until their open exchanges have ended. Each is removed when its last exchange ends.
struct LingeringKeys {
    private(set) var open: [Int32: Int] = [:]

    mutating func add(_ bucket: Int32) { open[bucket, default: 0] += 1 }

    func contains(_ bucket: Int32) -> Bool { open[bucket] != nil }

    mutating func ended(_ bucket: Int32) {
        guard let count = open[bucket] else { return }
        open[bucket] = count > 1 ? count - 1 : nil
    }

    var isEmpty: Bool { open.isEmpty }
}

extension Route {
    /// The share that goes to the service: zero when there is none.
    var servicePercent: Percent { service == nil ? .zero : percent }
}
