/// First in, first out. An item that was taken is released at once, however many wait behind it.
struct Fifo<Item> {
    private var items: [Item?] = []
    /// Those before it are taken.
    private var next = 0

    var count: Int { items.count - next }

    mutating func append(_ item: Item) { items.append(item) }

    mutating func popFirst() -> Item? {
        guard next < items.count else { return nil }
        let item = items[next]
        items[next] = nil
        next += 1
        if next == items.count {
            items.removeAll(keepingCapacity: true)
            next = 0
        } else if next > 256 {
            items.removeFirst(next)
            next = 0
        }
        return item
    }
}

extension Fifo: Sendable where Item: Sendable {}
