import Glibc

/// Where the segments of a JPEG lie (ITU-T T.81 annex B), and what decoding it will cost, found before a library is
/// asked.
struct JPEGLayout {
    private(set) var width = 0
    private(set) var height = 0
    /// Of the frame: 1 grey, 3 colours, 4 inks.
    private(set) var components = 0
    private(set) var scans = 0
    /// Samples that all scans go over together: a scan costs time for each, whether it changes it or not.
    private(set) var work = 0
    /// The file ends before the marker that ends a picture.
    private(set) var lacksEnd = true
    private(set) var orientation = Orientation.upright
    private(set) var profile: ColourProfile?

    /// A progressive picture as encoders write it has ten scans.
    static let mostScans = 64
    /// Ten scans over the largest picture, with all its colours at full size, take seven times its samples.
    static let mostWork = 900_000_000
    /// Arithmetic coding (T.81 annex D) costs so much more for each sample.
    private static let arithmeticFactor = 4

    private struct Component {
        let id: UInt8
        /// How many samples it has.
        let samples: Int
    }

    /// The markers of frames: SOF0 to SOF15 without DHT, JPG and DAC.
    private static func isFrame(_ marker: UInt8) -> Bool {
        (0xC0...0xCF).contains(marker) && marker != 0xC4 && marker != 0xC8 && marker != 0xCC
    }

    /// - Parameter headerOnly: only up to the first scan.
    init(of bytes: [UInt8], headerOnly: Bool = false) throws(ImageError) {
        var frame: [Component] = []
        var isArithmetic = false
        var applications: [ArraySlice<UInt8>] = []
        var place = 2
        while let marker = Self.nextMarker(bytes, &place) {
            // Those without a length: TEM, restarts, a start within (T.81 B.1.1.3).
            if marker == 0x01 || (0xD0...0xD8).contains(marker) { continue }
            if marker == 0xD9 {
                lacksEnd = false
                break
            }
            guard place + 2 <= bytes.count else { break }
            let length = Int(bytes[place]) << 8 | Int(bytes[place + 1])
            guard length >= 2 else { throw .broken(.jpeg, "a segment of \(length) bytes") }
            guard place + length <= bytes.count else { break }
            let content = bytes[place + 2..<place + length]
            place += length
            if Self.isFrame(marker), frame.isEmpty {
                frame = try readFrame(content)
                isArithmetic = marker >= 0xC9
            } else if marker == 0xE2 {
                // A profile has 255 parts at most; a file of nothing but segments has a million.
                if applications.count <= 255 { applications.append(content) }
            } else if marker == 0xDA {
                if headerOnly { break }
                addScan(content, of: frame)
                Self.skipScan(bytes, &place)
            }
        }
        guard !frame.isEmpty else { throw .broken(.jpeg, "no frame") }
        orientation = Orientation(ofJPEG: bytes)
        if components == 3 { profile = ColourProfile(jpegSegments: applications) }
        if headerOnly { return }
        guard scans > 0 else { throw .broken(.jpeg, "no scan") }
        guard scans <= Self.mostScans else {
            throw .broken(.jpeg, "it has \(scans) scans; at most \(Self.mostScans) are read")
        }
        guard work <= Self.mostWork / (isArithmetic ? Self.arithmeticFactor : 1) else {
            throw .broken(.jpeg, "its \(scans) scans over \(width) by \(height) pixels would take too long")
        }
    }

    /// T.81 B.2.2.
    private mutating func readFrame(_ content: ArraySlice<UInt8>) throws(ImageError) -> [Component] {
        let bytes = Array(content)
        guard bytes.count >= 6, bytes.count >= 6 + 3 * Int(bytes[5]) else {
            throw .broken(.jpeg, "a frame without a header")
        }
        height = Int(bytes[1]) << 8 | Int(bytes[2])
        width = Int(bytes[3]) << 8 | Int(bytes[4])
        components = Int(bytes[5])
        guard width > 0, height > 0, components > 0 else { throw .broken(.jpeg, "a side of no pixels") }
        var horizontal: [Int] = []
        var vertical: [Int] = []
        for index in 0..<components {
            let factors = Int(bytes[7 + 3 * index])
            guard (1...4).contains(factors >> 4), (1...4).contains(factors & 15) else {
                throw .broken(.jpeg, "sampling factors that do not exist")
            }
            horizontal.append(factors >> 4)
            vertical.append(factors & 15)
        }
        let (widest, highest) = (horizontal.max() ?? 1, vertical.max() ?? 1)
        return (0..<components).map { index in
            let columns = (width * horizontal[index] + widest - 1) / widest
            let rows = (height * vertical[index] + highest - 1) / highest
            return Component(id: bytes[6 + 3 * index], samples: columns * rows)
        }
    }

    /// T.81 B.2.3. The library refuses a scan of a component that the frame does not have.
    private mutating func addScan(_ content: ArraySlice<UInt8>, of frame: [Component]) {
        scans += 1
        guard let count = content.first else { return }
        var place = content.startIndex + 1
        for _ in 0..<count where place < content.endIndex {
            let id = content[place]
            // At most 64 scans of 255 components of 2^32 samples: no overflow.
            if scans <= Self.mostScans { work += frame.first { $0.id == id }?.samples ?? 0 }
            place += 2
        }
    }

    /// The byte behind the next 0xFF and its repetitions that is neither 0 nor 0xFF; what lies before is passed over,
    /// as the library does. Nil at the end.
    private static func nextMarker(_ bytes: [UInt8], _ place: inout Int) -> UInt8? {
        while let found = find(bytes, from: place) {
            place = found + 1
            while place < bytes.count, bytes[place] == 0xFF { place += 1 }
            guard place < bytes.count else { return nil }
            let marker = bytes[place]
            place += 1
            if marker != 0 { return marker }
        }
        return nil
    }

    /// Moves to the marker that ends the entropy-coded data, which is any but a restart (T.81 B.1.1.5).
    private static func skipScan(_ bytes: [UInt8], _ place: inout Int) {
        while let found = find(bytes, from: place) {
            guard found + 1 < bytes.count else { break }
            let next = bytes[found + 1]
            if next == 0 || (0xD0...0xD7).contains(next) {
                place = found + 2
            } else {
                place = found
                return
            }
        }
        place = bytes.count
    }

    private static func find(_ bytes: [UInt8], from place: Int) -> Int? {
        guard place < bytes.count else { return nil }
        return bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress, let found = memchr(base + place, 0xFF, buffer.count - place) else {
                return nil
            }
            return UnsafeRawPointer(found) - base
        }
    }
}
