import EventLoop
import Routing

/// A revision as one loop serves it. Exchanges keep the route of the revision they began with.
///
/// Routes are made ready when the first request comes for them: a loop that takes over a table of 10,000 routes is back
/// at its requests at once, where making all of them took it milliseconds.
final class LoopTable {
    let shared: ServedTable
    /// The same as `shared.table`; it saves one indirection on every request.
    let table: RouteTable
    private let groups: [UpstreamGroup]
    private var made: [LoopRoute?]

    init(_ shared: ServedTable, groups: [UpstreamGroup]) {
        self.shared = shared
        self.groups = groups
        table = shared.table
        made = Array(repeating: nil, count: shared.document.routes.count)
    }

    /// The route at an index of the document, as `worker` serves it.
    func route(_ place: Int, of worker: Worker) -> LoopRoute {
        if let route = made[place] { return route }
        let policy = shared.document.routes[place]
        let route = LoopRoute(
            policy, index: place, shared: shared, state: worker.state(of: policy), groups: groups,
            book: worker.writes, owned: { worker.owned($0) })
        made[place] = route
        return route
    }
}
