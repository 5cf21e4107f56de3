import HTTP

private nonisolated(unsafe) let parser = RequestHeadParser(
    limits: HeadLimits(fields: 4096), reservedPrefix: "x-strangler-")

/// A request head: the pieces it comes in change nothing, a second reader agrees on every verdict, and what would be
/// forwarded is the same message.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRequestHead(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: data, count: size)
    let whole = parser.parse(bytes)
    var pieces = Pieces(bytes)
    var progress = HeadProgress()
    var result = HeadParseResult.needMoreBytes
    var count = 0
    while result == .needMoreBytes, count < size {
        count = min(count + pieces.next(), size)
        result = parser.parse(UnsafeRawBufferPointer(rebasing: bytes[..<count]), resuming: &progress)
    }
    require(result == whole, "pieces: \(result), whole: \(whole)")
    let plain = PlainReader.request(Array(bytes))
    switch whole {
    case .complete:
        require(plain == Reforwarding.plain(parser, bytes), "the second reader disagrees: \(String(describing: plain))")
        if let difference = Reforwarding.requestDifference(parser, bytes) { fatalError("forwarded: \(difference)") }
    case .invalid(let violation):
        let isLimit = violation.status.rawValue == 431 || violation.status.rawValue == 414
        require(plain == nil || isLimit, "refused for \(violation), but the second reader accepts")
    case .needMoreBytes:
        require(plain == nil, "not complete, but the second reader accepts")
    }
    return 0
}
