import DurableFiles
import Glibc

/// The few file operations the commands need, each whole or not at all.
package enum FileSystem {
    /// The whole content, or nil when it cannot be read.
    package static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count > 0 {
                content.append(contentsOf: chunk[0..<count])
            } else if count == 0 {
                return content
            } else if errno != EINTR {
                return nil
            }
        }
    }

    package static func readText(_ path: String) -> String? { read(path).map { String(decoding: $0, as: UTF8.self) } }

    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    package static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }

    /// Replaces the file whole, so that a reader or a crash sees the old content or the new, never a mixture.
    package static func replace(_ path: String, with bytes: [UInt8]) throws(OperationFailure) {
        do {
            try DurableFile(path: path).replace(with: bytes)
        } catch {
            throw OperationFailure(.failed, "\(error)")
        }
    }

    /// Creates the folder and those above it; one that is there is fine.
    package static func createDirectory(_ path: String, mode: UInt32 = 0o700) throws(OperationFailure) {
        if path.isEmpty || exists(path) { return }
        try createDirectory(directory(of: path), mode: mode)
        guard mkdir(path, mode) == 0 || errno == EEXIST else { throw failure("cannot create", path, errno) }
    }

    /// Removes the file or the folder with everything in it; nothing there is fine. Links are removed, not followed.
    package static func remove(_ path: String) {
        if unlink(path) == 0 || errno == ENOENT { return }
        for name in names(in: path) { remove(path + "/" + name) }
        rmdir(path)
    }

    /// What a folder holds, in no order; nothing when it cannot be read.
    package static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Makes `path` a symbolic link to `target`, in place of whatever link was there.
    package static func link(_ target: String, at path: String) {
        unlink(path)
        symlink(target, path)
    }

    /// What a symbolic link says, unresolved; nil when it is none, or may not be read.
    package static func target(ofLink path: String) -> String? {
        var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &target, target.count)
        return count < 0 ? nil : String(decoding: target.prefix(count), as: UTF8.self)
    }

    /// The folder part; `.` for a bare name.
    package static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    package static func name(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    /// `path` as seen from `folder`, unless it is absolute.
    package static func resolve(_ path: String, in folder: String) -> String {
        path.hasPrefix("/") ? path : (folder == "." ? path : folder + "/" + path)
    }

    /// Where links lead; the path itself when it cannot be told.
    package static func resolveLinks(_ path: String) -> String {
        guard path.contains("/"), let real = realpath(path, nil) else {
            // Called by its bare name: the kernel knows which file runs.
            guard !path.contains("/"), let own = realpath("/proc/self/exe", nil) else { return path }
            defer { free(own) }
            return String(cString: own)
        }
        defer { free(real) }
        return String(cString: real)
    }

    /// Whether a file is of this user, of root, or of the user whose folder it lies in.
    package static func isOfOwner(_ path: String) -> Bool {
        var (file, folder) = (stat(), stat())
        guard lstat(path, &file) == 0, stat(directory(of: path), &folder) == 0 else { return false }
        return file.st_uid == geteuid() || file.st_uid == 0 || file.st_uid == folder.st_uid
    }

    /// One form for all names of what is there; the absolute one of what is not.
    package static func canonical(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return absolute(path) }
        defer { free(real) }
        return String(cString: real)
    }

    /// The absolute form, without looking at links.
    package static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let here = getcwd(nil, 0) else { return path }
        defer { free(here) }
        let folder = String(cString: here)
        return path == "." ? folder : folder + "/" + (path.hasPrefix("./") ? String(path.dropFirst(2)) : path)
    }

    static func failure(_ what: String, _ path: String, _ code: Int32) -> OperationFailure {
        OperationFailure(.failed, "\(what) \(path): \(String(cString: strerror(code)))")
    }
}
