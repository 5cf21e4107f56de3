/// Formats that are recognised but not read, so that the sender of one learns what to send instead.
package enum ForeignFormat: String, Sendable, Equatable {
    case gif = "GIF"
    case webP = "WebP"
    case heif = "HEIF"
    case avif = "AVIF"
    case tiff = "TIFF"
    case bmp = "BMP"
    case jpegXL = "JPEG XL"
    case jpeg2000 = "JPEG 2000"
    case svg = "SVG"

    static func sniff(_ bytes: [UInt8]) -> ForeignFormat? {
        func has(_ text: String, at place: Int = 0) -> Bool { bytes.dropFirst(place).starts(with: text.utf8) }
        if has("GIF87a") || has("GIF89a") { return .gif }
        if has("RIFF"), has("WEBP", at: 8) { return .webP }
        // ISO base media: the brand of a file says what is in it.
        if has("ftyp", at: 4) {
            if has("avif", at: 8) || has("avis", at: 8) { return .avif }
            if ["heic", "heix", "heim", "heis", "hevc", "mif1", "msf1"].contains(where: { has($0, at: 8) }) {
                return .heif
            }
        }
        if has("II*\0") || has("MM\0*") { return .tiff }
        if has("BM"), bytes.count >= 14 { return .bmp }
        if bytes.starts(with: [0xFF, 0x0A]) || has("JXL ", at: 4) { return .jpegXL }
        if has("jP  ", at: 4) || bytes.starts(with: [0xFF, 0x4F, 0xFF, 0x51]) { return .jpeg2000 }
        let text = bytes.prefix(1_024).drop {
            $0 == 0x20 || (0x09...0x0D).contains($0) || $0 == 0xEF || $0 == 0xBB || $0 == 0xBF
        }
        if text.starts(with: "<svg".utf8) || (text.starts(with: "<?xml".utf8) && contains(text, "<svg")) { return .svg }
        return nil
    }

    private static func contains(_ text: ArraySlice<UInt8>, _ word: String) -> Bool {
        text.indices.contains { text[$0...].starts(with: word.utf8) }
    }
}
