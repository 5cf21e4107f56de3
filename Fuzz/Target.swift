// rooms: Platform/HTTP
import HTTP

/// A target: what is matched and what is forwarded are one path, hold nothing that programs read in different ways, and what is forwarded never
/// grows by more than a slash.
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
    for form in [first.forwarded, first.matched] {
        let second = form.withUnsafeBytes { Reforwarding.forms(of: $0, normaliser) }
        require(second?.forwarded == form, "the normal form has another normal form")
        require(second?.matched == first.matched, "the normal form is matched as another path")
    }
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
    require(
        path.allSatisfy { PlainReader.isToken($0) || Array("/%:;=@(),".utf8).contains($0) }, "a raw byte is matched")
    let segments = path.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false)
    for (index, segment) in segments.enumerated() {
        require(!segment.isEmpty || index == segments.count - 1 || !normaliser.mergesSlashes, "empty segment")
        let text = String(decoding: segment, as: UTF8.self)
        for piece in text.replacing("%5C", with: "%2F").split(separator: "%2F", omittingEmptySubsequences: false) {
            require(piece != "." && piece != "..", "dot segment")
            for prefix in [".;", "..;", ".%3B", "..%3B"] { require(!piece.hasPrefix(prefix), "parameter on dots") }
        }
        for escape in text.split(separator: "%", omittingEmptySubsequences: false).dropFirst() {
            let digits = String(escape.prefix(2))
            guard digits.utf8.count == 2, let byte = UInt8(digits, radix: 16) else { fatalError("half an escape") }
            require(digits == digits.uppercased(), "escape in lower case")
            let isUnreserved = PlainReader.isToken(byte) && !Array("!#$%&'*+^`|".utf8).contains(byte)
            require(!isUnreserved && byte != 0, "escape of \(byte)")
            require(normaliser.keepsEscapedSlashes || (byte != 0x2F && byte != 0x5C), "escape of \(byte)")
        }
    }
}
