import DurableFiles
import Glibc
import Synchronization
import TestSupport
import Testing

struct ReservedFileTests {
    @Test func `what was reserved is empty, and the last text written there is read`() throws {
        let scratch = try TemporaryFolder()
        let file = ReservedFile(path: scratch.file("reserved"))
        #expect(file.read() == nil)
        try file.reserve(100)
        #expect(file.read() == nil)
        for number in 1...5 {
            try file.write(Array("text \(number)".utf8))
            #expect(ReservedFile(path: file.path).read() == Array("text \(number)".utf8))
        }
        try file.write([])
        #expect(file.read() == nil)
        #expect(scratch.names == ["reserved"])
    }

    @Test func `a write takes no room: nothing is created, renamed or made longer`() throws {
        let scratch = try TemporaryFolder()
        try ReservedFile(path: scratch.file("reserved")).reserve(100)
        var calls = FileCalls.kernel
        calls.rename = { _, _ in -Int(ENOSPC) }
        calls.open = { path, flags, mode in
            flags & (O_CREAT | O_TRUNC | O_APPEND) != 0 ? -Int(ENOSPC) : FileCalls.kernel.open(path, flags, mode)
        }
        func size() -> Int {
            var status = stat()
            return stat(scratch.file("reserved"), &status) == 0 ? Int(status.st_size) : -1
        }
        let before = size()
        let file = ReservedFile(path: scratch.file("reserved"), calls: calls)
        for number in 1...3 { try file.write(Array("text \(number)".utf8)) }
        #expect(file.read() == Array("text 3".utf8))
        #expect(size() == before)
    }

    @Test func `a write that is torn leaves the text before it`() throws {
        let scratch = try TemporaryFolder()
        try ReservedFile(path: scratch.file("reserved")).reserve(100)
        try ReservedFile(path: scratch.file("reserved")).write(Array("first".utf8))
        // Of the second only so many bytes reach the disk.
        for reaching in [1, 10, 25, 45] {
            var calls = FileCalls.kernel
            let left = Mutex(reaching)
            calls.write = { fd, bytes in
                let count = left.withLock { left in
                    defer { left = 0 }
                    return left
                }
                return count == 0
                    ? -Int(EIO) : FileCalls.kernel.write(fd, UnsafeRawBufferPointer(rebasing: bytes[..<count]))
            }
            let thrown = #expect(throws: FileError.self) {
                try ReservedFile(path: scratch.file("reserved"), calls: calls).write(Array("a second one".utf8))
            }
            #expect(thrown?.code == EIO)
            #expect(ReservedFile(path: scratch.file("reserved")).read() == Array("first".utf8))
        }
    }

    @Test func `more than was reserved takes more, and keeps nothing of what was before`() throws {
        let scratch = try TemporaryFolder()
        let file = ReservedFile(path: scratch.file("reserved"))
        try file.reserve(10)
        try file.write(Array("first".utf8))
        let long = [UInt8](repeating: 0x61, count: 9000)
        try file.write(long)
        #expect(file.read() == long)
        try file.reserve(20_000)
        #expect(file.read() == long)
    }

    @Test(arguments: [ENOSPC, EROFS, EIO]) func `a refusal is told with its reason`(code: Int32) throws {
        let scratch = try TemporaryFolder()
        try ReservedFile(path: scratch.file("reserved")).reserve(10)
        var calls = FileCalls.kernel
        calls.write = { _, _ in -Int(code) }
        let thrown = #expect(throws: FileError.self) {
            try ReservedFile(path: scratch.file("reserved"), calls: calls).write([1])
        }
        #expect(thrown?.code == code)
    }

    @Test(arguments: ["", "strangler-reserved 1 5 0\nabcde", String(repeating: "x", count: 8192)])
    func `what is no reserved file holds nothing`(text: String) throws {
        let scratch = try TemporaryFolder()
        try DurableFile(path: scratch.file("reserved")).replace(with: Array(text.utf8))
        #expect(ReservedFile(path: scratch.file("reserved")).read() == nil)
        try ReservedFile(path: scratch.file("reserved")).write([1])
        #expect(ReservedFile(path: scratch.file("reserved")).read() == [1])
    }
}
