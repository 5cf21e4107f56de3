import CTurboJPEG

/// libjpeg-turbo through its `tj*` interface (the other one jumps with `setjmp`).
enum JPEGCodec {
    static func header(of bytes: [UInt8]) throws(ImageError) -> ImageHeader {
        guard let handle = tjInitDecompress() else { throw .outOfMemory }
        defer { tjDestroy(handle) }
        var width: Int32 = 0
        var height: Int32 = 0
        var subsampling: Int32 = 0
        var colours: Int32 = 0
        let read = tjDecompressHeader3(
            handle, bytes, UInt(bytes.count), &width, &height, &subsampling, &colours)
        guard read == 0, width > 0, height > 0 else { throw .broken(.jpeg, message(of: handle)) }
        let isTurned = Orientation(ofJPEG: bytes).swapsSides
        return ImageHeader(
            format: .jpeg, width: Int(isTurned ? height : width), height: Int(isTurned ? width : height))
    }

    /// The pixels, turned upright as the picture's Exif data asks.
    static func decode(_ bytes: [UInt8], header: ImageHeader) throws(ImageError) -> Bitmap {
        guard let handle = tjInitDecompress() else { throw .outOfMemory }
        defer { tjDestroy(handle) }
        let orientation = Orientation(ofJPEG: bytes)
        let width = orientation.swapsSides ? header.height : header.width
        let height = orientation.swapsSides ? header.width : header.height
        var pixels = [UInt8](repeating: 255, count: width * height * Bitmap.bytesPerPixel)
        // A progressive picture may name thousands of scans over the same pixels: a bomb of time. A torn one only
        // "warns" and leaves grey: here every warning refuses.
        let flags = Int32(TJFLAG_LIMITSCANS | TJFLAG_STOPONWARNING | TJFLAG_ACCURATEDCT)
        let done = tjDecompress2(
            handle, bytes, UInt(bytes.count), &pixels, Int32(width), 0, Int32(height),
            Int32(TJPF_RGBA.rawValue), flags)
        guard done == 0, let bitmap = Bitmap(width: width, height: height, pixels: pixels) else {
            throw .broken(.jpeg, message(of: handle))
        }
        return orientation.apply(to: bitmap)
    }

    static func encode(_ bitmap: Bitmap, quality: Int) throws(ImageError) -> [UInt8] {
        guard let handle = tjInitCompress() else { throw .outOfMemory }
        defer { tjDestroy(handle) }
        let subsampling = Int32(TJSAMP_420.rawValue)
        var size = tjBufSize(Int32(bitmap.width), Int32(bitmap.height), subsampling)
        guard size > 0, size < UInt(Int32.max) else { throw .broken(.jpeg, "too large to write") }
        let pixels = overWhite(bitmap.pixels)
        let out = [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, initialised in
            var target = buffer.baseAddress
            // NOREALLOC: the buffer is as large as the library says it can ever need, and stays ours.
            let flags = Int32(TJFLAG_NOREALLOC | TJFLAG_ACCURATEDCT)
            let done = tjCompress2(
                handle, pixels, Int32(bitmap.width), 0, Int32(bitmap.height), Int32(TJPF_RGBX.rawValue), &target, &size,
                subsampling, Int32(min(100, max(1, quality))), flags)
            initialised = done == 0 ? Int(size) : 0
        }
        guard !out.isEmpty else { throw .broken(.jpeg, message(of: handle)) }
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
