import CPNG

/// libpng through its simplified interface, which keeps its `setjmp` inside C: no jump ever crosses a Swift frame.
enum PNGCodec {
    /// Signature, then IHDR (PNG specification 5.2 and 11.2.2): width and height stand at fixed places, so they are
    /// read without the library and without trust.
    static func header(of bytes: [UInt8]) throws(ImageError) -> ImageHeader {
        guard bytes.count >= 33, bytes[8..<16] == [0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52] else {
            throw .broken(.png, "no header")
        }
        let width = bytes[16..<20].reduce(0) { $0 << 8 | Int($1) }
        let height = bytes[20..<24].reduce(0) { $0 << 8 | Int($1) }
        guard width > 0, height > 0 else { throw .broken(.png, "a side of no pixels") }
        return ImageHeader(format: .png, width: width, height: height)
    }

    static func decode(_ bytes: [UInt8], header: ImageHeader) throws(ImageError) -> Bitmap {
        var image = png_image()
        image.version = UInt32(PNG_IMAGE_VERSION)
        // Frees what the library still holds after a failure; harmless after success.
        defer { png_image_free(&image) }
        var pixels: [UInt8] = []
        // The library keeps the pointer to the bytes between its two calls, so both are made inside this closure.
        let complete = bytes.withUnsafeBytes { source -> Bool in
            guard png_image_begin_read_from_memory(&image, source.baseAddress, source.count) != 0 else { return false }
            image.format = UInt32(PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA)
            guard Int(image.width) == header.width, Int(image.height) == header.height else { return false }
            pixels = [UInt8](repeating: 0, count: header.width * header.height * Bitmap.bytesPerPixel)
            let stride = Int32(header.width * Bitmap.bytesPerPixel)
            return pixels.withUnsafeMutableBytes { png_image_finish_read(&image, nil, $0.baseAddress, stride, nil) }
                != 0
        }
        // Warnings (code 1) are libpng's way to say that it mended something; only the failures above refuse.
        guard complete, image.warning_or_error & 2 == 0,
            let bitmap = Bitmap(width: header.width, height: header.height, pixels: pixels)
        else { throw .broken(.png, message(of: image)) }
        return bitmap
    }

    static func encode(_ bitmap: Bitmap) throws(ImageError) -> [UInt8] {
        let opaque = bitmap.isOpaque
        // Three channels where the fourth says nothing: a quarter less to compress.
        let pixels = opaque ? withoutAlpha(bitmap.pixels) : bitmap.pixels
        var image = png_image()
        image.version = UInt32(PNG_IMAGE_VERSION)
        image.width = UInt32(bitmap.width)
        image.height = UInt32(bitmap.height)
        image.format = UInt32(PNG_FORMAT_FLAG_COLOR | (opaque ? 0 : PNG_FORMAT_FLAG_ALPHA))
        image.flags = UInt32(PNG_IMAGE_FLAG_FAST)
        defer { png_image_free(&image) }
        let stride = Int32(bitmap.width * (opaque ? 3 : 4))
        // Stored rows, a filter byte each, and zlib's and the chunks' overhead: never less than what is written.
        var size = pixels.count + bitmap.height + pixels.count / 1_000 + 65_536
        let out = [UInt8](unsafeUninitializedCapacity: size) { buffer, initialised in
            let written = png_image_write_to_memory(&image, buffer.baseAddress, &size, 0, pixels, stride, nil)
            initialised = written != 0 ? size : 0
        }
        guard !out.isEmpty else { throw .broken(.png, message(of: image)) }
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
