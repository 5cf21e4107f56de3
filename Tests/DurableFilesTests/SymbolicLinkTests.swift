import DurableFiles
import Glibc
import TestSupport
import Testing

/// A file that is reached by a symbolic link, as dotfile managers and ConfigMaps have it.
struct SymbolicLinkTests {
    private func link(_ target: String, at path: String) { #expect(symlink(target, path) == 0) }

    private func isLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    @Test(arguments: ["store/real.json", "FOLDER/store/real.json", "store/second.json"])
    func `a link is written through, and stays`(to: String) throws {
        let scratch = try TemporaryFolder()
        #expect(mkdir(scratch.file("store"), 0o700) == 0)
        // The relative link of a chain starts from its own folder.
        link("real.json", at: scratch.file("store/second.json"))
        link(to.replacing("FOLDER", with: scratch.path), at: scratch.file("routes.json"))
        let real = DurableFile(path: scratch.file("store/real.json"))
        try real.replace(with: Array("old".utf8))
        #expect(chmod(real.path, 0o640) == 0)
        try DurableFile(path: scratch.file("routes.json")).replace(with: Array("new".utf8))
        #expect(isLink(scratch.file("routes.json")) && isLink(scratch.file("store/second.json")))
        #expect(!isLink(real.path))
        #expect(try real.read() == Array("new".utf8))
        var status = stat()
        #expect(stat(real.path, &status) == 0 && status.st_mode & 0o777 == 0o640)
        #expect(scratch.names == ["routes.json", "store"])
    }

    @Test func `a link to nothing makes what it leads to`() throws {
        let scratch = try TemporaryFolder()
        link("real.json", at: scratch.file("routes.json"))
        try DurableFile(path: scratch.file("routes.json")).replace(with: [1])
        #expect(isLink(scratch.file("routes.json")))
        #expect(try DurableFile(path: scratch.file("real.json")).read() == [1])
    }

    @Test func `links in a circle are an error`() throws {
        let scratch = try TemporaryFolder()
        link("b", at: scratch.file("a"))
        link("a", at: scratch.file("b"))
        let thrown = #expect(throws: FileError.self) { try DurableFile(path: scratch.file("a")).replace(with: [1]) }
        #expect(thrown?.code == ELOOP)
        #expect(DurableFile(path: scratch.file("a")).replacementProblem()?.code == ELOOP)
    }

    @Test func `writers by the link and by the file itself keep each other away`() throws {
        let scratch = try TemporaryFolder()
        link("real.json", at: scratch.file("routes.json"))
        let lock = try WriterLock(for: DurableFile(path: scratch.file("routes.json")))
        #expect(lock != nil)
        #expect(try WriterLock(for: DurableFile(path: scratch.file("real.json"))) == nil)
        withExtendedLifetime(lock) {}
    }
}

struct ReplaceabilityTests {
    @Test func `a file in a folder of ours can be replaced`() throws {
        let scratch = try TemporaryFolder()
        #expect(DurableFile(path: scratch.file("routes.json")).replacementProblem() == nil)
        try DurableFile(path: scratch.file("routes.json")).replace(with: [1])
        #expect(DurableFile(path: scratch.file("routes.json")).replacementProblem() == nil)
    }

    @Test func `a folder that is gone is told`() throws {
        let scratch = try TemporaryFolder()
        #expect(DurableFile(path: scratch.file("gone/routes.json")).replacementProblem()?.code == ENOENT)
    }

    @Test(arguments: [
        ("/etc/strangler/routes.json", true), ("/with blank", true), ("/", true), ("/etc/strangler", false),
        ("/etc/strangler/routes.json/", false),
    ])
    func `mounts are found by their fifth field, with its escapes`(_ path: String, _ isMount: Bool) {
        let table = MountTable(
            mountinfo: """
                21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
                99 21 8:1 /srv/routes.json /etc/strangler/routes.json ro,relatime - ext4 /dev/sda1 rw
                98 21 8:1 /x /with\\040blank rw - ext4 /dev/sda1 rw
                short

                """)
        #expect(table.isMountPoint(path) == isMount)
    }
}
