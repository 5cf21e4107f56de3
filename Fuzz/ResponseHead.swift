// rooms: Platform/HTTP
import HTTP

private nonisolated(unsafe) let parser = ResponseHeadParser(limits: HeadLimits(head: 64 * 1024, fields: 4096))

/// A response head: the pieces it comes in change nothing, a second reader agrees on every verdict, and a copy of its fields reads the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzResponseHead(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: data, count: size)
    let method: HTTPMethod = size % 2 == 0 ? .get : .head
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
    let plain = PlainReader.response(Array(bytes))
    switch whole {
    case .complete(let length):
        guard let plain else { fatalError("the second reader refuses") }
        require(plain.length == length, "the second reader sees another length")
        require(String(decoding: plain.start[1], as: UTF8.self) == "\(parser.head.status.rawValue)", "status differs")
        let fields = Reforwarding.fields(parser.fields, bytes)
        require(
            fields.count == plain.fields.count
                && zip(fields, plain.fields).allSatisfy { $0.name == $1.name && $0.value == $1.value },
            "the second reader sees other fields")
        checkForwarding(bytes)
    case .invalid(let violation):
        require(
            plain == nil || violation.status.rawValue == 431, "refused for \(violation), but the second reader accepts")
    case .needMoreBytes:
        require(plain == nil, "not complete, but the second reader accepts")
    }
    return 0
}

private func checkForwarding(_ bytes: UnsafeRawBufferPointer) {
    let framing = parser.head.framing
    let sent = [UInt8](unsafeUninitializedCapacity: bytes.count + 200) { buffer, count in
        var writer = HeadWriter(UnsafeMutableRawBufferPointer(buffer))
        writer.appendStatusLine(parser.head.status)
        writer.appendFraming(framing)
        writer.copyFields(of: parser.fields, from: bytes, cutting: .cutFromResponse)
        writer.append("\r\n")
        count = writer.hasOverflowed ? 0 : writer.count
    }
    guard let again = PlainReader.response(sent) else { fatalError("the forwarded head does not parse") }
    require(again.length == sent.count, "the forwarded head has another end")
    switch framing {
    case .none, .untilClose: require(again.body == .none, "framing differs")
    case .chunked: require(again.body == .chunked, "framing differs")
    case .length(let length): require(again.body == .length(length), "framing differs")
    }
}
