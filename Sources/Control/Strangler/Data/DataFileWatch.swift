import ControlKit
import DataSync
import Glibc
import Operations
import Synchronization

/// Tells a running agent when `data.json` changed: the file is asked for its inode, size and time, and read only when
/// they moved.
final class DataFileWatch: Sendable {
    /// What `stat` says; nil while there is no file.
    private struct Sign: Equatable {
        var inode: UInt
        var size: Int
        var seconds: Int
        var nanoseconds: Int
    }

    private let invocation: Invocation
    private let seen: Mutex<Sign?>

    /// What stands there now counts as read: made before the document is read, so that no change slips between.
    init(_ invocation: Invocation) {
        self.invocation = invocation
        seen = Mutex(Self.sign(DataFile.path(invocation)))
    }

    @Sendable func news() -> SyncAgent.News {
        let sign = Self.sign(DataFile.path(invocation))
        let isSame = seen.withLock { seen in
            defer { seen = sign }
            return seen == sign
        }
        guard !isSame else { return .unchanged }
        do throws(OperationFailure) {
            return .changed(try DataFile.document(invocation))
        } catch {
            return .refused(([error.message] + error.diagnostics).joined(separator: "; "))
        }
    }

    private static func sign(_ path: String) -> Sign? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Sign(
            inode: status.st_ino, size: Int(status.st_size), seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec)
    }
}
