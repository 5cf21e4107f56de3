import Glibc
import Strangler
import Testing

@Suite struct FollowedFileTests {
    @Test func `lines come once, whole, and across a rotation`() throws {
        let bench = try CommandBench()
        let path = bench.folder + "/a.log"
        let file = FollowedFile(path: path)
        #expect(file.last(5) == nil)
        #expect(file.next() == [])
        func append(_ text: String) {
            let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
            defer { close(descriptor) }
            #expect(write(descriptor, text, text.utf8.count) == text.utf8.count)
        }
        append("1\n2\n3\n4")
        #expect(file.last(2) == ["2", "3"])
        #expect(file.next() == [])
        append("4\n5\n")
        #expect(file.next() == ["44", "5"])
        append("6\n")
        #expect(rename(path, path + ".1") == 0)
        append("7\n8")
        #expect(file.next() == ["6", "7"])
        append("\n")
        #expect(file.next() == ["8"])
    }

    @Test func `of a long file only the end is read`() throws {
        let bench = try CommandBench()
        let lines = (0..<100_000).map { "line \($0)" }
        try bench.write("a.log", lines.joined(separator: "\n") + "\n")
        #expect(FollowedFile(path: bench.folder + "/a.log").last(3) == lines.suffix(3))
    }
}
