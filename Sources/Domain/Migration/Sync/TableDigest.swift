private import Hashing

/// A table as two numbers and a count: each row is hashed with its storage classes and bytes, and the hashes are added up.
/// Addition does not care for the order, so two stores may walk the rows each in its own; and unlike XOR it sees a row that
/// is there twice.
package struct TableDigest: Sendable, Equatable {
    package private(set) var rows = 0
    private var first: UInt64 = 0
    private var second: UInt64 = 0

    package init() {}

    /// Adds a row in its canonical form.
    package mutating func add(_ row: CanonicalRow) {
        rows += 1
        row.bytes.withUnsafeBytes { bytes in
            first &+= XXH64.hash(bytes, seed: 0x5F73_665F_7072_6F6F)
            second &+= XXH64.hash(bytes, seed: 0x6669_7273_7420_3431)
        }
    }

    package var text: String {
        [first, second].map { part in
            let digits = String(part, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}

/// A row as bytes: for each column its storage class, its length and its bytes. Two rows have the same bytes if and only if
/// SQLite stores the same. One value is used for a whole walk, so that it allocates nothing.
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
