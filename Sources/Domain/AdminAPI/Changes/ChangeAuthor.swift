/// The author of a change: who asks for it, and why. Both planes record it.
package struct ChangeAuthor: Equatable, Sendable {
    /// A name that the caller gives; of a caller without one, the router's word for the way by which it came.
    package var actor: String
    /// nil: none was given.
    package var reason: String?

    package init(actor: String, reason: String?) {
        self.actor = actor
        self.reason = reason
    }
}
