// rooms: Platform/HTTP
import HTTP

/// A request target: its normal form is normal, holds nothing that programs read in different ways, and never grows by more than a slash.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTarget(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: data, count: size)
    let normaliser = TargetNormaliser()
    guard let first = normalise(normaliser, bytes) else { return 0 }
    require(first.bytes.count <= size + 1, "grew")
    guard first.bytes != [0x2A] else { return 0 }
    check(Array(first.bytes[..<first.pathEnd]))
    require(first.pathEnd == first.bytes.count || first.bytes[first.pathEnd] == 0x3F, "path does not end at the query")
    if let query = bytes.firstIndex(of: 0x3F) {
        require(Array(first.bytes[first.pathEnd...]) == Array(bytes[query...]), "the query was changed")
    }
    let second = first.bytes.withUnsafeBytes { normalise(normaliser, $0) }
    require(second?.bytes == first.bytes && second?.pathEnd == first.pathEnd, "the normal form has another normal form")
    let unmerged = TargetNormaliser(mergesSlashes: false)
    if let once = normalise(unmerged, bytes) {
        let twice = once.bytes.withUnsafeBytes { normalise(unmerged, $0) }
        require(twice?.bytes == once.bytes, "the normal form with runs of slashes has another normal form")
    }
    return 0
}

private func normalise(
    _ normaliser: TargetNormaliser, _ bytes: UnsafeRawBufferPointer
) -> (bytes: [UInt8], pathEnd: Int)? {
    var buffer = [UInt8](repeating: 0xEE, count: bytes.count + 1)
    switch buffer.withUnsafeMutableBytes({ normaliser.normalise(bytes, into: $0) }) {
    case .canonical(let pathEnd): return (Array(bytes), pathEnd)
    case .rewritten(let length, let pathEnd): return (Array(buffer[..<length]), pathEnd)
    case .invalid: return nil
    }
}

private func check(_ path: [UInt8]) {
    require(path.first == 0x2F, "does not begin with a slash")
    let segments = path.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false)
    for (index, segment) in segments.enumerated() {
        require(!segment.isEmpty || index == segments.count - 1, "empty segment")
        let text = String(decoding: segment, as: UTF8.self)
        require(text != "." && text != "..", "dot segment")
        for prefix in [".;", "..;", ".%3B", "..%3B"] { require(!text.hasPrefix(prefix), "parameter on dots") }
        for escape in text.split(separator: "%", omittingEmptySubsequences: false).dropFirst() {
            let digits = String(escape.prefix(2))
            guard digits.utf8.count == 2, let byte = UInt8(digits, radix: 16) else { fatalError("half an escape") }
            require(digits == digits.uppercased(), "escape in lower case")
            let isUnreserved = PlainReader.isToken(byte) && !Array("!#$%&'*+^`|".utf8).contains(byte)
            require(!isUnreserved && byte != 0 && byte != 0x2F && byte != 0x5C, "escape of \(byte)")
        }
    }
}
