import Routing

/// Who waits for a connection: one line for each priority, the oldest of the most important first, as HAProxy's
/// priority classes have it. A sheddable request may starve while critical ones keep coming; its patience (the connect
/// time-out) bounds that.
struct WaitingLine<Waiter: AnyObject> {
    private struct Line {
        /// Oldest first; slots of those that gave up are nil.
        var slots: [Waiter?] = []
        var first = 0

        mutating func next() -> Waiter? {
            while first < slots.count {
                let next = slots[first]
                slots[first] = nil
                first += 1
                if first == slots.count || first > 1024 {
                    slots.removeFirst(first)
                    first = 0
                }
                if let next { return next }
            }
            return nil
        }

        mutating func withdraw(_ waiter: Waiter) -> Bool {
            guard let index = slots[first...].firstIndex(where: { $0 === waiter }) else { return false }
            slots[index] = nil
            return true
        }
    }

    private var lines = InlineArray<3, Line> { _ in Line() }
    /// Those that still wait.
    private(set) var count = 0

    private static func place(_ priority: Route.Priority) -> Int {
        switch priority {
        case .critical: 0
        case .normal: 1
        case .sheddable: 2
        }
    }

    mutating func append(_ waiter: Waiter, _ priority: Route.Priority) {
        lines[Self.place(priority)].slots.append(waiter)
        count += 1
    }

    /// Whether it was there.
    mutating func withdraw(_ waiter: Waiter, _ priority: Route.Priority) -> Bool {
        guard lines[Self.place(priority)].withdraw(waiter) else { return false }
        count -= 1
        return true
    }

    /// Takes out whose turn it is.
    mutating func next() -> Waiter? {
        guard count > 0 else { return nil }
        for place in 0..<3 {
            if let waiter = lines[place].next() {
                count -= 1
                return waiter
            }
        }
        return nil
    }
}
