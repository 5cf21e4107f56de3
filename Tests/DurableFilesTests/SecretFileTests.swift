import Glibc
import TestSupport
import Testing

@testable import DurableFiles

struct SecretFileTests {
    private func file(_ folder: TemporaryFolder, _ text: String, mode: mode_t) throws -> SecretFile {
        let path = folder.file("secret")
        try DurableFile(path: path).replace(with: Array(text.utf8))
        chmod(path, mode)
        return SecretFile(path: path)
    }

    private func refusal(_ secret: SecretFile) -> String? {
        do {
            _ = try secret.read()
            return nil
        } catch {
            return error.description
        }
    }

    @Test(arguments: [mode_t(0o600), 0o400, 0o700])
    func `a secret of its owner is read`(_ mode: mode_t) throws {
        let folder = try TemporaryFolder()
        #expect(try file(folder, "0123456789abcdef \r\n", mode: mode).read() == Array("0123456789abcdef".utf8))
    }

    @Test(arguments: [mode_t(0o644), 0o640, 0o604, 0o620, 0o602, 0o610, 0o666])
    func `a secret that others may read or write is refused with the mend`(_ mode: mode_t) throws {
        let folder = try TemporaryFolder()
        let refused = try #require(refusal(file(folder, "0123456789abcdef\n", mode: mode)))
        #expect(
            refused.contains("(mode 0\(String(mode, radix: 8)))")
                && refused.hasSuffix("run: chmod 600 '\(folder.file("secret"))'"))
    }

    @Test func `a short one is refused and a link is judged by what it leads to`() throws {
        let folder = try TemporaryFolder()
        #expect(try refusal(file(folder, "0123456789abcde\n\n", mode: 0o600))?.contains("at least 16 bytes") == true)
        #expect(
            try refusal(file(folder, String(repeating: "x", count: 5_000), mode: 0o600))?.contains("more than 4096")
                == true)
        _ = try file(folder, "0123456789abcdef", mode: 0o644)
        symlink(folder.file("secret"), folder.file("link"))
        #expect(refusal(SecretFile(path: folder.file("link")))?.contains("chmod 600") == true)
        #expect(refusal(SecretFile(path: folder.file("none")))?.hasPrefix("cannot open ") == true)
        #expect(refusal(SecretFile(path: folder.path))?.hasSuffix("is not a regular file") == true)
        // Nobody writes: it must not wait.
        mkfifo(folder.file("pipe"), 0o600)
        #expect(refusal(SecretFile(path: folder.file("pipe")))?.hasSuffix("is not a regular file") == true)
    }

    @Test func `a manager of services may hand it to a group of roots`() {
        #expect(SecretFile.isPrivate(mode: 0o100440, owner: 0, reader: 1_000))
        #expect(!SecretFile.isPrivate(mode: 0o100440, owner: 0, reader: 0))
        #expect(!SecretFile.isPrivate(mode: 0o100440, owner: 1_000, reader: 1_000))
        #expect(!SecretFile.isPrivate(mode: 0o100444, owner: 0, reader: 1_000))
        #expect(!SecretFile.isPrivate(mode: 0o100460, owner: 0, reader: 1_000))
    }
}
