import CPNG
import CPNGReader

/// libpng: read row by row, as its simplified interface takes 16 bits without a gAMA chunk for linear light and tears
/// 16 bits that are interlaced; written through that interface, which keeps its `setjmp` inside C.
enum PNGCodec {
    static func header(of bytes: [UInt8]) throws(ImageError) -> ImageHeader {
        let layout = try PNGLayout(headerOf: bytes)
        return ImageHeader(format: .png, width: layout.width, height: layout.height)
    }

    static func decode(_ bytes: [UInt8]) throws(ImageError) -> (Bitmap, ColourProfile?) {
        let layout = try PNGLayout(of: bytes)
        let (width, height) = (layout.width, layout.height)
        guard let columns = UInt32(exactly: width), let rows = UInt32(exactly: height) else {
            throw .broken(.png, "the sizes do not agree")
        }
        var message = [CChar](repeating: 0, count: 128)
        var isWhole = false
        let pixels = bytes.withUnsafeBufferPointer { source in
            let pieces = layout.pieces.map { range in
                png_reader_piece(bytes: source.baseAddress.map { $0 + range.lowerBound }, count: range.count)
            }
            let size = width * height * Bitmap.bytesPerPixel
            return [UInt8](unsafeUninitializedCapacity: size) { target, count in
                isWhole =
                    png_reader_decode(
                        pieces, pieces.count, columns, rows, target.baseAddress, &message, message.count) == 1
                count = isWhole ? size : 0
            }
        }
        guard isWhole, let bitmap = Bitmap(width: width, height: height, pixels: pixels) else {
            let words = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw .broken(.png, String(decoding: words, as: UTF8.self))
        }
        // The profile of a grey picture describes one channel; what is made of it has three.
        let profile = layout.isColoured ? layout.profileChunk.flatMap { ColourProfile(pngChunk: bytes[$0]) } : nil
        return (bitmap, profile)
    }

    static func encode(_ bitmap: Bitmap, profile: ColourProfile?) throws(ImageError) -> [UInt8] {
        let opaque = bitmap.isOpaque
        // Three channels where the fourth says nothing: a quarter less to compress.
        let pixels = opaque ? withoutAlpha(bitmap.pixels) : bitmap.pixels
        var image = png_image()
        image.version = UInt32(PNG_IMAGE_VERSION)
        image.width = UInt32(bitmap.width)
        image.height = UInt32(bitmap.height)
        image.format = UInt32(PNG_FORMAT_FLAG_COLOR | (opaque ? 0 : PNG_FORMAT_FLAG_ALPHA))
        image.flags = UInt32(PNG_IMAGE_FLAG_FAST)
        // No sRGB chunk beside a profile (PNG specification 11.3.2.5).
        if profile != nil { image.flags |= UInt32(PNG_IMAGE_FLAG_COLORSPACE_NOT_sRGB) }
        defer { png_image_free(&image) }
        let stride = Int32(bitmap.width * (opaque ? 3 : 4))
        // Stored rows, a filter byte each, and zlib's and the chunks' overhead: never less than what is written.
        var size = pixels.count + bitmap.height + pixels.count / 1_000 + 65_536
        var out = [UInt8](unsafeUninitializedCapacity: size) { buffer, initialised in
            let written = png_image_write_to_memory(&image, buffer.baseAddress, &size, 0, pixels, stride, nil)
            initialised = written != 0 ? size : 0
        }
        guard !out.isEmpty else { throw .broken(.png, message(of: image)) }
        if let profile {
            // Behind signature and IHDR, before everything that it concerns.
            guard let chunk = profile.pngChunk else { throw .outOfMemory }
            out.insert(contentsOf: chunk, at: 33)
        }
        return out
    }

    private static func withoutAlpha(_ pixels: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: pixels.count / 4 * 3) { buffer, initialised in
            var target = 0
            for source in stride(from: 0, to: pixels.count, by: 4) {
                buffer[target] = pixels[source]
                buffer[target + 1] = pixels[source + 1]
                buffer[target + 2] = pixels[source + 2]
                target += 3
            }
            initialised = target
        }
    }

    private static func message(of image: png_image) -> String {
        let text = withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return text.isEmpty ? "the sizes do not agree" : text
    }
}
