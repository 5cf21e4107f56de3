private import Hashing

/// A table as two numbers and a count: each row is hashed with its storage classes and bytes, and the hashes are added
/// up. Addition does not depend on the order, so each store may walk the rows in its own; unlike XOR it also shows a
/// row that exists twice.
package struct TableDigest: Sendable, Equatable {
    package private(set) var rows = 0
    package private(set) var parts: (UInt64, UInt64) = (0, 0)

    package init() {}

    package init(rows: Int, parts: (UInt64, UInt64)) {
        self.rows = rows
        self.parts = parts
    }

    /// The hash of one row.
    package init(_ row: CanonicalRow) { add(row) }

    /// Adds a row in its canonical form.
    package mutating func add(_ row: CanonicalRow) {
        rows += 1
        row.bytes.withUnsafeBytes { bytes in
            parts.0 &+= XXH64.hash(bytes, seed: 0x5F73_665F_7072_6F6F)
            parts.1 &+= XXH64.hash(bytes, seed: 0x6669_7273_7420_3431)
        }
    }

    /// Adds rows that were counted apart.
    package mutating func add(_ other: TableDigest) {
        rows += other.rows
        parts.0 &+= other.parts.0
        parts.1 &+= other.parts.1
    }

    /// Takes rows out that were added before.
    package mutating func remove(_ other: TableDigest) {
        rows -= other.rows
        parts.0 &-= other.parts.0
        parts.1 &-= other.parts.1
    }

    package static func == (left: TableDigest, right: TableDigest) -> Bool {
        left.rows == right.rows && left.parts == right.parts
    }

    package var text: String {
        [parts.0, parts.1].map { part in
            let digits = String(part, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}

/// A row as bytes: for each column its storage class, its length and its bytes. Two rows have the same bytes if and
/// only if SQLite stores the same. One value is used for a whole walk, so that it allocates nothing.
package struct CanonicalRow: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func begin() { bytes.removeAll(keepingCapacity: true) }

    package mutating func append(storageClass: UInt8, number: UInt64) {
        bytes.append(storageClass)
        append(number)
    }

    package mutating func append(storageClass: UInt8, bytes value: UnsafeRawBufferPointer) {
        bytes.append(storageClass)
        append(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    private mutating func append(_ number: UInt64) {
        for place in 0..<8 as Range<UInt64> { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * place))) }
    }
}
