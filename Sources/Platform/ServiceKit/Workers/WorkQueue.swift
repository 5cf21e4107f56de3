import Glibc

/// A bounded queue between loops and worker threads: a mutex and a condition, as Swift's `Mutex` has no waiting.
final class WorkQueue: @unchecked Sendable {
    // @unchecked: every stored property but the two pthread objects is touched only under `lock`; those are never
    // moved, as they lie in memory of their own.

    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let added = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let capacity: Int
    private var items = Fifo<@Sendable () -> Void>()
    private var isClosed = false

    init(capacity: Int) {
        self.capacity = capacity
        pthread_mutex_init(lock, nil)
        pthread_cond_init(added, nil)
    }

    deinit {
        pthread_cond_destroy(added)
        pthread_mutex_destroy(lock)
        added.deallocate()
        lock.deallocate()
    }

    var depth: Int { locked { items.count } }

    /// False when the queue is full or closed; then the work was not taken.
    func append(_ item: @escaping @Sendable () -> Void) -> Bool {
        locked {
            guard !isClosed, items.count < capacity else { return false }
            items.append(item)
            pthread_cond_signal(added)
            return true
        }
    }

    /// No more work is accepted; `workOff` returns when the accepted work is done.
    func close() {
        locked {
            isClosed = true
            pthread_cond_broadcast(added)
        }
    }

    /// Runs work until the queue is closed and empty: the body of a worker thread.
    func workOff() {
        while let item = take() { item() }
    }

    private func take() -> (@Sendable () -> Void)? {
        locked {
            while items.count == 0 {
                if isClosed { return nil }
                pthread_cond_wait(added, lock)
            }
            return items.popFirst()
        }
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return body()
    }
}
