import Glibc

/// A 32 byte key that several processes read from one file of mode 0600.
package struct TokenKey: Sendable, Equatable {
    package let bytes: [UInt8]

    package init?(bytes: [UInt8]) {
        guard bytes.count == HMACSHA256.keyLength else { return nil }
        self.bytes = bytes
    }

    package struct Failure: Error, CustomStringConvertible, Equatable {
        package let description: String
    }

    /// Reads the key, making the file first when it is missing.
    ///
    /// Any number of processes may start at once: each writes a temporary file and links it to the name; the first
    /// link wins, and all of them read what stands under the name then.
    package static func load(orCreate path: String) throws(Failure) -> TokenKey {
        if let key = try read(path) { return key }
        try create(path)
        if let key = try read(path) { return key }
        throw Failure(description: "\(path): the key file vanished while it was made; start again")
    }

    /// Nil when there is no such file.
    private static func read(_ path: String) throws(Failure) -> TokenKey? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 {
            if errno == ENOENT { return nil }
            throw Failure(description: "\(path): cannot be read (\(reason(errno))); check its owner and mode")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & 0o077 == 0 else {
            throw Failure(description: "\(path): others may read this key; run: chmod 600 '\(path)'")
        }
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        let text = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        let line = text.prefix { !$0.isWhitespace }
        guard let bytes = Hex.decode(line), let key = TokenKey(bytes: bytes) else {
            throw Failure(
                description: "\(path): not a key (64 hexadecimal digits are wanted); remove it to get a new one")
        }
        return key
    }

    private static func create(_ path: String) throws(Failure) {
        let temporary = path + ".new-" + Hex.encode(SecureRandom.bytes(8))
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Failure(description: "\(temporary): cannot be made (\(reason(errno))); check the folder")
        }
        defer { unlink(temporary) }
        let text = Array((Hex.encode(SecureRandom.bytes(HMACSHA256.keyLength)) + "\n").utf8)
        let complete = write(descriptor, text, text.count) == text.count && fsync(descriptor) == 0
        let failure = errno
        close(descriptor)
        guard complete else { throw Failure(description: "\(temporary): cannot be written (\(reason(failure)))") }
        if link(temporary, path) != 0, errno != EEXIST {
            throw Failure(description: "\(path): cannot be made (\(reason(errno)))")
        }
        let slash = path.lastIndex(of: "/")
        let folder = open(slash.map { String(path[...$0]) } ?? ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if folder >= 0 {
            fsync(folder)
            close(folder)
        }
    }

    private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
