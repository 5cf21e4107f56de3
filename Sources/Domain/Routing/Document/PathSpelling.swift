extension PathPattern {
    /// A path of the configuration in the form that paths are matched in: what clients should escape and do not always (WHATWG URL) is
    /// escaped here too, so that both spellings of either side mean one path.
    static func spelled(_ path: String) -> String {
        guard path.utf8.contains(where: mayComeRaw) else { return path }
        return path.utf8.reduce(into: "") { text, byte in
            if mayComeRaw(byte) {
                text += "%" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            } else {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            }
        }
    }

    private static func mayComeRaw(_ byte: UInt8) -> Bool { byte >= 0x80 || "\"<>[]^`{|}".utf8.contains(byte) }
}
