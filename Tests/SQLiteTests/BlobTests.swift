import SQLite
import TestSupport
import Testing

/// Parts of blobs, read where they lie.
@Suite struct BlobTests {
    @Test func `a blob comes in pieces`() throws {
        try TemporaryFolder.with { folder in
            let database = try Database(
                path: folder + "/test.db", migrations: ["CREATE TABLE t(k TEXT PRIMARY KEY NOT NULL, b BLOB) STRICT"])
            let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 131) }
            try database.write { try $0.execute("INSERT INTO t VALUES('a', ?), ('b', ?)", bytes, [UInt8]()) }
            for size in [1_000, 4_096, 65_536, 1_000_000] {
                var whole: [UInt8] = []
                while whole.count < bytes.count {
                    let piece = try database.read { tx in
                        let row = try #require(try tx.int("SELECT rowid FROM t WHERE k = 'a'"))
                        return try tx.blob("t", "b", row: Int64(row), from: whole.count, count: size)
                    }
                    #expect(piece.count == min(size, bytes.count - whole.count))
                    whole += piece
                }
                #expect(whole == bytes)
            }
            try database.read { (tx) throws -> Void in
                #expect(try tx.blob("t", "b", row: 1, from: 100_000, count: 5) == [])
                #expect(try tx.blob("t", "b", row: 1, from: -1, count: 5) == [])
                #expect(try tx.blob("t", "b", row: 1, from: .max, count: .max) == [])
                #expect(try tx.blob("t", "b", row: 1, from: 99_998, count: .max) == Array(bytes.suffix(2)))
                #expect(try tx.blob("t", "b", row: 2, from: 0, count: 5) == [])
                #expect(throws: SQLiteError.self) { try tx.blob("t", "b", row: 3, from: 0, count: 5) }
                #expect(throws: SQLiteError.self) { try tx.blob("t", "c", row: 1, from: 0, count: 5) }
            }
        }
    }
}
