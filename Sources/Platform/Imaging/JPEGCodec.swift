import CTurboJPEG

/// libjpeg-turbo through its `tj*` interface (the other one jumps with `setjmp`).
enum JPEGCodec {
    static func header(of bytes: [UInt8]) throws(ImageError) -> ImageHeader {
        let layout = try JPEGLayout(of: bytes, headerOnly: true)
        let isTurned = layout.orientation.swapsSides
        return ImageHeader(
            format: .jpeg, width: isTurned ? layout.height : layout.width,
            height: isTurned ? layout.width : layout.height)
    }

    /// The pixels, turned upright as the picture's Exif data asks.
    static func decode(_ bytes: [UInt8]) throws(ImageError) -> (Bitmap, ColourProfile?) {
        let layout = try JPEGLayout(of: bytes)
        return (layout.orientation.apply(to: try stored(bytes, layout)), layout.profile)
    }

    private static func stored(_ bytes: [UInt8], _ layout: JPEGLayout) throws(ImageError) -> Bitmap {
        guard let handle = tjInitDecompress() else { throw .outOfMemory }
        defer { tjDestroy(handle) }
        let (width, height) = (layout.width, layout.height)
        let areInks = layout.components == 4
        var flags = TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT
        var bytes = bytes
        if layout.lacksEnd {
            // A torn picture, unless nothing but the last marker is missing. With that marker in its place the library
            // warns only if pixels are missing too, which it would leave grey.
            bytes += [0xFF, 0xD9]
            flags |= TJFLAG_STOPONWARNING
        }
        var code: Int32 = -1
        let size = width * height * Bitmap.bytesPerPixel
        let pixels = [UInt8](unsafeUninitializedCapacity: size) { target, count in
            // The buffer is cleared, because pixels that a broken scan does not reach must not show another picture's
            // memory.
            target.initialize(repeating: 255)
            code = tjDecompress2(
                handle, bytes, UInt(bytes.count), target.baseAddress, Int32(width), 0, Int32(height),
                Int32(areInks ? TJPF_CMYK.rawValue : TJPF_RGBA.rawValue), Int32(flags))
            if areInks { printed(target) }
            count = size
        }
        // A warning is the library's way to say that it mended something.
        let isMended = code != 0 && !layout.lacksEnd && tjGetErrorCode(handle) == Int32(TJERR_WARNING.rawValue)
        guard code == 0 || isMended, let bitmap = Bitmap(width: width, height: height, pixels: pixels) else {
            throw .broken(.jpeg, message(of: handle))
        }
        return bitmap
    }

    /// Cyan, magenta, yellow and black as Adobe's programs store them, 255 for no ink, become what paper would show
    /// without a profile.
    private static func printed(_ pixels: UnsafeMutableBufferPointer<UInt8>) {
        for offset in stride(from: 0, to: pixels.count, by: Bitmap.bytesPerPixel) {
            let black = Int(pixels[offset + 3])
            for channel in 0..<3 {
                pixels[offset + channel] = UInt8((Int(pixels[offset + channel]) * black + 127) / 255)
            }
            pixels[offset + 3] = 255
        }
    }

    static func encode(_ bitmap: Bitmap, quality: Int, profile: ColourProfile?) throws(ImageError) -> [UInt8] {
        guard let handle = tjInitCompress() else { throw .outOfMemory }
        defer { tjDestroy(handle) }
        let subsampling = Int32(TJSAMP_420.rawValue)
        var size = tjBufSize(Int32(bitmap.width), Int32(bitmap.height), subsampling)
        guard size > 0, size < UInt(Int32.max) else { throw .broken(.jpeg, "too large to write") }
        let pixels = overWhite(bitmap.pixels)
        var out = [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, initialised in
            var target = buffer.baseAddress
            // NOREALLOC: the buffer is as large as the library says it can ever need, and stays ours.
            let flags = Int32(TJFLAG_NOREALLOC | TJFLAG_ACCURATEDCT)
            let done = tjCompress2(
                handle, pixels, Int32(bitmap.width), 0, Int32(bitmap.height), Int32(TJPF_RGBX.rawValue), &target, &size,
                subsampling, Int32(min(100, max(1, quality))), flags)
            initialised = done == 0 ? Int(size) : 0
        }
        guard !out.isEmpty else { throw .broken(.jpeg, message(of: handle)) }
        // Behind SOI and the JFIF segment that the library writes, 2 and 18 bytes.
        if let profile { out.insert(contentsOf: profile.jpegSegments, at: 20) }
        return out
    }

    private static func overWhite(_ pixels: [UInt8]) -> [UInt8] {
        var out = pixels
        for offset in stride(from: 0, to: out.count, by: 4) where out[offset + 3] != 255 {
            let alpha = Int(out[offset + 3])
            for channel in 0..<3 {
                out[offset + channel] = UInt8((Int(out[offset + channel]) * alpha + 255 * (255 - alpha) + 127) / 255)
            }
        }
        return out
    }

    private static func message(of handle: tjhandle) -> String {
        guard let text = tjGetErrorStr2(handle) else { return "unknown reason" }
        return String(cString: text)
    }
}
