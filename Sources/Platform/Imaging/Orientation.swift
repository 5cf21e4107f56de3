/// How a camera was held (Exif 2.32, tag 0x0112): what has to be done to the stored pixels before they stand upright.
///
/// Browsers turn a JPEG by it; a filtered copy carries no Exif, so the turn is made when the picture is read.
package enum Orientation: Int, Sendable, CaseIterable {
    case upright = 1
    case mirrored, turnedHalf, flipped, transposed, turnedRight, transversed, turnedLeft

    /// True when width and height change places.
    var swapsSides: Bool {
        switch self {
        case .upright, .mirrored, .turnedHalf, .flipped: false
        case .transposed, .turnedRight, .transversed, .turnedLeft: true
        }
    }

    /// Where the pixel of the upright picture at `x`, `y` is stored, in a stored picture of `width` by `height`.
    func source(_ x: Int, _ y: Int, _ width: Int, _ height: Int) -> (x: Int, y: Int) {
        switch self {
        case .upright: (x, y)
        case .mirrored: (width - 1 - x, y)
        case .turnedHalf: (width - 1 - x, height - 1 - y)
        case .flipped: (x, height - 1 - y)
        case .transposed: (y, x)
        case .turnedRight: (y, height - 1 - x)
        case .transversed: (width - 1 - y, height - 1 - x)
        case .turnedLeft: (width - 1 - y, x)
        }
    }

    func apply(to bitmap: Bitmap) -> Bitmap {
        guard self != .upright else { return bitmap }
        let width = swapsSides ? bitmap.height : bitmap.width
        let height = swapsSides ? bitmap.width : bitmap.height
        let pixels = [UInt8](unsafeUninitializedCapacity: bitmap.pixels.count) { buffer, initialised in
            var target = 0
            for y in 0..<height {
                for x in 0..<width {
                    let place = source(x, y, bitmap.width, bitmap.height)
                    let offset = (place.y * bitmap.width + place.x) * Bitmap.bytesPerPixel
                    for channel in 0..<Bitmap.bytesPerPixel {
                        buffer[target + channel] = bitmap.pixels[offset + channel]
                    }
                    target += Bitmap.bytesPerPixel
                }
            }
            initialised = target
        }
        return Bitmap(width: width, height: height, pixels: pixels) ?? bitmap
    }

    /// Of a JPEG's first Exif segment; upright when there is none or it makes no sense. Every read is within bounds.
    init(ofJPEG bytes: [UInt8]) {
        self = Self.exif(in: bytes).flatMap { Self.tag(in: bytes[$0]) }.flatMap(Orientation.init(rawValue:)) ?? .upright
    }

    /// The TIFF data of the APP1 segment that begins with "Exif", before the first scan.
    private static func exif(in bytes: [UInt8]) -> Range<Int>? {
        var place = 2
        while place + 4 <= bytes.count, bytes[place] == 0xFF {
            let marker = bytes[place + 1]
            let length = Int(bytes[place + 2]) << 8 | Int(bytes[place + 3])
            let end = place + 2 + length
            guard marker != 0xDA, length >= 2, end <= bytes.count else { return nil }
            if marker == 0xE1, length >= 8, bytes[place + 4..<place + 10].elementsEqual([0x45, 0x78, 0x69, 0x66, 0, 0])
            {
                return place + 10..<end
            }
            place = end
        }
        return nil
    }

    private static func tag(in tiff: ArraySlice<UInt8>) -> Int? {
        let isLittle = tiff.starts(with: [0x49, 0x49])
        guard isLittle || tiff.starts(with: [0x4D, 0x4D]) else { return nil }
        func number(at offset: Int, _ count: Int) -> Int? {
            guard offset >= 0, offset + count <= tiff.count else { return nil }
            let digits = tiff[tiff.startIndex + offset..<tiff.startIndex + offset + count]
            return isLittle ? digits.reversed().reduce(0) { $0 << 8 | Int($1) } : digits.reduce(0) { $0 << 8 | Int($1) }
        }
        guard let directory = number(at: 4, 4), let entries = number(at: directory, 2) else { return nil }
        for index in 0..<entries {
            let entry = directory + 2 + index * 12
            guard let tag = number(at: entry, 2) else { return nil }
            if tag == 0x0112 { return number(at: entry + 8, 2) }
        }
        return nil
    }
}
