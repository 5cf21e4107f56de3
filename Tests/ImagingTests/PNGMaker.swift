import CZlib

/// Writes PNGs of every type and depth (PNG specification 11.2.2), from samples, and says which pixels they mean.
///
/// An independent way round: it shares nothing with the code under test but zlib's deflate.
struct PNGMaker {
    enum ColourType: UInt8, CaseIterable, Sendable {
        case grey = 0
        case colour = 2
        case palette = 3
        case greyAlpha = 4
        case colourAlpha = 6

        var channels: Int {
            switch self {
            case .grey, .palette: 1
            case .greyAlpha: 2
            case .colour: 3
            case .colourAlpha: 4
            }
        }

        var depths: [Int] {
            switch self {
            case .grey: [1, 2, 4, 8, 16]
            case .palette: [1, 2, 4, 8]
            case .colour, .greyAlpha, .colourAlpha: [8, 16]
            }
        }
    }

    var type: ColourType
    var depth: Int
    var width: Int
    var height: Int
    var isInterlaced = false
    /// 0 to 4; nil: another with each row.
    var filter: Int?
    /// The colour or the indices that nothing is seen of, as the chunk tRNS has them.
    var transparency: [UInt8]?
    /// Written between header and data: gAMA, iCCP, texts.
    var chunks: [[UInt8]] = []
    /// How many bytes each IDAT chunk has at most.
    var dataSize = Int.max

    /// Sample `channel` of the pixel at `x`, `y`: spread over the whole range, none twice in a row.
    func sample(_ x: Int, _ y: Int, _ channel: Int) -> Int {
        let most = (1 << depth) - 1
        let spread = x &* 40_503 &+ y &* 30_011 &+ channel &* 20_021 &+ (x ^ y) &* 7
        return type == .palette ? (x + 3 * y) & most : spread & most
    }

    static func paletteColour(_ index: Int) -> [UInt8] {
        [
            UInt8(truncatingIfNeeded: index &* 37), UInt8(truncatingIfNeeded: 255 - index),
            UInt8(truncatingIfNeeded: index &* 91),
        ]
    }

    // MARK: The file

    var bytes: [UInt8] {
        var out: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        var header = Self.big(width) + Self.big(height)
        header += [UInt8(depth), type.rawValue, 0, 0, isInterlaced ? 1 : 0]
        out += Self.chunk("IHDR", header)
        for chunk in chunks { out += chunk }
        if type == .palette { out += Self.chunk("PLTE", (0..<1 << depth).flatMap(Self.paletteColour)) }
        if let transparency { out += Self.chunk("tRNS", transparency) }
        let data = Self.deflated(rows)
        for start in stride(from: 0, to: data.count, by: min(dataSize, data.count)) {
            out += Self.chunk("IDAT", Array(data[start..<min(data.count, start + min(dataSize, data.count))]))
        }
        return out + Self.chunk("IEND", [])
    }

    /// Adam7 (8.2): first column, first row, and the steps of each pass.
    private static let passes = [
        (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
    ]

    private var rows: [UInt8] {
        guard isInterlaced else { return image(Array(0..<width), Array(0..<height)) }
        return Self.passes.flatMap { startX, startY, stepX, stepY in
            image(Array(stride(from: startX, to: width, by: stepX)), Array(stride(from: startY, to: height, by: stepY)))
        }
    }

    private func image(_ columns: [Int], _ lines: [Int]) -> [UInt8] {
        guard !columns.isEmpty else { return [] }
        var out: [UInt8] = []
        let unit = max(1, type.channels * depth / 8)
        var above: [UInt8] = []
        for (number, y) in lines.enumerated() {
            let row = packed(columns.flatMap { x in (0..<type.channels).map { sample(x, y, $0) } })
            if above.isEmpty { above = [UInt8](repeating: 0, count: row.count) }
            let kind = filter ?? number % 5
            out.append(UInt8(kind))
            for index in row.indices {
                let left = index >= unit ? Int(row[index - unit]) : 0
                let corner = index >= unit ? Int(above[index - unit]) : 0
                let predicted = Self.predicted(kind, left, Int(above[index]), corner)
                out.append(row[index] &- UInt8(truncatingIfNeeded: predicted))
            }
            above = row
        }
        return out
    }

    private static func predicted(_ filter: Int, _ left: Int, _ above: Int, _ corner: Int) -> Int {
        switch filter {
        case 1: return left
        case 2: return above
        case 3: return (left + above) / 2
        case 4:
            let guess = left + above - corner
            let (a, b, c) = (abs(guess - left), abs(guess - above), abs(guess - corner))
            return a <= b && a <= c ? left : b <= c ? above : corner
        default: return 0
        }
    }

    private func packed(_ samples: [Int]) -> [UInt8] {
        if depth == 16 { return samples.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } }
        var out = [UInt8](repeating: 0, count: (samples.count * depth + 7) / 8)
        for (index, sample) in samples.enumerated() {
            let bit = index * depth
            out[bit / 8] |= UInt8(sample << (8 - depth - bit % 8))
        }
        return out
    }

    // MARK: What it means

    /// Red, green, blue, alpha of every pixel, without gamma.
    var pixels: [UInt8] {
        var out: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                let samples = (0..<type.channels).map { sample(x, y, $0) }
                let eight = samples.map(rounded)
                switch type {
                case .grey: out += [eight[0], eight[0], eight[0], opacity(samples)]
                case .colour: out += eight + [opacity(samples)]
                case .greyAlpha: out += [eight[0], eight[0], eight[0], eight[1]]
                case .colourAlpha: out += eight
                case .palette:
                    let alpha = transparency.flatMap { samples[0] < $0.count ? $0[samples[0]] : nil } ?? 255
                    out += Self.paletteColour(samples[0]) + [alpha]
                }
            }
        }
        return out
    }

    private func rounded(_ sample: Int) -> UInt8 {
        let most = (1 << depth) - 1
        return UInt8((sample * 255 + most / 2) / most)
    }

    private func opacity(_ samples: [Int]) -> UInt8 {
        guard let transparency else { return 255 }
        let named = stride(from: 0, to: transparency.count, by: 2).map {
            Int(transparency[$0]) << 8 | Int(transparency[$0 + 1])
        }
        return named == samples ? 0 : 255
    }

    // MARK: Pieces

    static func big(_ number: Int) -> [UInt8] { withUnsafeBytes(of: UInt32(number).bigEndian) { Array($0) } }

    static func chunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
        let body = Array(type.utf8) + content
        return big(content.count) + body + big(Int(crc32(0, body, uInt(body.count))))
    }

    static func deflated(_ bytes: [UInt8]) -> [UInt8] {
        var size = compressBound(uLong(bytes.count))
        return [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
            _ = compress(buffer.baseAddress, &size, bytes, uLong(bytes.count))
            count = Int(size)
        }
    }
}
