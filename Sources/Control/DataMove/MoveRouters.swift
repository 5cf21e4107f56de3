package import Migration

/// The routers, as a move sees them. All of them: a call returns when every one has done its part.
package protocol MoveRouters {
    /// Keeps requests of the slice's users back, and returns when none of that kind is under way any more. A second
    /// call for the same buckets widens the hold, or takes it anew when it ran out.
    func hold(_ slice: MoveSlice, _ kind: MoveHold) async throws(MoveRoutersProblem)
    /// Whether every router holds, and goes on for as long as it takes to publish.
    func isHeld() async -> Bool
    /// Lets every router serve so many buckets, from 0 on, from the service. Changes nothing where that is served.
    func publish(ticks: Int, epoch: Int) async throws(MoveRoutersProblem)
    /// Requests of the context that any coordinator keeps back go to whom the routes name then. Without a hold it does
    /// nothing.
    func release() async throws(MoveRoutersProblem)
}

package enum MoveRoutersProblem: Error, Sendable, Equatable {
    /// Requests under way did not end in time; nothing is held any more.
    case requestsRemained
    /// A sentence without a full stop.
    case failed(String)
}
