import HTTP

/// A PROXY header: the pieces it comes in change nothing, what is asked for next is never more than it has, and a
/// second reader agrees.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzProxyHeader(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: data, count: size)
    let whole = ProxyHeader.parse(bytes)
    var pieces = Pieces(bytes)
    var wanted = ProxyHeader.fixedLength
    var came = 0
    reading: while came < size {
        // As a connection reads: what was asked for, or less.
        came = min(came + min(max(pieces.next(), 1), wanted - came), size)
        switch ProxyHeader.parse(UnsafeRawBufferPointer(rebasing: bytes[..<came])) {
        case .needs(let count):
            require(count > came && count <= ProxyHeader.lengthLimit, "asks for \(count) with \(came) at hand")
            wanted = count
            if came == size { require(whole == .needs(count), "whole: \(whole), in pieces it wants \(count)") }
        case let end:
            require(end == whole, "in pieces: \(end), whole: \(whole)")
            if case .complete(let length, _) = end { require(length == came, "read \(came) of \(length)") }
            break reading
        }
    }
    if case .complete(let length, let header) = whole {
        require(plain(Array(bytes.prefix(length))) == header, "the second reader disagrees: \(header)")
    } else if case .invalid = whole {
        require(plain(Array(bytes.prefix(ProxyHeader.lengthLimit))) == nil, "refused, but the second reader accepts")
    }
    return 0
}

/// Written from the specification once more, as plainly as can be, for a header and nothing or something behind it.
private func plain(_ bytes: [UInt8]) -> ProxyHeader? {
    guard bytes.starts(with: ProxyHeader.signature), bytes.count >= 16, [0x20, 0x21].contains(bytes[12]) else {
        return nil
    }
    let end = 16 + Int(bytes[14]) * 256 + Int(bytes[15])
    guard end <= bytes.count else { return nil }
    if bytes[12] == 0x20 || bytes[13] == 0 { return .local }
    let sizes: [UInt8: Int] = [0x11: 12, 0x21: 36, 0x31: 216]
    guard let size = sizes[bytes[13]], 16 + size <= end else { return nil }
    var rest = Array(bytes[(16 + size)..<end])
    while !rest.isEmpty {
        guard rest.count >= 3, rest.count >= 3 + Int(rest[1]) * 256 + Int(rest[2]) else { return nil }
        rest.removeFirst(3 + Int(rest[1]) * 256 + Int(rest[2]))
    }
    func number(_ range: Range<Int>) -> UInt64 { bytes[range].reduce(0) { $0 * 256 + UInt64($1) } }
    switch size {
    case 12: return .client(.four(UInt32(number(16..<20)), port: UInt16(number(24..<26))))
    case 36:
        let (high, low, port) = (number(16..<24), number(24..<32), UInt16(number(48..<50)))
        let isFour = bytes[16..<28].elementsEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF])
        return .client(isFour ? .four(UInt32(number(28..<32)), port: port) : .six(high: high, low: low, port: port))
    default: return .local
    }
}
