import Imaging
import JSON
import Secrets

/// What a worker does with one job: a pure function from bytes to bytes.
package enum FilterWork {
    package struct Outcome: Sendable, Equatable {
        package let bytes: [UInt8]
        package let sha256: String
        package let format: String
        /// Of the result; nil when none could be made, which is no reason to lose the result.
        package let thumbnail: FilterStore.Small?
    }

    package enum Failure: Error, Sendable, Equatable {
        /// The same input will fail again.
        case hopeless(String)
        /// Something outside the job was short.
        case passing(String)
    }

    /// A result larger than an upload may be is encoded as JPEG instead.
    static let largestResult = 16 << 20

    static func run(_ job: FilterStore.Job, on bytes: [UInt8], limits: ImageLimits) throws(Failure) -> Outcome {
        guard let effect = Effect.named(job.filter) else { throw .hopeless("there is no filter \"\(job.filter)\"") }
        var settings: [String: Double] = [:]
        if let root = try? JSONDocument(job.parameters).root {
            for member in root.members { settings[member.key] = member.value.double }
        }
        do throws(ImageError) {
            let (bitmap, header) = try ImageCodec.decode(bytes, limits: limits)
            let picture = effect.apply(settings, to: bitmap)
            var format = ImageFormat(rawValue: job.format) ?? .png
            var encoded = try ImageCodec.encode(picture, as: format, profile: header.profile)
            if encoded.count > largestResult, format == .png {
                format = .jpeg
                encoded = try ImageCodec.encode(picture, as: format, profile: header.profile)
            }
            return Outcome(
                bytes: encoded, sha256: SHA256.hex(encoded), format: format.rawValue,
                thumbnail: try? thumbnail(of: picture, header))
        } catch {
            if case .outOfMemory = error { throw .passing(error.description) }
            throw .hopeless(error.description)
        }
    }

    static func thumbnail(of bitmap: Bitmap, _ header: ImageHeader) throws(ImageError) -> FilterStore.Small {
        let thumbnail = try Thumbnail(of: bitmap, profile: header.profile)
        return .init(sha256: SHA256.hex(thumbnail.bytes), format: thumbnail.format.rawValue, bytes: thumbnail.bytes)
    }
}
