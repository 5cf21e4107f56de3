import Foundation
import SQLite
import TestSupport
import Testing

/// Another process may open the database at any time: an agent that carries rows, a person with a shell.
@Suite struct DatabaseLockTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Every process that has the database open keeps a shared lock on the file. Without it, whoever closes the
    /// database last, as they believe, deletes the log that others still write to.
    @Test func `a second connection does not take the first one's locks away`() throws {
        let path = folder.file("test.db")
        let database = try Database(path: path, migrations: ["CREATE TABLE t(n)"])
        try database.write { try $0.execute("INSERT INTO t VALUES(1)") }
        // Opens a reader's connection.
        #expect(try database.read { try $0.query("SELECT n FROM t") { $0.int(0) } } == [1])
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        let inode = try #require(attributes[.systemFileNumber] as? Int)
        // One line per lock: "1: POSIX ADVISORY READ pid major:minor:inode first last".
        let locks = try String(contentsOfFile: "/proc/locks", encoding: .utf8).split(separator: "\n")
        let own = locks.filter { line in
            let words = line.split(separator: " ")
            return words.contains { $0.hasSuffix(":\(inode)") } && words.contains("\(getpid())")
        }
        #expect(!own.isEmpty, "no lock is held on \(path)")
        try database.write { try $0.execute("INSERT INTO t VALUES(2)") }
    }
}
