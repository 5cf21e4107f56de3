/// A descriptor that a loop watches. Subclasses override `ready`. (`open`, not `package`: only open classes can be
/// derived from elsewhere.)
///
/// The loop finds the object by the pointer in epoll's data: no table, no hash. It therefore retains the source from
/// `register` to `close`, and releases it only after the batch in which it was closed, because a later event of the
/// same batch may still name it.
open class EventSource: Timed {
    /// The descriptor; -1 once closed.
    @usableFromInline package internal(set) final var fd: Int32
    /// What epoll was asked to report; nil when the source is not registered.
    private final var interest: EventSet?

    package init(loop: Loop, fd: Int32) {
        self.fd = fd
        super.init(loop: loop)
    }

    @inlinable public final var isClosed: Bool { fd < 0 }
    package final var isRegistered: Bool { interest != nil }

    /// Called with what happened. Events are level-triggered: what is not handled is reported again at the next turn.
    open func ready(_ events: EventSet) {}

    /// Called when this source holds the loop's cork, after the callback that took it: see `Loop.cork`.
    open func uncork() {}

    /// Starts watching. A call that changes nothing costs nothing.
    package final func watch(_ events: EventSet) throws(SystemError) {
        if interest == events { return }
        try loop.control(self, fd: fd, events, isNew: interest == nil)
        interest = events
    }

    /// Stops watching altogether, also for errors and hang-up, which epoll otherwise reports unasked.
    package final func unwatch() {
        guard interest != nil else { return }
        loop.forget(fd: fd)
        interest = nil
        loop.bury(self)
    }

    /// Closes the descriptor and stops watching it; a second call does nothing. The object may be released at the end
    /// of the loop's turn. Nothing is flushed.
    package final func closeSource() {
        guard fd >= 0 else { return }
        // Closing takes the descriptor out of epoll by itself: it is never duplicated (close-on-exec everywhere).
        SystemCall.close(fd)
        abandonDescriptor()
    }

    /// Forgets the descriptor without closing it: someone else owns it now. Only for sources that were never watched,
    /// or whose descriptor has just been closed.
    package final func abandonDescriptor() {
        fd = -1
        forgetDeadline()
        loop.giveUpCork(of: self)
        if interest != nil {
            interest = nil
            loop.bury(self)
        }
    }
}
