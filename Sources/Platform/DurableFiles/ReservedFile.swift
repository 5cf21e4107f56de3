import Glibc
private import Hashing

/// A small text whose space on the disk is reserved beforehand, so that it can be written while the disk is full: a
/// replacement by rename needs new blocks, while overwriting existing blocks does not.
///
/// The file has two places of one size, which are written in turn, each with a number and a checksum. When a write is
/// interrupted, the text before it is still there. The newest place whose checksum is right counts.
package struct ReservedFile: Sendable {
    package let path: String
    private let calls: FileCalls

    package init(path: String, calls: FileCalls = .kernel) {
        self.path = path
        self.calls = calls
    }

    private static let word = "strangler-reserved"
    /// The length of the line before the text, which has word, number, length and checksum.
    private static let headLimit = 96
    private static let block = 4096

    private struct Place {
        var number: UInt64
        var text: [UInt8]
        var index: Int
    }

    /// Reserves space for texts of `size` bytes and keeps the text that is written there. A size below the present one
    /// changes nothing.
    package func reserve(_ size: Int) throws(FileError) {
        let wanted = Self.placeSize(size)
        if let present = placeSize(), present >= wanted { return }
        let text = read() ?? []
        try DurableFile(path: path, calls: calls).replace(
            with: Self.filled(text, number: 1, size: wanted) + [UInt8](repeating: 0x20, count: wanted))
    }

    /// The text that was written last; nil when there is no whole one.
    package func read() -> [UInt8]? {
        guard let place = newest(), !place.text.isEmpty else { return nil }
        return place.text
    }

    /// Writes the text; returns when it is on the disk. An empty text means that nothing is left to be kept.
    package func write(_ text: [UInt8]) throws(FileError) {
        guard let size = placeSize(), text.count + Self.headLimit <= size else {
            // The space was not reserved, or the text is longer: the file takes what it needs if the disk has room.
            let size = Self.placeSize(text.count)
            let number = (newest()?.number ?? 0) &+ 1
            try DurableFile(path: path, calls: calls).replace(
                with: Self.filled(text, number: number, size: size) + [UInt8](repeating: 0x20, count: size))
            return
        }
        let last = newest()
        let index = last.map { 1 - $0.index } ?? 0
        let bytes = Self.filled(text, number: (last?.number ?? 0) &+ 1, size: size)
        let fd = Int32(clamping: try check(calls.open(path, O_WRONLY | O_NOFOLLOW, 0), "open"))
        defer { _ = calls.close(fd) }
        try check(calls.seek(fd, index * size), "seek in")
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { calls.write(fd, UnsafeRawBufferPointer(rebasing: $0[written...])) }
            if count == -Int(EINTR) { continue }
            try check(count, "write")
            guard count > 0 else { throw FileError(operation: "write", path: path, code: ENOSPC) }
            written += count
        }
        try check(calls.sync(fd), "fsync")
    }

    // MARK: Places

    private static func placeSize(_ size: Int) -> Int { (size + headLimit + block - 1) / block * block }

    private func placeSize() -> Int? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        let size = Int(status.st_size)
        return size > 0 && size % (2 * Self.block) == 0 ? size / 2 : nil
    }

    private static func filled(_ text: [UInt8], number: UInt64, size: Int) -> [UInt8] {
        var bytes = Array("\(word) \(number) \(text.count) \(checksum(text, number))\n".utf8) + text
        bytes += [UInt8](repeating: 0x20, count: max(0, size - bytes.count))
        return bytes
    }

    /// The checksum covers the number, so an old text under a new number counts as torn.
    private static func checksum(_ text: [UInt8], _ number: UInt64) -> String {
        String(text.withUnsafeBytes { XXH64.hash($0, seed: number) }, radix: 16)
    }

    private func newest() -> Place? {
        guard let size = placeSize(), let bytes = try? DurableFile(path: path).read(), bytes.count == 2 * size else {
            return nil
        }
        let places = [0, 1].compactMap { Self.place(bytes[$0 * size..<($0 + 1) * size], $0) }
        return places.max { $0.number < $1.number }
    }

    private static func place(_ bytes: ArraySlice<UInt8>, _ index: Int) -> Place? {
        guard let end = bytes.prefix(headLimit).firstIndex(of: 0x0A) else { return nil }
        let words = String(decoding: bytes[..<end], as: UTF8.self).split(separator: " ")
        guard words.count == 4, words[0] == word, let number = UInt64(words[1]), let count = Int(words[2]), count >= 0,
            count <= bytes.endIndex - end - 1
        else { return nil }
        let text = Array(bytes[end + 1..<end + 1 + count])
        return checksum(text, number) == words[3] ? Place(number: number, text: text, index: index) : nil
    }

    @discardableResult
    private func check(_ result: Int, _ operation: String) throws(FileError) -> Int {
        guard result < 0 else { return result }
        throw FileError(operation: operation, path: path, code: Int32(clamping: -result))
    }
}
