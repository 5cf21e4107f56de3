import ControlKit
import Imaging
import Parity

/// The bytes of a scenario file's samples: read from beside it, or painted.
enum SampleShelf {
    /// - Parameter folder: the folder of the scenario file.
    static func load(
        _ samples: [String: Sample], from folder: String
    ) throws(OperationFailure) -> [String: (bytes: [UInt8], type: String)] {
        var shelf: [String: (bytes: [UInt8], type: String)] = [:]
        for (name, sample) in samples {
            switch sample {
            case .bytes(let bytes, let type): shelf[name] = (bytes, type)
            case .file(let path, let type):
                let full = FileSystem.resolve(path, in: folder)
                guard let bytes = FileSystem.read(full) else {
                    throw OperationFailure(.configuration, "cannot read the sample \"\(name)\" from \(full)")
                }
                shelf[name] = (bytes, type)
            case .picture(let type, let width, let height, let seed):
                let format: ImageFormat = type == "image/jpeg" ? .jpeg : .png
                guard let bytes = try? ImageCodec.encode(paint(width, height, seed), as: format) else {
                    throw OperationFailure(.failed, "cannot encode the sample \"\(name)\" as \(type)")
                }
                shelf[name] = (bytes, type)
            }
        }
        return shelf
    }

    /// Gradients with a little noise: every channel and every direction differs, so that a filter that mixes up
    /// channels, rows or columns shows.
    private static func paint(_ width: Int, _ height: Int, _ seed: UInt64) -> Bitmap {
        var bitmap = Bitmap(width: width, height: height, filledWith: (0, 0, 0, 255))
        var state = seed
        for y in 0..<height {
            for x in 0..<width {
                // SplitMix64's step.
                state &+= 0x9E37_79B9_7F4A_7C15
                let noise = Int((state ^ (state >> 31)) & 15)
                let place = (y * width + x) * Bitmap.bytesPerPixel
                bitmap.pixels[place] = UInt8(clamping: x * 240 / width + noise)
                bitmap.pixels[place + 1] = UInt8(clamping: y * 240 / height + noise)
                bitmap.pixels[place + 2] = UInt8(clamping: (x + y) * 120 / max(1, (width + height) / 2))
            }
        }
        return bitmap
    }
}

/// Between the image room's pixels and those that parity compares.
enum Pictures {
    /// For `Comparator`.
    static func decode(_ bytes: [UInt8]) throws -> Picture {
        let bitmap = try ImageCodec.decode(bytes).bitmap
        let hasAlpha = stride(from: 3, to: bitmap.pixels.count, by: 4).contains { bitmap.pixels[$0] != 255 }
        guard
            let picture = Picture(
                width: bitmap.width, height: bitmap.height, hasAlpha: hasAlpha, pixels: bitmap.pixels)
        else { throw ImageError.unknownFormat }
        return picture
    }

    /// The picture with its middle turned negative, in the same format: wrong, but a picture.
    static func repaint(_ bytes: [UInt8]) -> [UInt8]? {
        guard let (original, header) = try? ImageCodec.decode(bytes) else { return nil }
        var bitmap = original
        for y in (bitmap.height / 3)...(bitmap.height * 2 / 3) where y < bitmap.height {
            for x in (bitmap.width / 3)...(bitmap.width * 2 / 3) where x < bitmap.width {
                let place = (y * bitmap.width + x) * Bitmap.bytesPerPixel
                for channel in 0..<3 { bitmap.pixels[place + channel] = 255 - bitmap.pixels[place + channel] }
            }
        }
        return try? ImageCodec.encode(bitmap, as: header.format)
    }
}
