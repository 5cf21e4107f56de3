private import Routing

/// Which bucket a user's key falls into: the one rule by which routers, stores and moves decide.
package struct KeyBuckets: Sendable {
    private let assignment: Assignment

    /// - Parameter salt: of the group, which is that of its context.
    package init(salt: String) { assignment = Assignment(salt: salt) }

    /// 0 to `CaptureSQL.lastBucket`.
    package func bucket(of key: String) -> Int { Int(assignment.bucket(of: key)) }
}
