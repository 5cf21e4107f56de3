import HTTP

/// A chunked body: the pieces it comes in change nothing, a second reader agrees, and the body written anew decodes to
/// the same bytes.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzChunked(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: data, count: size)
    for tolerance in [nil, Tolerance.strict, .legacy] { check(bytes, tolerance) }
    return 0
}

private func check(_ bytes: UnsafeRawBufferPointer, _ tolerance: Tolerance?) {
    var pieces = Pieces(bytes)
    let whole = decode(bytes, tolerance) { bytes.count }
    let split = decode(bytes, tolerance) { pieces.next() }
    require(whole == split, "pieces: \(split), whole: \(whole)")
    let plain = PlainReader.chunked(Array(bytes), isAnswer: tolerance != nil, isOld: tolerance == .legacy)
    switch whole.end {
    case .end:
        require(plain?.body == whole.body && plain?.used == whole.used, "the second reader disagrees")
        let written = encode(whole.body)
        let again = written.withUnsafeBytes { bytes in decode(bytes, nil) { bytes.count } }
        require(again.end == .end && again.body == whole.body && again.used == written.count, "written anew it differs")
    case .invalid(let violation):
        let isLimit = violation == .chunkExtensionTooLong || violation == .trailerTooLarge
        require(plain == nil || isLimit, "refused for \(violation), but the second reader accepts")
    case .needMoreBytes, .data:
        require(plain == nil, "not complete, but the second reader accepts")
    }
}

private struct Decoded: Equatable {
    var body: [UInt8] = []
    var used = 0
    var end = ChunkedDecoder.Event.needMoreBytes
}

private func decode(_ bytes: UnsafeRawBufferPointer, _ tolerance: Tolerance?, _ pieceSize: () -> Int) -> Decoded {
    var decoder = ChunkedDecoder(tolerance: tolerance)
    var result = Decoded()
    var start = 0
    while start < bytes.count {
        let end = min(start + max(pieceSize(), 1), bytes.count)
        let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
        var offset = 0
        while true {
            let event = decoder.next(piece, at: &offset)
            if case .data(let range) = event {
                result.body += piece[range]
                continue
            }
            result.end = event
            break
        }
        if result.end != .needMoreBytes {
            if result.end == .end { result.used = start + offset }
            return result
        }
        start = end
    }
    return result
}

private func encode(_ body: [UInt8]) -> [UInt8] {
    var written: [UInt8] = []
    var rest = body[...]
    while !rest.isEmpty {
        let chunk = rest.prefix(7)
        rest = rest.dropFirst(7)
        var line = [UInt8](repeating: 0, count: ChunkHeader.maximumLength)
        let count = line.withUnsafeMutableBytes { ChunkHeader.write(chunk.count, into: $0) }
        written += line[..<count] + chunk + [13, 10]
    }
    return written + Array(ChunkHeader.bodyEnd.description.utf8)
}
