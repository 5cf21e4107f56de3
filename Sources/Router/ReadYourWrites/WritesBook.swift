import EventLoop

/// The recent writes of a process, and the followers of its contexts, by name: what the loops and the control loop have
/// in common. Looked up when a route is made ready and when an agent reports, never for a request.
final class WritesBook: Sendable {
    let recent: RecentWrites
    private let known = Guarded<[String: Follower]>([:])

    init() {
        var random = SystemRandomNumberGenerator()
        recent = RecentWrites(process: random.next())
    }

    /// Of a context; it outlives changes of the configuration.
    func follower(_ context: String) -> Follower {
        known.withLock { known in
            if let present = known[context] { return present }
            let made = Follower()
            known[context] = made
            return made
        }
    }
}
