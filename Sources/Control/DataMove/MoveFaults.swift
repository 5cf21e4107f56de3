/// Places inside a store's transactions where a test may end the coordinator or fill the disk. A released program
/// leaves them alone.
package struct MoveFaults {
    package enum Place: Equatable, CaseIterable {
        /// The transaction is about to commit.
        case beforeCommit
        /// It is committed, and its caller does not know.
        case afterCommit
    }

    package var reached: (Place) throws -> Void = { _ in }

    package init() {}
}
