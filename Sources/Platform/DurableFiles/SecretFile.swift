import Glibc

/// A file whose content only its owner may know: a bearer token, a shared secret.
///
/// It is refused unless only its owner can read it, as ssh does with its keys, because any other reader has the secret
/// already. A short one is refused because it can be guessed.
package struct SecretFile: Sendable {
    package let path: String

    /// The least number of bytes, which is 128 bits when they are random.
    package static let shortest = 16
    private static let longest = 4_096

    package init(path: String) { self.path = path }

    /// Why a secret is not taken, with the path and what to do.
    package struct Refusal: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// The secret, without the line break that a file ends with as a rule.
    package func read() throws(Refusal) -> [UInt8] {
        let fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard fd >= 0 else { throw Refusal(description: "cannot open \(path): \(String(cString: strerror(errno)))") }
        defer { close(fd) }
        var status = stat()
        guard fstat(fd, &status) == 0 else {
            throw Refusal(description: "cannot look at \(path): \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw Refusal(description: "\(path) is not a regular file") }
        guard Self.isPrivate(mode: status.st_mode, owner: status.st_uid, reader: geteuid()) else {
            throw Refusal(
                description:
                    "\(path): others may read this secret (mode \(Self.octal(status.st_mode))); run: chmod 600 '\(path)'"
            )
        }
        var bytes = [UInt8](repeating: 0, count: Self.longest + 1)
        let count = Glibc.read(fd, &bytes, bytes.count)
        guard count >= 0 else {
            throw Refusal(description: "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        guard count <= Self.longest else { throw Refusal(description: "\(path) has more than \(Self.longest) bytes") }
        bytes.removeLast(bytes.count - count)
        while let last = bytes.last, last == 0x0A || last == 0x0D || last == 0x20 { bytes.removeLast() }
        guard bytes.count >= Self.shortest else {
            throw Refusal(
                description:
                    "\(path): a secret has at least \(Self.shortest) bytes; make one: (umask 077; openssl rand -hex 32 > '\(path)')"
            )
        }
        return bytes
    }

    /// Whether the file is its owner's alone. A file of root that this process may read only through its group is
    /// accepted: managers of services hand secrets over that way (systemd's `LoadCredential`, a Kubernetes `fsGroup`),
    /// and root chooses the members of that group.
    static func isPrivate(mode: mode_t, owner: uid_t, reader: uid_t) -> Bool {
        let others = mode & 0o077
        return others == 0 || (others == S_IRGRP && owner == 0 && reader != 0)
    }

    private static func octal(_ mode: mode_t) -> String {
        let digits = String(mode & 0o7777, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
    }
}
