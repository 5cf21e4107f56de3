/// How many requests a load keeps under way at most: what this process and one client address can carry.
///
/// Users who arrive do not know how many others wait, so an open model has no such limit; a process that plays all of
/// them has one. What is due beyond it is not sent, and counted as such: it says nothing about the router.
package struct LoadLimit: Equatable, Sendable {
    package var requests: Int
    package var reason: String

    package init(requests: Int, reason: String) {
        self.requests = requests
        self.reason = reason
    }

    /// - Parameters:
    ///   - descriptors: that this process may have; some are kept for others.
    ///   - connectionsPerAddress: that the router takes from one address; a tenth is left for others on this machine.
    package init(descriptors: Int, connectionsPerAddress: Int) {
        let own = max(descriptors - 64, 1)
        let routers = max(connectionsPerAddress - connectionsPerAddress / 10, 1)
        if own < routers {
            self.init(requests: own, reason: "this process may open \(descriptors) files")
        } else {
            self.init(
                requests: routers,
                reason: "the router takes \(connectionsPerAddress) connections from one address "
                    + "(limits.connectionsPerAddress)")
        }
    }
}
