import Glibc
import ServiceKit
import Testing

@Suite struct DataFolderTests {
    @Test func foldersAreMadeForThisUserAloneAndKeptWhenTheyAreThere() throws {
        var template = Array("/tmp/folder-XXXXXX".utf8CString)
        let root = String(cString: try #require(mkdtemp(&template)))
        defer { for folder in ["/a/b", "/a", ""] { rmdir(root + folder) } }
        try DataFolder.make(root + "/a/b/")
        try DataFolder.make(root + "/a/b")
        var status = stat()
        #expect(stat(root + "/a/b", &status) == 0)
        #expect(status.st_mode & 0o777 == 0o700)
    }

    @Test(arguments: ["/dev/null", "/dev/null/x", "/proc/x", ""])
    func aPathThatCanBeNoFolderIsNamedInTheError(path: String) {
        let failure = #expect(throws: DataFolder.Failure.self) { try DataFolder.make(path) }
        #expect(failure?.description.hasPrefix(path) == true)
    }
}
