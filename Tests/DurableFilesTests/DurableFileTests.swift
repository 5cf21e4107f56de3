import DurableFiles
import Glibc
import Synchronization
import TestSupport
import Testing

struct DurableFileTests {
    @Test func `replaces whole and keeps the mode`() throws {
        let scratch = try TemporaryFolder()
        let file = DurableFile(path: "\(scratch.path)/routes.json")
        try file.replace(with: Array("old".utf8))
        #expect(chmod(file.path, 0o640) == 0)
        try file.replace(with: Array("new text".utf8))
        #expect(try file.read() == Array("new text".utf8))
        var status = stat()
        #expect(stat(file.path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o640)
        #expect(scratch.names == ["routes.json"])
    }

    @Test(arguments: [Int.max, .min, .max / 1_000 + 1, 253_402_300_800])
    func `a time that no clock shows is reckoned with all the same`(
        seconds: Int
    ) throws {
        let scratch = try TemporaryFolder()
        let file = DurableFile(path: "\(scratch.path)/routes.json")
        try file.replace(with: [1])
        var times = [timespec(tv_sec: seconds, tv_nsec: 0), timespec(tv_sec: seconds, tv_nsec: 0)]
        // A file system that knows no such time keeps the nearest.
        #expect(utimensat(AT_FDCWD, file.path, &times, 0) == 0)
        #expect(try #require(file.modifiedAt()).magnitude <= 253_402_300_799_000)
    }

    @Test func `a copy with a revision that no document has is none`() throws {
        let scratch = try TemporaryFolder()
        let file = DurableFile(path: "\(scratch.path)/routes.json")
        let generations = Generations(of: file)
        try generations.keep([1], revision: 9_007_199_254_740_991)
        let kept = try #require(generations.copies().first)
        #expect(rename(kept.path, kept.path.replacing("/9007199254740991-", with: "/18446744073709551615-")) == 0)
        #expect(generations.copies().isEmpty)
    }

    @Test func `new files are for the owner alone`() throws {
        let scratch = try TemporaryFolder()
        let file = DurableFile(path: "\(scratch.path)/routes.json")
        try file.replace(with: [1])
        var status = stat()
        #expect(stat(file.path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test func `removes temporaries that a crash left`() throws {
        let scratch = try TemporaryFolder()
        try DurableFile(path: "\(scratch.path)/.routes.json.tmp-1").replace(with: [0])
        try DurableFile(path: "\(scratch.path)/routes.json").replace(with: [1])
        #expect(scratch.names == ["routes.json"])
    }

    @Test(arguments: ["write", "sync", "close", "rename", "chmod"])
    func `a failing step leaves the old text and no temporary`(step: String) throws {
        let scratch = try TemporaryFolder()
        let path = "\(scratch.path)/routes.json"
        try DurableFile(path: path).replace(with: Array("old".utf8))
        var calls = FileCalls.kernel
        let refuse = -Int(ENOSPC)
        switch step {
        case "write": calls.write = { _, _ in refuse }
        case "sync": calls.sync = { _ in refuse }
        case "close":
            calls.close = { fd in
                _ = FileCalls.kernel.close(fd)
                return refuse
            }
        case "rename": calls.rename = { _, _ in refuse }
        default: calls.changeMode = { _, _ in refuse }
        }
        let thrown = #expect(throws: FileError.self) {
            try DurableFile(path: path, calls: calls).replace(with: Array("new".utf8))
        }
        #expect(thrown?.code == ENOSPC)
        #expect(try DurableFile(path: path).read() == Array("old".utf8))
        #expect(scratch.names == ["routes.json"])
    }

    @Test func `short and interrupted writes are carried on`() throws {
        let scratch = try TemporaryFolder()
        let path = "\(scratch.path)/routes.json"
        var calls = FileCalls.kernel
        let turns = Mutex(0)
        calls.write = { fd, bytes in
            let turn = turns.withLock { count in
                count += 1
                return count
            }
            if turn % 2 == 1 { return -Int(EINTR) }
            return FileCalls.kernel.write(fd, UnsafeRawBufferPointer(rebasing: bytes[..<1]))
        }
        try DurableFile(path: path, calls: calls).replace(with: Array("seven b".utf8))
        #expect(try DurableFile(path: path).read() == Array("seven b".utf8))
    }

    @Test func `a second writer is kept away until the first lets go`() throws {
        let scratch = try TemporaryFolder()
        let file = DurableFile(path: "\(scratch.path)/routes.json")
        var first = try WriterLock(for: file)
        #expect(first != nil)
        #expect(try WriterLock(for: file) == nil)
        first = nil
        #expect(try WriterLock(for: file) != nil)
    }

    @Test func `generations keep the newest and refuse torn copies`() throws {
        let scratch = try TemporaryFolder()
        let file = DurableFile(path: "\(scratch.path)/routes.json")
        let generations = Generations(of: file, limit: 3)
        for revision in UInt64(1)...5 { try generations.keep(Array("text \(revision)".utf8), revision: revision) }
        let copies = generations.copies()
        #expect(copies.map(\.revision) == [5, 4, 3])
        #expect(generations.bytes(of: copies[0]) == Array("text 5".utf8))
        try DurableFile(path: copies[0].path).replace(with: Array("text".utf8))
        #expect(generations.bytes(of: copies[0]) == nil)
    }
}
