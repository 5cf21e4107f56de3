import Imaging
import Secrets

/// The work of one job: bytes in, bytes out.
enum FilterJob {
    struct Outcome: Sendable, Equatable {
        let bytes: [UInt8]
        let sha256: String
        let format: ImageFormat
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
        return Outcome(bytes: encoded, sha256: SHA256.hex(encoded), format: format)
    }
}
