import HTTP

/// A target: what is matched and what is forwarded are one path, hold nothing that programs read in different ways, and
/// what is forwarded never grows by more than a slash.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTarget(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: data, count: size)
    for mergesSlashes in [true, false] {
        for keepsEscapedSlashes in [false, true] {
            check(
                bytes, TargetNormaliser(mergesSlashes: mergesSlashes, keepsEscapedSlashes: keepsEscapedSlashes))
        }
    }
    return 0
}

private func check(_ bytes: UnsafeRawBufferPointer, _ normaliser: TargetNormaliser) {
    guard let first = Reforwarding.forms(of: bytes, normaliser) else { return }
    require(first.forwarded.count <= bytes.count + 1 && first.matched.count <= 3 * bytes.count + 1, "grew")
    guard first.forwarded != [0x2A] else { return }
    require(
        first.pathEnd == first.forwarded.count || first.forwarded[first.pathEnd] == 0x3F,
        "path does not end at the query")
    let path = Array(first.forwarded[..<first.pathEnd])
    if let query = bytes.firstIndex(of: 0x3F) {
        require(Array(first.forwarded[first.pathEnd...]) == Array(bytes[query...]), "the query was changed")
    }
    check(first.matched, normaliser)
    require(decoded(path) == decoded(first.matched), "what is matched is not what is forwarded")
    require(path.count { $0 == 0x2F } == first.matched.count { $0 == 0x2F }, "other segments are matched")
    if normaliser.mergesSlashes, !normaliser.keepsEscapedSlashes {
        for segment in decoded(path).split(separator: 0x2F) {
            require(segment != [0x2E] && segment != [0x2E, 0x2E], "a dot segment is forwarded")
        }
    }
    let second = first.forwarded.withUnsafeBytes { Reforwarding.forms(of: $0, normaliser) }
    require(second?.forwarded == first.forwarded, "what is forwarded has another normal form")
    require(second?.matched == first.matched, "what is forwarded is matched as another path")
}

private func decoded(_ bytes: [UInt8]) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: bytes.count)
    let count = bytes.withUnsafeBytes { bytes in
        buffer.withUnsafeMutableBytes { PercentDecoder().decode(bytes, into: $0) }
    }
    return Array(buffer[..<(count ?? 0)])
}

/// In the form that is matched.
private func check(_ path: [UInt8], _ normaliser: TargetNormaliser) {
    require(path.first == 0x2F, "does not begin with a slash")
    require(path.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x5C }, "a raw byte is matched")
    let segments = path.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false)
    for (index, segment) in segments.enumerated() {
        require(!segment.isEmpty || index == segments.count - 1 || !normaliser.mergesSlashes, "empty segment")
        let text = String(decoding: segment, as: UTF8.self)
        for piece in text.replacing("%5C", with: "%2F").split(separator: "%2F", omittingEmptySubsequences: false) {
            require(piece != "." && piece != "..", "dot segment")
            for prefix in [".;", "..;"] { require(!piece.hasPrefix(prefix), "parameter on dots") }
        }
        for escape in text.split(separator: "%", omittingEmptySubsequences: false).dropFirst() {
            let digits = String(escape.prefix(2))
            guard digits.utf8.count == 2, let byte = UInt8(digits, radix: 16) else { fatalError("half an escape") }
            require(digits == digits.uppercased(), "escape in lower case")
            let isPrintable = byte >= 0x20 && byte < 0x7F && ![0x25, 0x2F, 0x5C].contains(byte)
            require(!isPrintable && byte != 0, "escape of \(byte)")
            require(normaliser.keepsEscapedSlashes || (byte != 0x2F && byte != 0x5C), "escape of \(byte)")
        }
    }
}
