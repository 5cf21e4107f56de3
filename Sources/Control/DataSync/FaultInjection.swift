/// Places where an agent may be killed, and mistakes it may be made to make, so that tests can prove that the checker
/// would see them. A released agent makes none.
package struct FaultInjection: Sendable {
    package enum Step: Sendable, CaseIterable {
        case snapshotTaken, historyMarked, contextSet, deletesDone, insertsDone, chunkCopied, positionMoved, committed,
            proofRead
    }

    package struct Mistakes: OptionSet, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }
        /// The position is stored in a transaction of its own, before the rows.
        package static let positionFirst = Mistakes(rawValue: 1)
        /// Chunks are read from an older snapshot than the changes.
        package static let staleChunks = Mistakes(rawValue: 2)
        /// A row that holds a unique value which another one claims is deleted and inserted again.
        package static let holdersDeleted = Mistakes(rawValue: 4)
        /// Tombstones are not carried.
        package static let deletesIgnored = Mistakes(rawValue: 8)
        /// Two changes of the source that stand in one snapshot are taken for one: the last is left out.
        package static let lastChangeSkipped = Mistakes(rawValue: 16)
        /// A row that changed is deleted and inserted again.
        package static let rowsReplaced = Mistakes(rawValue: 32)
        /// Rows of the target that the source does not have stay when it is copied anew.
        package static let straysKept = Mistakes(rawValue: 64)
        /// The check that the source's past is the one that was followed is left out.
        package static let historyIgnored = Mistakes(rawValue: 128)
        /// Rows are carried back to the store that wrote them.
        package static let originIgnored = Mistakes(rawValue: 256)
        /// A row that was applied has its writer's number in the feed, not one of the store that it came to.
        package static let feedOfTheWriter = Mistakes(rawValue: 512)
        /// What came to the source from others is not carried on.
        package static let ownChangesOnly = Mistakes(rawValue: 1_024)
        /// Rows are applied whatever version the target holds.
        package static let guardIgnored = Mistakes(rawValue: 2_048)
    }

    package var reached: @Sendable (Step) throws -> Void = { _ in }
    package var mistakes: Mistakes = []

    package init() {}
}
