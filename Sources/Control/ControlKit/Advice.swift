/// Something that a caller may want to do next, and why. The command line writes it as a command; a dashboard would
/// make a button of it.
package struct Advice: Equatable, Sendable {
    package enum Action: Equatable, Sendable {
        /// Look at the routes. - `route`: only at this one.
        case status(route: String?)
        case doctor
        case top
        case mirror(route: String, percent: Double)
        case shift(route: String, percent: Double)
        case rollback(route: String)
        /// Run the scenarios of a route against both sides.
        case parity(route: String)
        case validate(file: String)
        case plan(file: String)
        /// - `ifRevision`: only if that is served still.
        case apply(file: String, ifRevision: Int?)
        case dataStatus(group: String?)
        case dataVerify(group: String?)
        case dataCreate
        case dataSync
        /// What the data plane itself says that helps, in its own sentence.
        case wayOut(String)
    }

    package var action: Action
    /// A short sentence without a full stop.
    package var reason: String

    package init(_ action: Action, _ reason: String) {
        self.action = action
        self.reason = reason
    }
}
