import Imaging

/// Three box means of `2 * radius + 1` pixels along rows, then along columns; the border pixel goes on beyond the
/// edge. Colour is weighed by alpha, so that what cannot be seen does not bleed.
///
/// Between passes values keep six bits of fraction; a whole plane of one channel is worked on at a time, so the extra
/// memory is half of the picture's.
struct BoxBlur {
    let radius: Int
    private static let fraction: Int32 = 6

    func apply(to bitmap: inout Bitmap) {
        let count = bitmap.width * bitmap.height
        let opaque = (0..<count).allSatisfy { bitmap.pixels[$0 * 4 + 3] == 255 }
        var alpha: [UInt16]?
        if !opaque {
            var plane = (0..<count).map { UInt16(bitmap.pixels[$0 * 4 + 3]) << Self.fraction }
            blur(&plane, width: bitmap.width, height: bitmap.height)
            alpha = plane
        }
        for channel in 0..<3 {
            var plane = [UInt16](repeating: 0, count: count)
            for index in 0..<count {
                let value = UInt32(bitmap.pixels[index * 4 + channel]) << UInt32(Self.fraction)
                plane[index] = UInt16(opaque ? value : (value * UInt32(bitmap.pixels[index * 4 + 3]) + 127) / 255)
            }
            blur(&plane, width: bitmap.width, height: bitmap.height)
            for index in 0..<count {
                var value = UInt32(plane[index])
                if let alpha {
                    let weight = UInt32(alpha[index])
                    value = weight == 0 ? 0 : (value * (255 << UInt32(Self.fraction)) + weight / 2) / weight
                }
                bitmap.pixels[index * 4 + channel] = UInt8(clamping: (value + 32) >> UInt32(Self.fraction))
            }
        }
        if let alpha {
            for index in 0..<count {
                bitmap.pixels[index * 4 + 3] = UInt8(clamping: (UInt32(alpha[index]) + 32) >> UInt32(Self.fraction))
            }
        }
    }

    private func blur(_ plane: inout [UInt16], width: Int, height: Int) {
        var line = [UInt16](repeating: 0, count: max(width, height))
        plane.withUnsafeMutableBufferPointer { plane in
            line.withUnsafeMutableBufferPointer { line in
                for y in 0..<height {
                    for _ in 0..<3 { pass(plane, from: y * width, step: 1, count: width, line) }
                }
                for x in 0..<width {
                    for _ in 0..<3 { pass(plane, from: x, step: width, count: height, line) }
                }
            }
        }
    }

    /// One running mean over `count` values that stand `step` apart.
    private func pass(
        _ plane: UnsafeMutableBufferPointer<UInt16>, from start: Int, step: Int, count: Int,
        _ line: UnsafeMutableBufferPointer<UInt16>
    ) {
        for index in 0..<count { line[index] = plane[start + index * step] }
        let last = count - 1
        let size = UInt32(2 * radius + 1)
        var sum = UInt32(line[0]) * UInt32(radius + 1)
        for index in 1...radius { sum += UInt32(line[min(index, last)]) }
        for index in 0..<count {
            plane[start + index * step] = UInt16((sum + size / 2) / size)
            sum += UInt32(line[min(index + radius + 1, last)])
            sum -= UInt32(line[max(index - radius, 0)])
        }
    }
}
