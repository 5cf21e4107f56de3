import Glibc

extension DurableFile {
    /// Why the file cannot be replaced by rename; nil when no reason was found.
    ///
    /// Nothing is written to find out. The kernel is asked about the folder (which covers read-only file systems), and
    /// the file must not be a mount of its own (a bind-mounted file, as in containers), since a rename over a mount
    /// fails. A full disk is not detected; it shows only when something is written.
    package func replacementProblem() -> FileError? {
        let target: DurableFile
        do throws(FileError) {
            target = try self.target()
        } catch {
            return error
        }
        if access(target.folder, W_OK) != 0 {
            return FileError(operation: "create a file in", path: target.folder, code: errno)
        }
        guard let real = realpath(target.path, nil) else { return nil }
        defer { free(real) }
        if MountTable.current().isMountPoint(String(cString: real)) {
            return FileError(operation: "rename over a mount,", path: target.path, code: EBUSY)
        }
        return target.stickyProblem()
    }

    /// In a folder like /tmp only a file's owner, or the folder's, may rename over it.
    private func stickyProblem() -> FileError? {
        var (folderStatus, fileStatus) = (stat(), stat())
        guard geteuid() != 0, stat(folder, &folderStatus) == 0, stat(path, &fileStatus) == 0,
            folderStatus.st_mode & S_ISVTX != 0, folderStatus.st_uid != geteuid(), fileStatus.st_uid != geteuid()
        else { return nil }
        return FileError(operation: "rename over", path: path, code: EPERM)
    }
}

/// The mounts of this process, as `/proc/self/mountinfo` lists them (proc_pid_mountinfo(5)).
package struct MountTable: Equatable, Sendable {
    private let points: Set<String>

    package init(mountinfo text: String) {
        points = Set(
            text.split(separator: "\n").compactMap { line in
                let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: false)
                return fields.count > 4 ? Self.unescaped(fields[4]) : nil
            })
    }

    /// Empty where there is no `/proc`; there only a failed rename shows a mount.
    package static func current() -> MountTable {
        let bytes = (try? DurableFile(path: "/proc/self/mountinfo").read()) ?? []
        return MountTable(mountinfo: String(decoding: bytes, as: UTF8.self))
    }

    /// - Parameter path: absolute and without links.
    package func isMountPoint(_ path: String) -> Bool { points.contains(path) }

    /// Blanks, tabs, line breaks and backslashes stand there as three octal digits behind a backslash.
    private static func unescaped(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3,
                let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                bytes.append(code)
                rest.removeFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
