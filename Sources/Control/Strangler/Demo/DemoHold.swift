import ControlKit
import Glibc

/// Says that a demo runs here, for as long as its process lives; the kernel takes it back whatever happens.
final class DemoHold: Sendable {
    private let descriptor: Int32

    init(_ path: String) throws(OperationFailure) {
        descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw OperationFailure(.failed, "cannot open \(path): \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw OperationFailure(
                .failed, "a demo runs here already", fix: "end it with Ctrl-C where it runs, or: strangler demo down")
        }
        ftruncate(descriptor, 0)
        let text = "\(getpid())\n"
        _ = text.withCString { write(descriptor, $0, strlen($0)) }
    }

    /// The process that holds the demo in this folder, if one does.
    static func holder(_ path: String) -> Int32? {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return nil }
        return FileSystem.readText(path).flatMap { Int32($0.prefix { $0.isNumber }) }
    }

    deinit { close(descriptor) }
}
