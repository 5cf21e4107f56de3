import CZlib

/// An ICC profile (ICC.1): what the numbers of a picture's red, green and blue mean. It is kept beside the pixels and
/// written with them again, never applied.
package struct ColourProfile: Sendable, Equatable {
    package let bytes: [UInt8]

    /// The profile of a display or a camera has less than a hundredth of this size.
    static let largest = 1 << 20
    /// Of ICC.1 7.2, and the number of tags.
    private static let headerSize = 132

    /// Nil unless it is a profile of red, green and blue of at most 1 MiB whose header states its true length.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count <= Self.largest, Self.size(of: bytes) == bytes.count else { return nil }
        self.bytes = bytes
    }

    /// The length that the header of a profile for red, green and blue states; nil for any other profile.
    private static func size(of bytes: [UInt8]) -> Int? {
        guard bytes.count >= headerSize, bytes[36..<40].elementsEqual("acsp".utf8),
            bytes[16..<20].elementsEqual("RGB ".utf8)
        else { return nil }
        return bytes[0..<4].reduce(0) { $0 << 8 | Int($1) }
    }

    // MARK: In a PNG

    /// The content of an iCCP chunk (PNG specification 11.3.2.3): a name, a zero, the method 0, and the profile
    /// compressed.
    init?(pngChunk: ArraySlice<UInt8>) {
        guard let nameEnd = pngChunk.prefix(80).firstIndex(of: 0), nameEnd > pngChunk.startIndex,
            nameEnd + 2 <= pngChunk.endIndex, pngChunk[nameEnd + 1] == 0
        else { return nil }
        let packed = Array(pngChunk[(nameEnd + 2)...])
        // Its own header says how much it will be, before as much is allocated.
        guard let beginning = Self.inflated(packed, to: Self.headerSize), let size = Self.size(of: beginning),
            (Self.headerSize...Self.largest).contains(size), let whole = Self.inflated(packed, to: size)
        else { return nil }
        self.init(whole)
    }

    /// The first `count` bytes of what a zlib stream holds; nil when there are fewer.
    private static func inflated(_ packed: [UInt8], to count: Int) -> [UInt8]? {
        var size = uLong(count)
        let out = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
            let code = uncompress(buffer.baseAddress, &size, packed, uLong(packed.count))
            initialised = code == Z_OK || code == Z_BUF_ERROR ? Int(size) : 0
        }
        return out.count == count ? out : nil
    }

    /// The whole chunk: length, type, content, checksum. Nil when there is no memory.
    var pngChunk: [UInt8]? {
        var size = compressBound(uLong(bytes.count))
        let packed = [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, initialised in
            initialised = compress(buffer.baseAddress, &size, bytes, uLong(bytes.count)) == Z_OK ? Int(size) : 0
        }
        guard !packed.isEmpty else { return nil }
        let content = Array("iCCPICC profile".utf8) + [0, 0] + packed
        let checksum = UInt32(truncatingIfNeeded: crc32(0, content, uInt(content.count)))
        return Self.bytes(of: UInt32(content.count - 4)) + content + Self.bytes(of: checksum)
    }

    private static func bytes(of number: UInt32) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }

    // MARK: In a JPEG

    /// What begins an APP2 segment that holds a part of a profile (ICC.1 annex B.4); number and count of parts follow.
    private static let jpegMark = Array("ICC_PROFILE".utf8) + [0]

    /// From the contents of a JPEG's APP2 segments: every part exactly once, or no profile at all.
    init?(jpegSegments segments: [ArraySlice<UInt8>]) {
        let parts = segments.filter { $0.count >= 14 && $0.starts(with: Self.jpegMark) }
        guard let first = parts.first, Int(first[first.startIndex + 13]) == parts.count else { return nil }
        var whole: [UInt8] = []
        for number in 1...parts.count {
            guard let part = parts.first(where: { Int($0[$0.startIndex + 12]) == number }),
                whole.count + part.count - 14 <= Self.largest
            else { return nil }
            whole += part.dropFirst(14)
        }
        self.init(whole)
    }

    /// APP2 segments, as many as it needs.
    var jpegSegments: [UInt8] {
        // The length of a segment has two bytes and counts itself.
        let room = 65_535 - 2 - 14
        let count = (bytes.count + room - 1) / room
        var out: [UInt8] = []
        for number in 0..<count {
            let part = bytes[(number * room)..<min(bytes.count, (number + 1) * room)]
            let length = part.count + 2 + 14
            out += [0xFF, 0xE2, UInt8(length >> 8), UInt8(length & 0xFF)] + Self.jpegMark
            out += [UInt8(number + 1), UInt8(count)] + part
        }
        return out
    }
}
