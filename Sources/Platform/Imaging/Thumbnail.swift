/// A small copy of a picture for lists: JPEG, or PNG when something shows through.
///
/// The same pixels always make the same bytes, so that two processes which make it apart agree on its digest.
package struct Thumbnail: Sendable, Equatable {
    /// Neither side is longer, in pixels. A picture that is smaller keeps its size.
    package static let longestSide = 320
    private static let quality = 82
    /// A colour profile that would be larger than the picture itself is left out.
    private static let largestProfile = 32 << 10

    package let bytes: [UInt8]
    package let format: ImageFormat

    package init(of bitmap: Bitmap, profile: ColourProfile? = nil) throws(ImageError) {
        let small = Self.scaled(bitmap)
        let profile = profile.flatMap { $0.bytes.count <= Self.largestProfile ? $0 : nil }
        format = small.isOpaque ? .jpeg : .png
        bytes = try ImageCodec.encode(small, as: format, quality: Self.quality, profile: profile)
    }

    /// Width and height of the small copy: the proportions are kept, no side is less than a pixel.
    static func size(width: Int, height: Int) -> (width: Int, height: Int) {
        let longest = max(width, height)
        guard longest > longestSide else { return (width, height) }
        func shortened(_ side: Int) -> Int { max(1, (side * longestSide + longest / 2) / longest) }
        return (shortened(width), shortened(height))
    }

    /// Each pixel is the mean of the area that it covers, weighted by opacity: invisible pixels colour nothing.
    static func scaled(_ bitmap: Bitmap) -> Bitmap {
        let (width, height) = size(width: bitmap.width, height: bitmap.height)
        guard width < bitmap.width || height < bitmap.height else { return bitmap }
        var scaler = AreaScaler(from: (bitmap.width, bitmap.height), to: (width, height))
        let pixels = bitmap.pixels.withUnsafeBufferPointer { source in
            [UInt8](unsafeUninitializedCapacity: width * height * Bitmap.bytesPerPixel) { target, count in
                count = scaler.scale(source, into: target)
            }
        }
        return Bitmap(width: width, height: height, pixels: pixels) ?? bitmap
    }
}

/// Sums of areas in whole numbers. A source pixel is `target width` units wide and a target pixel `source width` units,
/// so that both tile the same line exactly; likewise downwards. With sides up to 16,384 and 40 million pixels nothing
/// overflows.
private struct AreaScaler {
    private let source: (width: Int, height: Int)
    private let target: (width: Int, height: Int)
    /// One source row gathered into the target's columns: red, green, blue times opacity, and opacity.
    private var row: [UInt32]
    /// Gathered source rows of the target row in hand.
    private var rows: [UInt64]

    init(from source: (width: Int, height: Int), to target: (width: Int, height: Int)) {
        self.source = source
        self.target = target
        row = [UInt32](repeating: 0, count: target.width * 4)
        rows = [UInt64](repeating: 0, count: target.width * 4)
    }

    /// The number of bytes written.
    mutating func scale(_ pixels: UnsafeBufferPointer<UInt8>, into out: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var written = 0
        var room = source.height
        for y in 0..<source.height {
            let start = y * source.width * Bitmap.bytesPerPixel
            gather(UnsafeBufferPointer(rebasing: pixels[start..<start + source.width * Bitmap.bytesPerPixel]))
            var left = target.height
            while left > 0 {
                let taken = min(left, room)
                for place in row.indices { rows[place] += UInt64(taken) * UInt64(row[place]) }
                left -= taken
                room -= taken
                if room == 0 {
                    write(into: out, at: &written)
                    room = source.height
                }
            }
        }
        return written
    }

    private mutating func gather(_ line: UnsafeBufferPointer<UInt8>) {
        let (wide, narrow) = (UInt32(source.width), UInt32(target.width))
        row.withUnsafeMutableBufferPointer { row in
            row.update(repeating: 0)
            var column = 0
            var room = wide
            for pixel in stride(from: 0, to: line.count, by: Bitmap.bytesPerPixel) {
                let alpha = UInt32(line[pixel + 3])
                var left = narrow
                while left > 0 {
                    let taken = min(left, room)
                    let weight = taken * alpha
                    row[column] += weight * UInt32(line[pixel])
                    row[column + 1] += weight * UInt32(line[pixel + 1])
                    row[column + 2] += weight * UInt32(line[pixel + 2])
                    row[column + 3] += weight
                    left -= taken
                    room -= taken
                    if room == 0 {
                        column += 4
                        room = wide
                    }
                }
            }
        }
    }

    private mutating func write(into out: UnsafeMutableBufferPointer<UInt8>, at written: inout Int) {
        let area = UInt64(source.width) * UInt64(source.height)
        for column in stride(from: 0, to: rows.count, by: 4) {
            let opacity = rows[column + 3]
            for channel in 0..<3 {
                out[written + channel] =
                    opacity == 0 ? 0 : UInt8(truncatingIfNeeded: (rows[column + channel] + opacity / 2) / opacity)
            }
            out[written + 3] = UInt8(truncatingIfNeeded: (opacity + area / 2) / area)
            written += 4
        }
        for place in rows.indices { rows[place] = 0 }
    }
}
