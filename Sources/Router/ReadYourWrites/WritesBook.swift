import EventLoop
import Routing

/// The recent writes of each context, by its name: what the loops and the control loop have in common. Looked up when a
/// table is made ready and when an agent reports, never for a request.
final class WritesBook: Sendable {
    /// Names the moments of this process.
    let process: UInt64
    private let known = Guarded<[String: RecentWrites]>([:])

    init() {
        var random = SystemRandomNumberGenerator()
        process = random.next()
    }

    /// It outlives changes of the configuration, as the memory of its users does.
    func of(_ context: String) -> RecentWrites {
        known.withLock { known in
            if let present = known[context] { return present }
            let made = RecentWrites(process: process)
            known[context] = made
            return made
        }
    }

    /// nil: none of its routes was asked for, nor was it reported.
    func known(_ context: String) -> RecentWrites? { known.withLock { $0[context] } }
}

/// What is done about the writes to a context.
struct WriteTracking: Equatable, Sendable {
    /// Users are remembered by their keys: a service has the context's rows, and readers may come at any moment.
    var isOn = false
    /// Some of its readers are on the service: users get a token as well.
    var isTold = false
    /// The agent is to say at once that it has a write: reads are waiting, or copies are compared.
    var isAwaited = false
}

extension RoutesDocument {
    /// By index of the context.
    var writeTracking: [WriteTracking] {
        var all = contexts.map { _ in WriteTracking() }
        for route in routes where route.service != nil {
            guard let index = route.context, contexts[index].mode == .reads, contexts[index].readsOwnWrites else {
                continue
            }
            all[index].isOn = true
            if route.percent > .zero { all[index].isTold = true }
            let isCopied = route.mirror.map { $0.percent > .zero } ?? false
            if route.percent > .zero || isCopied { all[index].isAwaited = true }
        }
        return all
    }
}
