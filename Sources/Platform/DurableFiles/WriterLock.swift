import Glibc

/// Keeps a second writer away from a file: an advisory `flock` on `.NAME.lock` beside it, gone with its holder however
/// that dies. Readers need none, as the file is only ever replaced whole.
/// For a symbolic link, it is the lock of the file to which the link leads, so that writers by either name meet.
package final class WriterLock {
    private let fd: Int32

    /// Takes the lock or says who has it.
    /// - Returns: nil when another process (or another lock of this one) holds it.
    package init?(for file: DurableFile) throws(FileError) {
        let file = try file.target()
        let path = "\(file.folder)/.\(file.name).lock"
        let fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard fd >= 0 else { throw FileError(operation: "open", path: path, code: errno) }
        while flock(fd, LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            let code = errno
            close(fd)
            if code == EWOULDBLOCK { return nil }
            throw FileError(operation: "lock", path: path, code: code)
        }
        self.fd = fd
    }

    /// Lets go; the lock file stays, as removing it would race with the next taker.
    deinit { close(fd) }
}
