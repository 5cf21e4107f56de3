import EventLoop
import Routing

/// What a revision makes of writes: which contexts' reads wait for them, and how the writers are known. Made once for a
/// table, and shared by all loops.
struct WritePlan: Sendable {
    struct Context: Equatable, Sendable {
        /// Its reads wait: a service has its rows, and readers may come at any moment.
        var isOn = false
        /// Some of its readers are on the service.
        var isTold = false
        /// The agent is to say at once that it has a write: reads are waiting, or copies are compared.
        var isAwaited = false
    }

    /// By index in the document.
    let contexts: [Context]
    /// The keys of all contexts whose reads wait. A writer is looked for by all of them, on whichever route it writes.
    let keys: [CompiledKeys]
    /// Some readers are on a service: users get a token with the response to a write.
    let isTold: Bool
    /// How long a token lasts, in seconds.
    let tokenSeconds: UInt64

    var isOn: Bool { !keys.isEmpty }

    init(_ document: RoutesDocument) {
        var all = document.contexts.map { _ in Context() }
        var patterns = document.contexts.map { _ in [PathPattern]() }
        for route in document.routes where route.service != nil {
            guard let index = route.context, document.contexts[index].mode == .reads,
                document.contexts[index].readsOwnWrites
            else { continue }
            all[index].isOn = true
            patterns[index].append(route.match.path)
            if route.percent > .zero { all[index].isTold = true }
            let isCopied = route.mirror.map { $0.percent > .zero } ?? false
            if route.percent > .zero || isCopied { all[index].isAwaited = true }
        }
        contexts = all
        keys = all.indices.filter { all[$0].isOn }.map { CompiledKeys(document.contexts[$0], ofAny: patterns[$0]) }
        isTold = all.contains { $0.isTold }
        let lags = all.indices.filter { all[$0].isTold }.map { document.contexts[$0].watch.maxLag }
        tokenSeconds =
            Moment.Span(lags.max() ?? .zero).nanoseconds / 1_000_000_000 &+ Follower.patience / 1_000_000_000 &+ 1
    }

    /// Whether a route's writes count: all do but those of contexts that have nothing to keep.
    func notesWrites(of route: Route, in document: RoutesDocument) -> Bool {
        isOn && route.context.map { document.contexts[$0].mode != .stateless } ?? true
    }
}
