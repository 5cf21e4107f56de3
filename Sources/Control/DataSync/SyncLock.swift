private import Glibc

/// Keeps a second agent away from a target. Held by an open file, so it ends with the process, however that ends.
package final class SyncLock {
    private let descriptor: Int32

    /// nil when another process carries rows into that target.
    package init?(target: String) {
        descriptor = open(Self.path(target), O_CREAT | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        // Twice: flock keeps the second agent away, the range lock is one that others can ask about without taking it.
        var lock = Self.wholeFile()
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fcntl(descriptor, Self.setLock, &lock) == 0 else {
            close(descriptor)
            return nil
        }
    }

    deinit { close(descriptor) }

    /// Whether somebody holds it; nil when that cannot be found out. Takes nothing, so that it never stands in an
    /// agent's way.
    static func isHeld(target: String) -> Bool? {
        let descriptor = open(path(target), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return errno == ENOENT ? false : nil }
        defer { close(descriptor) }
        var lock = wholeFile()
        guard fcntl(descriptor, getLock, &lock) == 0 else { return nil }
        return lock.l_type != Int16(F_UNLCK)
    }

    private static func path(_ target: String) -> String { target + ".sf-lock" }

    private static func wholeFile() -> flock {
        var lock = Glibc.flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        return lock
    }

    // Locks of an open file, not of a process (fcntl(2), "Open file description locks"); the overlay does not have
    // their names.
    private static let getLock: Int32 = 36
    private static let setLock: Int32 = 37
}
