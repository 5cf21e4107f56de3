import Glibc

/// The folder in which a service keeps its store.
package enum DataFolder {
    package struct Failure: Error, CustomStringConvertible, Equatable {
        package let description: String
    }

    /// Makes the folder and missing folders above it, for this user alone (0700). An existing folder stays as it is.
    package static func make(_ path: String) throws(Failure) {
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            made += part
            if mkdir(made, 0o700) != 0, errno != EEXIST, errno != EISDIR {
                throw Failure(description: "\(made): the folder cannot be made (\(String(cString: strerror(errno))))")
            }
            made += "/"
        }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw Failure(description: "\(path): is not a folder; choose another with --data")
        }
    }
}
