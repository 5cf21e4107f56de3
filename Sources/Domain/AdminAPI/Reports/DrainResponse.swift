/// The router drains, and ends then.
package struct DrainResponse: WireObject, Equatable {
    package static let states = ["draining"]

    package var state = ""
    package var deadlineMilliseconds = 0.0
    /// Exchanges that are under way.
    package var inFlight = 0
    /// Of clients.
    package var connections = 0

    package init() {}

    package init(state: String, deadlineMilliseconds: Double, inFlight: Int, connections: Int) {
        self.state = state
        self.deadlineMilliseconds = deadlineMilliseconds
        self.inFlight = inFlight
        self.connections = connections
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.word("state", &state, oneOf: Self.states)
        try wire.member("deadline_ms", &deadlineMilliseconds)
        try wire.member("in_flight", &inFlight)
        try wire.member("connections", &connections)
    }
}
