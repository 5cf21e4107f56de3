/// Writes JPEGs (ITU-T T.81) of one colour for each block of 8 by 8 samples: any components, any sampling factors, any
/// number of scans.
///
/// Only the mean of a block is coded, so that the pixels are known without a cosine.
struct JPEGMaker {
    struct Component: Sendable {
        var horizontal = 1
        var vertical = 1
        /// The value of every sample.
        var value: UInt8
    }

    var width: Int
    var height: Int
    var components: [Component]
    /// Of the Adobe segment: 0 as they are, 1 YCbCr, 2 YCCK; nil: no segment.
    var adobeTransform: UInt8?
    /// Segments behind the start: APPn, COM.
    var segments: [UInt8] = []
    /// Progressive: the means first, then so many scans that change nothing.
    var emptyScans: Int?
    /// Between the frame and what follows, where nothing belongs.
    var extraneous: [UInt8] = []

    var bytes: [UInt8] {
        var out: [UInt8] = [0xFF, 0xD8] + segments
        if let adobeTransform {
            out += Self.segment(0xEE, Array("Adobe".utf8) + [0, 100, 0, 0, 0, 0, adobeTransform])
        }
        // Quantised by 1 (B.2.4.1).
        out += Self.segment(0xDB, [0] + [UInt8](repeating: 1, count: 64))
        var frame: [UInt8] = [8, UInt8(height >> 8), UInt8(height & 255), UInt8(width >> 8), UInt8(width & 255)]
        frame.append(UInt8(components.count))
        for (index, component) in components.enumerated() {
            frame += [UInt8(index + 1), UInt8(component.horizontal << 4 | component.vertical), 0]
        }
        out += Self.segment(emptyScans == nil ? 0xC0 : 0xC2, frame) + extraneous
        // Huffman tables (B.2.4.2): a code of four bits for each size of a mean, and one of one bit for the end of a
        // block.
        out += Self.segment(0xC4, [0x00, 0, 0, 0, 12] + [UInt8](repeating: 0, count: 12) + Array(0...11))
        out += Self.segment(0xC4, [0x10, 1] + [UInt8](repeating: 0, count: 15) + [0])
        out += Self.segment(0xDA, scanHeader(Array(0..<components.count), emptyScans == nil ? [0, 63, 0] : [0, 0, 0]))
        out += means
        for _ in 0..<(emptyScans ?? 0) {
            out += Self.segment(0xDA, scanHeader([0], [1, 63, 0]))
            let blocks = ((width + 7) / 8) * ((height + 7) / 8)
            out += Self.bits([Bool](repeating: false, count: blocks))
        }
        return out + [0xFF, 0xD9]
    }

    private func scanHeader(_ indices: [Int], _ rest: [UInt8]) -> [UInt8] {
        [UInt8(indices.count)] + indices.flatMap { [UInt8($0 + 1), 0] } + rest
    }

    private var means: [UInt8] {
        var bits: [Bool] = []
        var last = [Int](repeating: 0, count: components.count)
        let across = 8 * (components.map(\.horizontal).max() ?? 1)
        let down = 8 * (components.map(\.vertical).max() ?? 1)
        let units = ((width + across - 1) / across) * ((height + down - 1) / down)
        for _ in 0..<units {
            for (index, component) in components.enumerated() {
                // A component alone in its scan is not grouped (A.2.2), which for one of one by one is the same.
                for _ in 0..<component.horizontal * component.vertical {
                    let mean = 8 * (Int(component.value) - 128)
                    let difference = mean - last[index]
                    last[index] = mean
                    var size = 0
                    while abs(difference) >> size > 0 { size += 1 }
                    for bit in (0..<4).reversed() { bits.append(size >> bit & 1 == 1) }
                    let coded = difference < 0 ? difference + (1 << size) - 1 : difference
                    for bit in (0..<size).reversed() { bits.append(coded >> bit & 1 == 1) }
                    if emptyScans == nil { bits.append(false) }
                }
            }
        }
        return Self.bits(bits)
    }

    /// Filled up with ones, a zero behind each 0xFF (F.1.2.3).
    private static func bits(_ bits: [Bool]) -> [UInt8] {
        var out: [UInt8] = []
        for start in stride(from: 0, to: bits.count, by: 8) {
            var byte: UInt8 = 0
            for bit in start..<start + 8 { byte = byte << 1 | (bit < bits.count && !bits[bit] ? 0 : 1) }
            out.append(byte)
            if byte == 0xFF { out.append(0) }
        }
        return out
    }

    static func segment(_ marker: UInt8, _ content: [UInt8]) -> [UInt8] {
        let length = content.count + 2
        return [0xFF, marker, UInt8(length >> 8), UInt8(length & 255)] + content
    }
}
