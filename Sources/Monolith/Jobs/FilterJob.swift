import Imaging
import Secrets

/// The work of one job: bytes in, bytes out.
enum FilterJob {
    struct Outcome: Sendable, Equatable {
        let bytes: [UInt8]
        let sha256: String
        let format: ImageFormat
        /// The small copy of the result; nil when none could be made, which is no reason to lose the result.
        let thumbnail: ThumbnailRecord?
    }

    /// A result larger than an upload may be is encoded as JPEG instead.
    static let largestResult = 16 << 20

    static func run(
        on bytes: [UInt8], filter: PixelFilter, format: ImageFormat, limits: ImageLimits
    ) throws(ImageError) -> Outcome {
        let (bitmap, header) = try ImageCodec.decode(bytes, limits: limits)
        let filtered = filter.apply(to: bitmap)
        var format = format
        var encoded = try ImageCodec.encode(filtered, as: format, profile: header.profile)
        if format == .png, encoded.count > largestResult {
            format = .jpeg
            encoded = try ImageCodec.encode(filtered, as: .jpeg, profile: header.profile)
        }
        return Outcome(
            bytes: encoded, sha256: SHA256.hex(encoded), format: format, thumbnail: try? thumbnail(of: filtered, header)
        )
    }

    static func thumbnail(of bitmap: Bitmap, _ header: ImageHeader) throws(ImageError) -> ThumbnailRecord {
        let thumbnail = try Thumbnail(of: bitmap, profile: header.profile)
        return ThumbnailRecord(
            sha256: SHA256.hex(thumbnail.bytes), format: thumbnail.format.rawValue, bytes: thumbnail.bytes)
    }
}
