/// Timer wheel of two levels: 256 slots of 4.2 ms, 256 of 1.07 s. Deadlines further away than 4.5 minutes sit in the
/// last slot and are linked again when it comes up, as is everything whose deadline was moved meanwhile.
struct Wheel {
    /// A tick is 2²² ns = 4.19 ms: fine enough for retries and connect time-outs, coarse enough to batch.
    static let tickShift: UInt64 = 22
    /// `Timed.armedTick` of an object that is linked nowhere. It is the tick of `.never`, so that `.never` arms
    /// nothing.
    static let unarmed = UInt64.max >> tickShift
    private static let slotCount: UInt64 = 256
    private static let levelShift: UInt64 = 8

    /// Two levels of 256 heads each.
    private var heads: [Unmanaged<Timed>?]
    /// One bit per slot that holds something.
    private var occupied: [UInt64]
    /// Everything up to and including this tick has been looked at.
    private var currentTick: UInt64
    /// How many are linked.
    private(set) var count = 0

    init(now: Moment) {
        heads = Array(repeating: nil, count: 512)
        occupied = Array(repeating: 0, count: 8)
        currentTick = now.nanoseconds >> Self.tickShift
    }

    /// Links `timed` by its deadline, taking it out of its old slot. Retains it while linked.
    mutating func arm(_ timed: Timed) {
        if timed.slot >= 0 {
            unlink(timed)
        } else {
            _ = Unmanaged.passRetained(timed)
            count += 1
        }
        link(timed)
    }

    mutating func disarm(_ timed: Timed) {
        guard timed.slot >= 0 else { return }
        unlink(timed)
        count -= 1
        Unmanaged.passUnretained(timed).release()
    }

    private mutating func link(_ timed: Timed) {
        // Rounded up, so that nothing fires early, and never a tick that has been looked at already.
        let deadlineTick = timed.deadline.nanoseconds >> Self.tickShift
        let wanted = max(deadlineTick + 1, currentTick + 1)
        var tick = wanted
        let slot: Int
        if wanted - currentTick < Self.slotCount {
            slot = Int(tick & (Self.slotCount - 1))
        } else {
            let furthest = (currentTick >> Self.levelShift) + Self.slotCount - 1
            let coarse = min((wanted >> Self.levelShift), furthest)
            tick = coarse << Self.levelShift
            slot = 256 + Int(coarse & (Self.slotCount - 1))
        }
        // A deadline within the slot's own tick must not relink, so the slot's tick is remembered and not the
        // deadline's.
        timed.armedTick = tick == 0 ? 0 : tick - 1
        timed.slot = Int32(slot)
        timed.previousInSlot = nil
        timed.nextInSlot = heads[slot]
        let reference = Unmanaged.passUnretained(timed)
        heads[slot]?._withUnsafeGuaranteedRef { $0.previousInSlot = reference }
        heads[slot] = reference
        occupied[slot >> 6] |= 1 << UInt64(slot & 63)
    }

    private mutating func unlink(_ timed: Timed) {
        let slot = Int(timed.slot)
        if let previous = timed.previousInSlot {
            previous._withUnsafeGuaranteedRef { $0.nextInSlot = timed.nextInSlot }
        } else {
            heads[slot] = timed.nextInSlot
            if heads[slot] == nil { occupied[slot >> 6] &= ~(1 << UInt64(slot & 63)) }
        }
        timed.nextInSlot?._withUnsafeGuaranteedRef { $0.previousInSlot = timed.previousInSlot }
        timed.nextInSlot = nil
        timed.previousInSlot = nil
        timed.slot = -1
        timed.armedTick = Self.unarmed
    }

    /// Moves on to `now`; returns those whose deadline has passed, in no particular order.
    mutating func advance(to now: Moment, into due: inout [Timed]) {
        let target = now.nanoseconds >> Self.tickShift
        guard target > currentTick else { return }
        guard count > 0 else {
            currentTick = target
            return
        }
        let from = currentTick
        currentTick = target
        sweep(from: from, to: target, offset: 0, now: now, into: &due)
        let (coarseFrom, coarseTo) = (from >> Self.levelShift, target >> Self.levelShift)
        if coarseTo > coarseFrom { sweep(from: coarseFrom, to: coarseTo, offset: 256, now: now, into: &due) }
    }

    private mutating func sweep(from: UInt64, to: UInt64, offset: Int, now: Moment, into due: inout [Timed]) {
        let steps = min(to - from, Self.slotCount)
        for step in 0..<steps {
            let slot = offset + Int((to - step) & (Self.slotCount - 1))
            guard occupied[slot >> 6] & (1 << UInt64(slot & 63)) != 0 else { continue }
            // The list is taken out as a whole first: a relinked entry may land in this very slot, for the wheel's next
            // round.
            var chain = heads[slot]
            heads[slot] = nil
            occupied[slot >> 6] &= ~(1 << UInt64(slot & 63))
            while let reference = chain {
                let timed = reference.takeUnretainedValue()
                chain = timed.nextInSlot
                timed.nextInSlot = nil
                timed.previousInSlot = nil
                timed.slot = -1
                timed.armedTick = Self.unarmed
                if timed.deadline == .never || timed.deadline <= now {
                    if timed.deadline != .never { due.append(timed) }
                    count -= 1
                    reference.release()
                } else {
                    link(timed)
                }
            }
        }
    }

    /// When the next occupied slot comes up; nil when nothing is linked. May be earlier than any true deadline.
    func nextSlot() -> Moment? {
        guard count > 0 else { return nil }
        var best: UInt64?
        if let distance = distance(from: Int((currentTick + 1) & 255), offset: 0) {
            best = currentTick + 1 + UInt64(distance)
        }
        let coarse = currentTick >> Self.levelShift
        if let distance = distance(from: Int((coarse + 1) & 255), offset: 4) {
            let tick = (coarse + 1 + UInt64(distance)) << Self.levelShift
            best = min(best ?? tick, tick)
        }
        return best.map { Moment(nanoseconds: $0 << Self.tickShift) }
    }

    /// Steps from slot `start` to the next occupied one, going round.
    private func distance(from start: Int, offset: Int) -> Int? {
        for word in 0...4 {
            let index = ((start >> 6) + word) & 3
            var bits = occupied[offset + index]
            if word == 0 { bits &= ~0 << UInt64(start & 63) }
            if word == 4 { bits &= (1 << UInt64(start & 63)) - 1 }
            if bits != 0 { return (index * 64 + bits.trailingZeroBitCount - start) & 255 }
        }
        return nil
    }
}
