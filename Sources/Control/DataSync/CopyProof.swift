package import Migration
package import SQLite

/// The end of a copy: count and digest of each table, read in both stores at one position.
///
/// The source is read in the snapshot whose changes were just carried, the target in a snapshot of a connection of its
/// own that stands at the same position. Neither store's writers wait for it where its journal is a write-ahead log.
struct CopyProof {
    /// What was proven about one table.
    struct Table {
        var plan: TablePlan
        var digest: TableDigest
        /// Rows of the source without a key: nothing can be proven of them.
        var keyless: Int
    }

    /// Keys that a failed proof names.
    private static let sampleLimit = 3

    /// Throws `StopReason.proofFailed` for the first table that is not the same.
    ///
    /// - Parameters:
    ///   - known: the source's digests where they were counted before.
    ///   - source: in the snapshot of the position; in none, when its digests are known.
    static func prove(
        _ plans: [TablePlan], of group: DataDocument.Group, known: [String: TableDigest]?, position: Int,
        source: DatabaseConnection,
        target: DatabaseConnection, faults: FaultInjection
    ) throws -> [Table] {
        try plans.map { plan in
            let sql = RowSQL(plan, of: group)
            let mine = try known.map { $0[plan.source] ?? TableDigest() } ?? digest(sql.sourceRows, source)
            let its = try digest(sql.targetRows, target)
            try faults.reached(.proofRead)
            guard mine == its else {
                let samples = try differences(plan, position: position, source: source, target: target)
                throw StopReason.proofFailed(
                    table: plan.source,
                    difference:
                        "\(mine.rows) rows in the source, \(its.rows) in the target; \(samples.isEmpty ? "digests differ" : samples)"
                )
            }
            return Table(plan: plan, digest: mine, keyless: try source.int(sql.keyless) ?? 0)
        }
    }

    /// The first rows that differ, without those that have changed since.
    private static func differences(
        _ plan: TablePlan, position: Int, source: DatabaseConnection, target: DatabaseConnection
    ) throws -> String {
        var comparison = RowComparison(plan, sampleLimit: sampleLimit)
        let peer = try target.storeIdentity()
        try comparison.run(source: source, target: target) { key in
            try StoreVerifier.isPending(plan, key, after: position, for: peer, in: source)
        }
        return comparison.samples.joined(separator: "; ")
    }

    static func digest(_ sql: String, _ connection: DatabaseConnection) throws -> TableDigest {
        var digest = TableDigest()
        var canonical = CanonicalRow()
        try connection.each(sql) { row in
            canonical.begin(row)
            digest.add(canonical)
        }
        return digest
    }

    /// Keeps the proof; inside the target's transaction.
    /// - Parameter clock: the target's own, when its rows were read: what it noted until then is proven.
    static func store(
        _ proofs: [Table], group: String, position: Int, clock: Int, in target: DatabaseConnection
    ) throws {
        for proof in proofs {
            try target.execute(
                "INSERT OR REPLACE INTO _sf_proof(grp, tbl, rows, keyless, digest, seq, clk, ts) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
                group, proof.plan.source, proof.digest.rows, proof.keyless, proof.digest.text, position, clock,
                Clock.milliseconds())
        }
    }

    /// Tables whose copy is not proven.
    static func missing(_ plans: [TablePlan], group: String, in target: DatabaseConnection) throws -> [TablePlan] {
        let proven = Set(try target.query("SELECT tbl FROM _sf_proof WHERE grp = ?", group) { $0.text(0) })
        return plans.filter { !proven.contains($0.source) }
    }
}

extension CanonicalRow {
    /// Holds this row from now on.
    package mutating func begin(_ row: DatabaseRow) {
        begin()
        for column in 0..<row.count { append(row, column) }
    }

    /// Appends a column as SQLite holds it.
    private mutating func append(_ row: DatabaseRow, _ column: Int) {
        let storageClass = row.storageClass(column)
        switch storageClass {
        case 1: append(storageClass: 1, number: UInt64(bitPattern: row.int64(column)))
        case 2: append(storageClass: 2, number: row.double(column).bitPattern)
        case 3, 4: row.withBytes(column) { append(storageClass: storageClass, bytes: $0) }
        default: append(storageClass: 5, number: 0)
        }
    }
}
