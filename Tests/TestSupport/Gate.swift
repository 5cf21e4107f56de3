import Glibc

/// Closed until it is opened; a blocking semaphore for tests that cross threads.
package final class Gate: @unchecked Sendable {
    // @unchecked: a POSIX semaphore is made for this; its address is fixed by the allocation.
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    package init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    /// Lets one waiter through, now or when it comes.
    package func open() { sem_post(semaphore) }

    /// False after ten seconds: a test must not hang.
    @discardableResult package func wait() -> Bool {
        var end = timespec()
        clock_gettime(CLOCK_REALTIME, &end)
        end.tv_sec += 10
        while sem_timedwait(semaphore, &end) != 0 { if errno == ETIMEDOUT { return false } }
        return true
    }
}
