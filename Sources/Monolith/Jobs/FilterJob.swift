import Imaging
import Secrets

/// The work of one job: bytes in, bytes out.
enum FilterJob {
    struct Outcome: Sendable, Equatable {
        let bytes: [UInt8]
        let sha256: String
        let format: ImageFormat
        /// Of the result; nil when none could be made, which is no reason to lose the result.
        let thumbnail: ThumbnailRecord?
    }

    /// A result larger than an upload may be is encoded as JPEG instead.
    static let largestResult = 16 << 20

    static func run(
        on bytes: [UInt8], filter: PixelFilter, format: ImageFormat, limits: ImageLimits
    ) throws(ImageError) -> Outcome {
        let (bitmap, _) = try ImageCodec.decode(bytes, limits: limits)
        let filtered = filter.apply(to: bitmap)
        var format = format
        var encoded = try ImageCodec.encode(filtered, as: format)
        if format == .png, encoded.count > largestResult {
            format = .jpeg
            encoded = try ImageCodec.encode(filtered, as: .jpeg)
        }
        return Outcome(
            bytes: encoded, sha256: SHA256.hex(encoded), format: format, thumbnail: try? thumbnail(of: filtered))
    }

    static func thumbnail(of bitmap: Bitmap) throws(ImageError) -> ThumbnailRecord {
        let thumbnail = try Thumbnail(of: bitmap)
        return ThumbnailRecord(
            sha256: SHA256.hex(thumbnail.bytes), format: thumbnail.format.rawValue, bytes: thumbnail.bytes)
    }
}
