/// Reading and writing of pictures. Pure functions; a call takes up to a second and `width * height * 4` bytes, so it
/// belongs on a bounded worker.
package enum ImageCodec {
    /// Format and size, from the first bytes alone.
    package static func header(
        of bytes: [UInt8], limits: ImageLimits = ImageLimits()
    ) throws(ImageError) -> ImageHeader {
        guard bytes.count <= limits.bytes else { throw .tooManyBytes(bytes.count, limit: limits.bytes) }
        guard let format = ImageFormat.sniff(bytes) else {
            throw ForeignFormat.sniff(bytes).map(ImageError.foreignFormat) ?? .unknownFormat
        }
        let header =
            switch format {
            case .png: try PNGCodec.header(of: bytes)
            case .jpeg: try JPEGCodec.header(of: bytes)
            }
        let side = max(header.width, header.height)
        guard side <= limits.side else { throw .sideTooLong(side, limit: limits.side) }
        let (pixels, overflow) = header.width.multipliedReportingOverflow(by: header.height)
        guard !overflow, pixels <= limits.pixels else { throw .tooManyPixels(pixels, limit: limits.pixels) }
        return header
    }

    /// The pixels. The header is held against `limits` before anything of the picture's size is allocated.
    package static func decode(
        _ bytes: [UInt8], limits: ImageLimits = ImageLimits()
    ) throws(ImageError) -> (bitmap: Bitmap, header: ImageHeader) {
        var header = try header(of: bytes, limits: limits)
        let bitmap: Bitmap
        switch header.format {
        case .png: (bitmap, header.profile) = try PNGCodec.decode(bytes)
        case .jpeg: (bitmap, header.profile) = try JPEGCodec.decode(bytes)
        }
        return (bitmap, header)
    }

    /// Encodes as PNG (without loss) or JPEG (`quality` 1 to 100, transparency over white).
    ///
    /// - Parameter profile: what the pixels' numbers mean, from the header that they were decoded with. Default: sRGB.
    package static func encode(
        _ bitmap: Bitmap, as format: ImageFormat, quality: Int = 90, profile: ColourProfile? = nil
    ) throws(ImageError) -> [UInt8] {
        switch format {
        case .png: try PNGCodec.encode(bitmap, profile: profile)
        case .jpeg: try JPEGCodec.encode(bitmap, quality: quality, profile: profile)
        }
    }
}
