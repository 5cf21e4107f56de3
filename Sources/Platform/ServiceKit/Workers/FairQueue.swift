/// A queue of the work of accounts, taken in turn: one item of each account that has any, then the next of each.
///
/// An account that brings a thousand items delays only itself: another's first item waits behind one item of each
/// account that came before, however many those have.
package struct FairQueue<Item: Sendable>: Sendable {
    /// Only accounts that have something waiting.
    private var lanes: [String: Fifo<Item>] = [:]
    /// The same accounts in the order of their turns.
    private var turns = Fifo<String>()
    /// How many items wait.
    package private(set) var count = 0

    package init() {}

    /// Appends an item behind those that the account has waiting already.
    package mutating func append(_ item: Item, of account: String) {
        if lanes[account] == nil { turns.append(account) }
        lanes[account, default: Fifo()].append(item)
        count += 1
    }

    /// The first item of the account whose turn it is; nil when nothing waits.
    package mutating func next() -> Item? {
        guard let account = turns.popFirst(), var lane = lanes.removeValue(forKey: account) else { return nil }
        let item = lane.popFirst()
        count -= 1
        if lane.count > 0 {
            lanes[account] = lane
            turns.append(account)
        }
        return item
    }
}
