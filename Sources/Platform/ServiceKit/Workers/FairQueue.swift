/// What accounts want done, taken in turn: one item of each account that has any, then the next of each.
///
/// An account that brings a thousand items waits for itself alone: another's first item is behind one of each account that came
/// before, however many those have.
package struct FairQueue<Item: Sendable>: Sendable {
    private struct Lane: Sendable {
        var items: [Item] = []
        /// Those before it are taken.
        var next = 0
    }

    /// Only accounts that have something waiting.
    private var lanes: [String: Lane] = [:]
    /// The same accounts in the order of their turns; those before `turn` are taken.
    private var turns: [String] = []
    private var turn = 0
    /// How many items wait.
    package private(set) var count = 0

    package init() {}

    /// Behind what the account has waiting already.
    package mutating func append(_ item: Item, of account: String) {
        if lanes[account] == nil { turns.append(account) }
        lanes[account, default: Lane()].items.append(item)
        count += 1
    }

    /// The first item of the account whose turn it is; nil when nothing waits.
    package mutating func next() -> Item? {
        guard turn < turns.count else { return nil }
        let account = turns[turn]
        turn += 1
        guard var lane = lanes.removeValue(forKey: account), lane.next < lane.items.count else { return nil }
        let item = lane.items[lane.next]
        lane.next += 1
        count -= 1
        if lane.next < lane.items.count {
            if lane.next > 256 {
                lane.items.removeFirst(lane.next)
                lane.next = 0
            }
            lanes[account] = lane
            turns.append(account)
        }
        if turn == turns.count || turn > 256 {
            turns.removeFirst(turn)
            turn = 0
        }
        return item
    }
}
