/// Where the chunks of a PNG lie (PNG specification 5.3), found before a library allocates or inflates anything.
///
/// Every length is held against the bytes that are left. Of the ancillary chunks only those are kept that change how
/// the pixels look. Texts, times and all other chunks, compressed or not, are never read.
struct PNGLayout {
    let width: Int
    let height: Int
    /// What is decoded, signature included, in order; neighbours are one range.
    private(set) var pieces: [Range<Int>] = []
    /// The content of the first iCCP chunk.
    private(set) var profileChunk: Range<Int>?
    /// The picture has colours: its type is RGB or a palette.
    let isColoured: Bool

    private enum Kind {
        case header, palette, data, end
        case transparency, gamma, standardColours, profile
        case unneeded
    }

    private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    /// Length, type and checksum.
    private static let overhead = 12

    /// Signature and IHDR alone (11.2.2), which stand at fixed places.
    init(headerOf bytes: [UInt8]) throws(ImageError) {
        guard bytes.count >= 33, bytes.starts(with: Self.signature), Self.number(bytes, 8) == 13,
            bytes[12..<16].elementsEqual([0x49, 0x48, 0x44, 0x52])
        else { throw .broken(.png, "no header") }
        width = Self.number(bytes, 16)
        height = Self.number(bytes, 20)
        isColoured = bytes[25] & 2 != 0
        guard width > 0, height > 0 else { throw .broken(.png, "a side of no pixels") }
    }

    /// Reads the whole file up to IEND; bytes behind it are ignored.
    init(of bytes: [UInt8]) throws(ImageError) {
        try self.init(headerOf: bytes)
        append(0..<8)
        var gamma: Range<Int>?
        var hasStandardColours = false
        var place = 8
        var dataEnd: Int?
        var hasPalette = false
        var hasTransparency = false
        // libpng wants it before the palette and the data.
        func placeGamma() {
            if let found = gamma, profileChunk == nil, !hasStandardColours { append(found) }
            gamma = nil
        }
        while true {
            let left = bytes.count - place
            guard left >= Self.overhead else { throw .broken(.png, "it ends before its last chunk") }
            let length = Self.number(bytes, place)
            guard length <= left - Self.overhead else {
                throw .broken(.png, "a chunk claims \(length) bytes where \(left - Self.overhead) are left")
            }
            let content = place + 8..<place + 8 + length
            let chunk = place..<content.upperBound + 4
            switch try Self.kind(bytes[place + 4..<place + 8]) {
            case .header:
                guard place == 8 else { throw .broken(.png, "a second header") }
                append(chunk)
            case .data:
                guard dataEnd == nil || dataEnd == place else { throw .broken(.png, "its data lies apart") }
                placeGamma()
                append(chunk)
                dataEnd = chunk.upperBound
            case .end:
                guard length == 0 else { throw .broken(.png, "its end has content") }
                guard dataEnd != nil else { throw .broken(.png, "no data") }
                append(chunk)
                return
            case .palette:
                guard length <= 768 else { throw .broken(.png, "a palette of \(length) bytes") }
                guard !hasPalette else { throw .broken(.png, "a second palette") }
                hasPalette = true
                placeGamma()
                append(chunk)
            case .transparency where length <= 256 && dataEnd == nil && !hasTransparency:
                hasTransparency = true
                append(chunk)
            case .gamma where length == 4 && dataEnd == nil:
                // A file gamma beyond any device's is a mistake, and would make the picture black or white.
                if (10_000...1_000_000).contains(Self.number(bytes, content.lowerBound)) { gamma = gamma ?? chunk }
            case .standardColours where dataEnd == nil: hasStandardColours = true
            case .profile where dataEnd == nil: profileChunk = profileChunk ?? content
            case .transparency, .gamma, .standardColours, .profile, .unneeded: break
            }
            place = chunk.upperBound
        }
    }

    private mutating func append(_ range: Range<Int>) {
        if let last = pieces.last, last.upperBound == range.lowerBound {
            pieces[pieces.count - 1] = last.lowerBound..<range.upperBound
        } else {
            pieces.append(range)
        }
    }

    /// A type is four letters; a capital first one marks a chunk without which the picture cannot be shown (5.4).
    private static func kind(_ type: ArraySlice<UInt8>) throws(ImageError) -> Kind {
        guard type.allSatisfy({ (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }) else {
            throw .broken(.png, "a chunk without a type")
        }
        let name = String(decoding: type, as: UTF8.self)
        switch name {
        case "IHDR": return .header
        case "PLTE": return .palette
        case "IDAT": return .data
        case "IEND": return .end
        case "tRNS": return .transparency
        case "gAMA": return .gamma
        case "sRGB": return .standardColours
        case "iCCP": return .profile
        default:
            guard type[type.startIndex] & 0x20 != 0 else {
                throw .broken(.png, "an unknown chunk, \(name), that it needs")
            }
            return .unneeded
        }
    }

    private static func number(_ bytes: [UInt8], _ place: Int) -> Int {
        bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
    }
}
