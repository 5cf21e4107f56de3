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
enum WriteTracking: Sendable {
    /// Nothing: no service reads its rows, or the setting is off.
    case off
    /// Users are remembered by their keys: copies may be compared, and readers may come at any moment.
    case remembered
    /// Some of its readers are on the service: users get a token as well.
    case told
}

extension RoutesDocument {
    /// By index of the context.
    var writeTracking: [WriteTracking] {
        var all = contexts.map { _ in WriteTracking.off }
        for route in routes where route.service != nil {
            guard let index = route.context, contexts[index].mode == .reads, contexts[index].readsOwnWrites else {
                continue
            }
            if route.percent > .zero { all[index] = .told } else if all[index] == .off { all[index] = .remembered }
        }
        return all
    }
}
