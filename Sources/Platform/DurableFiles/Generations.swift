import Glibc
private import Hashing

/// Copies of a document as it was when it last worked, newest first, each with its revision and checksum in its name.
///
/// They live in `.NAME.good` beside the document. A copy whose bytes do not match the checksum in its name is skipped:
/// a torn or edited copy is no "last known good".
package struct Generations: Sendable {
    /// One kept copy.
    package struct Copy: Equatable, Sendable {
        package let revision: UInt64
        package let checksum: UInt64
        /// Seconds since 1970 of its last keeping.
        package let keptAt: Int64
        package let size: Int
        package let path: String
    }

    /// The last revision that a document can have, as JSON's readers go; a file whose name has a higher one was not
    /// written by us.
    private static let lastRevision: UInt64 = 9_007_199_254_740_991

    /// Folder with the copies.
    package let folder: String
    /// Copies kept, default 16.
    package let limit: Int
    private let calls: FileCalls

    package init(of file: DurableFile, limit: Int = 16, calls: FileCalls = .kernel) {
        folder = "\(file.folder)/.\(file.name).good"
        self.limit = limit
        self.calls = calls
    }

    /// The copies that exist, newest first: by time of keeping, then by revision.
    package func copies() -> [Copy] {
        DurableFile.entries(of: folder).compactMap { name in
            let parts = name.split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[1].hasSuffix(".json"), let revision = UInt64(parts[0]),
                revision <= Self.lastRevision,
                let checksum = UInt64(parts[1].dropLast(5), radix: 16)
            else { return nil }
            let path = "\(folder)/\(name)"
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            return Copy(
                revision: revision, checksum: checksum,
                keptAt: min(max(Int64(status.st_mtim.tv_sec), 0), DurableFile.farthest),
                size: Int(status.st_size), path: path)
        }.sorted { ($0.keptAt, $0.revision) > ($1.keptAt, $1.revision) }
    }

    /// The bytes of a copy, or nil when they are not what its name says.
    package func bytes(of copy: Copy) -> [UInt8]? {
        guard let bytes = try? DurableFile(path: copy.path).read(), Self.checksum(bytes) == copy.checksum else {
            return nil
        }
        return bytes
    }

    /// Keeps the bytes as the newest copy and removes the oldest beyond the limit. The same bytes at the same
    /// revision are kept once; only their time moves.
    package func keep(_ bytes: [UInt8], revision: UInt64) throws(FileError) {
        if mkdir(folder, 0o700) != 0, errno != EEXIST {
            throw FileError(operation: "create", path: folder, code: errno)
        }
        let hex = String(Self.checksum(bytes), radix: 16)
        let name = "\(revision)-" + String(repeating: "0", count: 16 - hex.utf8.count) + hex + ".json"
        try DurableFile(path: "\(folder)/\(name)", calls: calls).replace(with: bytes)
        for copy in copies().dropFirst(limit) { _ = calls.unlink(copy.path) }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt64 {
        bytes.withUnsafeBytes { XXH64.hash($0, seed: 0) }
    }
}
