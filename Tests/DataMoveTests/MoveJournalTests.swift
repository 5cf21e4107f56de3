import DurableFiles
import Glibc
import Migration
import TestSupport
import Testing

@testable import DataMove

@Suite struct MoveJournalTests {
    private func entry(_ phase: MovePhase, epoch: Int = 7, group: String = "profile") -> MoveJournal.Entry {
        .init(
            move: "\(group)/\(epoch)", group: group,
            slice: MoveSlice(buckets: 100..<250, from: .monolith, epoch: epoch), phase: phase, time: 1_700_000_000_000)
    }

    private func content(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY)
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = read(descriptor, &bytes, bytes.count)
        return Array(bytes.prefix(max(0, count)))
    }

    @Test(arguments: [MovePhase.intent, .fenced(position: 41), .done, .aborted])
    func `what was noted is read back`(phase: MovePhase) throws {
        try TemporaryFolder.with { folder in
            let journal = MoveJournal(path: folder + "/moves")
            try journal.append(entry(.intent, epoch: 6))
            try journal.append(entry(phase))
            try journal.append(entry(.intent, group: "auth"))
            #expect(MoveJournal.last(of: "profile", in: try content(folder + "/moves")) == entry(phase))
        }
    }

    @Test func `a torn last line spoils only itself`() throws {
        try TemporaryFolder.with { folder in
            let path = folder + "/moves"
            try MoveJournal(path: path).append(entry(.intent))
            let whole = try content(path)
            for length in 0..<whole.count {
                // The last line is cut anywhere; a program that comes after it goes on writing.
                truncate(path, off_t(whole.count))
                let descriptor = open(path, O_WRONLY | O_APPEND)
                _ = whole.withUnsafeBytes { write(descriptor, $0.baseAddress, length) }
                close(descriptor)
                #expect(MoveJournal.last(of: "profile", in: try content(path)) == entry(.intent))
                try MoveJournal(path: path).append(entry(.done))
                #expect(MoveJournal.last(of: "profile", in: try content(path)) == entry(.done))
            }
        }
    }

    @Test func `a line that is not durable is an error`() throws {
        try TemporaryFolder.with { folder in
            var full = FileCalls.kernel
            full.write = { _, _ in -Int(ENOSPC) }
            #expect(throws: FileError.self) {
                try MoveJournal(path: folder + "/moves", calls: full).append(entry(.intent))
            }
            var unsynced = FileCalls.kernel
            unsynced.sync = { _ in -Int(EIO) }
            #expect(throws: FileError.self) {
                try MoveJournal(path: folder + "/moves", calls: unsynced).append(entry(.intent))
            }
        }
    }

    @Test func `a short write is gone on with`() throws {
        try TemporaryFolder.with { folder in
            var short = FileCalls.kernel
            short.write = { descriptor, bytes in write(descriptor, bytes.baseAddress, min(7, bytes.count)) }
            try MoveJournal(path: folder + "/moves", calls: short).append(entry(.done))
            #expect(MoveJournal.last(of: "profile", in: try content(folder + "/moves")) == entry(.done))
        }
    }
}

@Suite struct CoordinatorLockTests {
    @Test func `the second coordinator hears who the first one is`() throws {
        try TemporaryFolder.with { folder in
            let path = folder + "/moves.lock"
            var first: CoordinatorLock? = try CoordinatorLock(path: path, holder: "process 12, strangler data move")
            #expect(throws: CoordinatorLock.Refusal.held(by: "process 12, strangler data move")) {
                _ = try CoordinatorLock(path: path, holder: "process 13")
            }
            withExtendedLifetime(first) {}
            first = nil
            _ = try CoordinatorLock(path: path, holder: "process 13")
        }
    }

    @Test func `a lock that cannot be taken is an error`() {
        #expect(throws: CoordinatorLock.Refusal.self) {
            _ = try CoordinatorLock(path: "/nowhere/moves.lock", holder: "process 12")
        }
    }
}
