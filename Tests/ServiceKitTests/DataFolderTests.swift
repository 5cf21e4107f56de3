import Glibc
import ServiceKit
import TestSupport
import Testing

@Suite struct DataFolderTests {
    @Test func `folders are made for this user alone and kept when they are there`() throws {
        let root = try TemporaryFolder()
        try DataFolder.make(root.file("a/b/"))
        try DataFolder.make(root.file("a/b"))
        var status = stat()
        #expect(stat(root.file("a/b"), &status) == 0)
        #expect(status.st_mode & 0o777 == 0o700)
    }

    @Test(arguments: ["/dev/null", "/dev/null/x", "/proc/x", ""])
    func `a path that can be no folder is named in the error`(path: String) {
        let failure = #expect(throws: DataFolder.Failure.self) { try DataFolder.make(path) }
        #expect(failure?.description.hasPrefix(path) == true)
    }
}
