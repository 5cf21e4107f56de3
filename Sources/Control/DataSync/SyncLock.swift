private import Glibc

/// Keeps a second agent away from a target. Held by an open file, so it ends with the process, however that ends.
package final class SyncLock {
    private let descriptor: Int32

    /// nil when another process carries rows into that target.
    package init?(target: String) {
        descriptor = open(target + ".sf-lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
    }

    deinit { close(descriptor) }
}
