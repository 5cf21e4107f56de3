/// Something with a deadline on a loop's wheel.
///
/// `deadline` may be moved at will: later moves cost one store (the wheel finds out when the old slot comes up and
/// re-arms), earlier ones a relinking. Confined to its loop, like everything that derives from it.
open class Timed {
    /// The loop it lives on; all its methods are called there. The reference is strong because a constant strong
    /// reference is read without being counted, which an `unowned(unsafe)` one is not. A loop and what it watches hold
    /// each other until the latter is closed.
    package final let loop: Loop

    /// When `deadlineReached` is to be called; `.never` when it is not.
    package private(set) var deadline: Moment = .never
    /// The tick of the wheel slot this is linked into; `Wheel.unarmed` when it is in none.
    final var armedTick = Wheel.unarmed
    final var nextInSlot: Unmanaged<Timed>?
    final var previousInSlot: Unmanaged<Timed>?
    final var slot: Int32 = -1

    package init(loop: Loop) { self.loop = loop }

    package final func setDeadline(_ moment: Moment) {
        deadline = moment
        if moment.nanoseconds >> Wheel.tickShift < armedTick { loop.wheel.arm(self) }
    }

    /// Cancels the call. The wheel forgets the object when its slot comes up; until then it stays in memory.
    package final func clearDeadline() { deadline = .never }

    /// Takes it out of the wheel at once, so that nothing keeps it alive.
    package final func forgetDeadline() {
        deadline = .never
        loop.wheel.disarm(self)
    }

    /// Called once per deadline, at most one tick (4 ms) late when the loop is not busy. `deadline` is `.never` then.
    open func deadlineReached() {}

    final func expire() {
        deadline = .never
        deadlineReached()
    }
}

/// A timer that calls a closure, for rare and coarse uses.
package final class Timer: Timed {
    private var action: (() -> Void)?

    package init(loop: Loop, action: @escaping () -> Void) {
        self.action = action
        super.init(loop: loop)
    }

    package func fire(after span: Moment.Span) { setDeadline(loop.now + span) }

    /// Ends it for good.
    package func cancel() {
        action = nil
        forgetDeadline()
    }

    override package func deadlineReached() { action?() }
}
