import HTTP

private nonisolated(unsafe) let strict = ResponseHeadParser(limits: HeadLimits(head: 64 * 1024, fields: 4096))
private nonisolated(unsafe) let legacy = ResponseHeadParser(
    limits: HeadLimits(head: 64 * 1024, fields: 4096), tolerance: .legacy)

/// A response head: the pieces it comes in change nothing, a second reader agrees on every verdict, and a copy of its
/// fields reads the same. So for either tolerance; and what the strict one accepts the other reads alike.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzResponseHead(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: data, count: size)
    let method: HTTPMethod = size % 2 == 0 ? .get : .head
    check(bytes, method, strict)
    let isAccepted = strict.parse(bytes, answering: method) == legacy.parse(bytes, answering: method)
    if case .complete = strict.parse(bytes, answering: method) {
        require(isAccepted && strict.head == legacy.head, "the tolerant reading is another one")
    }
    check(bytes, method, legacy)
    return 0
}

private func check(_ bytes: UnsafeRawBufferPointer, _ method: HTTPMethod, _ parser: ResponseHeadParser) {
    let size = bytes.count
    let whole = parser.parse(bytes, answering: method)
    var pieces = Pieces(bytes)
    var progress = HeadProgress()
    var result = HeadParseResult.needMoreBytes
    var count = 0
    while result == .needMoreBytes, count < size {
        count = min(count + pieces.next(), size)
        let piece = UnsafeRawBufferPointer(rebasing: bytes[..<count])
        result = parser.parse(piece, answering: method, resuming: &progress)
    }
    require(result == whole, "pieces: \(result), whole: \(whole)")
    let plain = PlainReader.response(Array(bytes), isOld: parser.tolerance == .legacy)
    switch whole {
    case .complete(let length):
        guard let plain else { fatalError("the second reader refuses") }
        require(plain.length == length, "the second reader sees another length")
        require(String(decoding: plain.start[1], as: UTF8.self) == "\(parser.head.status.rawValue)", "status differs")
        let fields = Reforwarding.fields(parser.fields, parser.source(bytes))
        require(
            fields.count == plain.fields.count
                && zip(fields, plain.fields).allSatisfy { $0.name == $1.name && $0.value == $1.value },
            "the second reader sees other fields")
        checkForwarding(parser.source(bytes), parser)
    case .invalid(let violation):
        require(
            plain == nil || violation.status.rawValue == 431, "refused for \(violation), but the second reader accepts")
    case .needMoreBytes:
        require(plain == nil, "not complete, but the second reader accepts")
    }
}

private func checkForwarding(_ bytes: UnsafeRawBufferPointer, _ parser: ResponseHeadParser) {
    let framing = parser.head.framing
    let sent = [UInt8](unsafeUninitializedCapacity: bytes.count + 200) { buffer, count in
        var writer = HeadWriter(UnsafeMutableRawBufferPointer(buffer))
        writer.appendStatusLine(parser.head.status)
        writer.appendFraming(framing)
        writer.copyFields(of: parser.fields, from: bytes, cutting: .cutFromResponse)
        writer.append("\r\n")
        count = writer.hasOverflowed ? 0 : writer.count
    }
    let isOld = parser.head.status.rawValue > 599
    guard let again = PlainReader.response(sent, isOld: isOld) else { fatalError("the forwarded head does not parse") }
    require(again.length == sent.count, "the forwarded head has another end")
    switch framing {
    case .none, .untilClose: require(again.body == .none, "framing differs")
    case .chunked: require(again.body == .chunked, "framing differs")
    case .length(let length): require(again.body == .length(length), "framing differs")
    }
}
