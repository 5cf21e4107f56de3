import EventLoop

extension Worker {
    /// Holds the requests of a cohort from now on, or counts anew those that are under way.
    func hold(_ order: LoopOrder) -> LoopReport {
        loop.preconditionOnLoop()
        return owned(order.cohort.context).hold(order, exchanges)
    }

    /// - Returns: how many requests had waited, and go on now.
    func endHold(_ number: UInt64, of context: String) -> Int {
        loop.preconditionOnLoop()
        return ownedContexts[context]?.end(number) ?? 0
    }

    func ownedFigures() -> [String: OwnedFigures] { ownedContexts.mapValues(\.counts) }

    /// What holds do now: by number, who waits for them and whom they wait for.
    func holdLoads() -> [UInt64: HoldLoad] {
        loop.preconditionOnLoop()
        var loads: [UInt64: HoldLoad] = [:]
        for context in ownedContexts.values {
            for hold in context.holds {
                loads[hold.number] = HoldLoad(held: hold.waiting.count, inFlight: hold.inFlight)
            }
        }
        return loads
    }
}

struct HoldLoad: Sendable {
    var held = 0
    var inFlight = 0

    mutating func add(_ other: HoldLoad) {
        held += other.held
        inFlight += other.inFlight
    }
}
