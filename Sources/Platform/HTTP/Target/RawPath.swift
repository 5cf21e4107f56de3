/// What may stand in a path without an escape although RFC 3986 3.3 wants one: browsers, frameworks and hand-written
/// clients send it, and servers have always taken it.
///
/// Such bytes are forwarded as they came. UTF-8 must be well-formed (RFC 3629: no overlong form, which lenient servers
/// read as a slash or a dot) and no control character. A backslash is refused: some servers take it for a slash.
enum RawPath {
    /// The offset of the `?` that ends the path, or `end`; nil when a byte may not stand in a path.
    static func end(
        _ base: UnsafePointer<UInt8>, from start: Int, to end: Int, classes: UnsafePointer<UInt8>
    ) -> Int? {
        var position = start
        while position < end {
            let byte = base[position]
            if byte == Ascii.question { return position }
            if classes[Int(byte)] & ByteClass.path != 0 || isPassed(byte) {
                position += 1
                continue
            }
            let length = characterLength(base + position, end - position)
            guard length > 0 else { return nil }
            position += length
        }
        return end
    }

    /// The bytes of ASCII that are passed on.
    static func isPassed(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x22, 0x3C, 0x3E, 0x5B, 0x5D, 0x5E, 0x60, 0x7B, 0x7C, 0x7D: true  // " < > [ ] ^ ` { | }
        default: false
        }
    }

    /// Bytes of the character beyond ASCII at `base`, of which `count` are there; 0 when there is none, or a control
    /// (U+0080–U+009F).
    private static func characterLength(_ base: UnsafePointer<UInt8>, _ count: Int) -> Int {
        // RFC 3629 4: the second byte's range depends on the first.
        let (length, second): (Int, ClosedRange<UInt8>)
        switch base[0] {
        case 0xC2: (length, second) = (2, 0xA0...0xBF)
        case 0xC3...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return 0
        }
        guard count >= length, second.contains(base[1]) else { return 0 }
        for index in 2..<max(length, 2) where base[index] & 0xC0 != 0x80 { return 0 }
        return length
    }
}
