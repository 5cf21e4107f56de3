import Glibc

/// A file that is only ever replaced whole. Every reader, also after a crash of the machine, sees the old text or the
/// new one and never a mixture: a temporary file is written beside it, synced and renamed over it, and the folder is
/// synced.
///
/// A path that is a symbolic link is written through the link: what it leads to is replaced, in its own folder, and the
/// link stays.
package struct DurableFile: Sendable {
    /// The path as given.
    package let path: String
    private let calls: FileCalls

    package init(path: String, calls: FileCalls = .kernel) {
        self.path = path
        self.calls = calls
    }

    /// Folder that holds it, `.` when the path has none.
    package var folder: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Last component of the path.
    package var name: String {
        guard let slash = path.lastIndex(of: "/") else { return path }
        return String(path[path.index(after: slash)...])
    }

    /// All bytes.
    /// - Parameter limit: a longer file is refused with EFBIG instead of being read. Default 64 MiB.
    package func read(limit: Int = 64 << 20) throws(FileError) -> [UInt8] {
        let fd = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { throw FileError(operation: "open", path: path, code: errno) }
        defer { _ = Glibc.close(fd) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(fd, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError(operation: "read", path: path, code: errno)
            }
            if count == 0 { return bytes }
            guard bytes.count + count <= limit else { throw FileError(operation: "read", path: path, code: EFBIG) }
            bytes.append(contentsOf: chunk[..<count])
        }
    }

    /// Replaces the content; returns when it is on the disk.
    ///
    /// The temporary is created 0600 and exclusively; it takes the mode of the file it replaces. Temporaries that an
    /// earlier writer left behind are removed first, so call it under the file's `WriterLock`.
    package func replace(with bytes: [UInt8]) throws(FileError) {
        // The link is resolved each time, as it may lead elsewhere than a moment ago.
        let target = try target()
        guard target.path == path else { return try target.replace(with: bytes) }
        removeStrayTemporaries()
        let temporary = "\(folder)/.\(name).tmp-\(getpid())"
        let fd = Int32(
            clamping: try check(calls.open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0o600), "create", temporary))
        do {
            try fill(fd, bytes, temporary)
        } catch {
            _ = calls.close(fd)
            _ = calls.unlink(temporary)
            throw error
        }
        do {
            try check(calls.close(fd), "close", temporary)
            try check(calls.rename(temporary, path), "rename to \(path) from", temporary)
        } catch {
            _ = calls.unlink(temporary)
            throw error
        }
        try syncFolder()
    }

    /// The file to which its links lead in the end; the same file when it is no link. The result need not exist.
    package func target() throws(FileError) -> DurableFile {
        var path = path
        for _ in 0..<Self.linkLimit {
            guard let link = Self.readLink(path) else { return DurableFile(path: path, calls: calls) }
            let folder = DurableFile(path: path).folder
            path = link.hasPrefix("/") ? link : folder == "/" ? "/" + link : "\(folder)/\(link)"
        }
        throw FileError(operation: "follow", path: self.path, code: ELOOP)
    }

    /// As many as the kernel follows (path_resolution(7)).
    private static let linkLimit = 40

    private static func readLink(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlink(path, &buffer, buffer.count - 1)
        guard count > 0 else { return nil }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Milliseconds since 1970 of the last change of its content; nil when that cannot be told.
    package func modifiedAt() -> Int64? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        // A program that may write a file may also set its time, and some file systems keep any value.
        let seconds = min(max(Int64(status.st_mtim.tv_sec), -Self.farthest), Self.farthest)
        return seconds * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000
    }

    /// Seconds between 1970 and the end of the year 9999.
    static let farthest: Int64 = 253_402_300_799

    /// Removes the file and makes the removal durable. It is no error when the file does not exist.
    package func remove() throws(FileError) {
        let result = calls.unlink(path)
        guard result >= 0 || result == -Int(ENOENT) else {
            throw FileError(operation: "remove", path: path, code: Int32(clamping: -result))
        }
        try syncFolder()
    }

    private func fill(_ fd: Int32, _ bytes: [UInt8], _ temporary: String) throws(FileError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { calls.write(fd, UnsafeRawBufferPointer(rebasing: $0[written...])) }
            if count == -Int(EINTR) { continue }
            try check(count, "write", temporary)
            // A result of zero would loop for ever; on some file systems the kernel returns it for a full device.
            guard count > 0 else { throw FileError(operation: "write", path: temporary, code: ENOSPC) }
            written += count
        }
        var status = stat()
        if stat(path, &status) == 0 {
            try check(calls.changeMode(fd, status.st_mode & 0o777), "set the mode of", temporary)
        }
        try check(calls.sync(fd), "fsync", temporary)
    }

    private func syncFolder() throws(FileError) {
        let fd = Int32(clamping: try check(calls.open(folder, O_RDONLY | O_DIRECTORY, 0), "open", folder))
        defer { _ = calls.close(fd) }
        try check(calls.sync(fd), "fsync", folder)
    }

    private func removeStrayTemporaries() {
        let prefix = ".\(name).tmp-"
        for entry in DurableFile.entries(of: folder) where entry.hasPrefix(prefix) {
            _ = calls.unlink("\(folder)/\(entry)")
        }
    }

    @discardableResult
    private func check(_ result: Int, _ operation: String, _ path: String) throws(FileError) -> Int {
        guard result < 0 else { return result }
        throw FileError(operation: operation, path: path, code: Int32(clamping: -result))
    }

    /// Names in a folder without `.` and `..`; none when it cannot be read.
    static func entries(of folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
