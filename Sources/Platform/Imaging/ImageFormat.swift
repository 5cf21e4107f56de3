/// The two formats that are read and written.
package enum ImageFormat: String, Sendable, Equatable, CaseIterable {
    case png
    case jpeg

    package var mediaType: String {
        switch self {
        case .png: "image/png"
        case .jpeg: "image/jpeg"
        }
    }

    /// Of a picture that is kept with the name of its format.
    package static func mediaType(ofStored name: String) -> String {
        ImageFormat(rawValue: name)?.mediaType ?? "application/octet-stream"
    }

    /// Recognised by the first bytes alone; the type that a client declares is ignored.
    package static func sniff(_ bytes: [UInt8]) -> ImageFormat? {
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return .png }
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
        return nil
    }
}

/// What an upload may cost; checked against the header, before a byte of pixels is allocated.
package struct ImageLimits: Sendable, Equatable {
    /// Encoded size. Default 16 MiB, as the router's body limit.
    package var bytes: Int
    /// Width times height. Default 40 million: 160 MB once decoded.
    package var pixels: Int
    /// Either side alone. Default 16,384.
    package var side: Int

    package init(bytes: Int = 16 << 20, pixels: Int = 40_000_000, side: Int = 16_384) {
        self.bytes = bytes
        self.pixels = pixels
        self.side = side
    }
}

/// What the header of a picture says.
package struct ImageHeader: Sendable, Equatable {
    package let format: ImageFormat
    package let width: Int
    package let height: Int
    /// The colour profile of the decoded pixels; nil for sRGB. It is known only after decoding.
    package var profile: ColourProfile?

    package init(format: ImageFormat, width: Int, height: Int) {
        self.format = format
        self.width = width
        self.height = height
    }
}

/// Why a picture was refused. Every case is the sender's fault, except `outOfMemory`.
package enum ImageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Neither PNG nor JPEG, nor anything else that is known.
    case unknownFormat
    /// A picture of a kind that is not read here.
    case foreignFormat(ForeignFormat)
    case tooManyBytes(Int, limit: Int)
    case sideTooLong(Int, limit: Int)
    case tooManyPixels(Int, limit: Int)
    /// Torn, malformed, or of a kind the libraries do not read; with their words.
    case broken(ImageFormat, String)
    case outOfMemory

    package var description: String {
        switch self {
        case .unknownFormat: "the bytes are neither a PNG nor a JPEG picture, which are what is accepted"
        case .foreignFormat(let format): "the bytes are a \(format.rawValue) picture; PNG and JPEG are accepted"
        case .tooManyBytes(let count, let limit): "the picture has \(count) bytes; at most \(limit) are accepted"
        case .sideTooLong(let side, let limit): "one side has \(side) pixels; at most \(limit) are accepted"
        case .tooManyPixels(let count, let limit): "the picture has \(count) pixels; at most \(limit) are accepted"
        case .broken(let format, let words): "the \(format.rawValue.uppercased()) data is broken: \(words)"
        case .outOfMemory: "there is not enough memory for this picture now"
        }
    }

    /// Too large, as opposed to wrong: what HTTP calls 413 and not 422.
    package var isTooLarge: Bool {
        switch self {
        case .tooManyBytes, .sideTooLong, .tooManyPixels: true
        case .unknownFormat, .foreignFormat, .broken, .outOfMemory: false
        }
    }
}
