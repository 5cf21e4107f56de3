import Glibc

/// A value that several threads share, each only inside `withLock`.
///
/// A POSIX mutex is used rather than `Synchronization.Mutex`. The latter waits in a futex inside the standard library,
/// which ThreadSanitizer cannot see, so it reports a race for every two threads that met there. It knows the POSIX
/// mutex, and no report needs to be suppressed. Without contention both cost the same, about 10 ns; no request takes
/// the lock.
package final class Guarded<Value>: @unchecked Sendable {
    // @unchecked: `value` is touched only between lock and unlock of `mutex`, which never moves: it lies in memory of
    // its own.

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var value: Value

    package init(_ value: sending Value) {
        self.value = value
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs `body` while no other thread does. Calls must not be nested, and `body` must not wait for anything.
    package func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&value)
    }
}
