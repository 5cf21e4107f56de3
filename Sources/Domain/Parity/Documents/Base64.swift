/// RFC 4648 §4, for binary bodies in recorded responses.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// `nil` for anything but whole groups of four from the alphabet; line breaks are skipped.
    package static func decode(_ text: String) -> [UInt8]? {
        var out: [UInt8] = []
        var group: UInt32 = 0
        var count = 0
        var padding = 0
        for byte in text.utf8 where byte != UInt8(ascii: "\n") && byte != UInt8(ascii: "\r") {
            var six: UInt32 = 0
            if byte == UInt8(ascii: "=") {
                padding += 1
                guard count >= 2, padding <= 2 else { return nil }
            } else {
                guard padding == 0, let place = alphabet.firstIndex(of: byte) else { return nil }
                six = UInt32(place)
            }
            group = group << 6 | six
            count += 1
            if count == 4 {
                out.append(UInt8(truncatingIfNeeded: group >> 16))
                if padding < 2 { out.append(UInt8(truncatingIfNeeded: group >> 8)) }
                if padding < 1 { out.append(UInt8(truncatingIfNeeded: group)) }
                group = 0
                count = 0
            }
        }
        return count == 0 ? out : nil
    }

    package static func encode(_ bytes: [UInt8]) -> String {
        var out: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let chunk = bytes[start..<Swift.min(start + 3, bytes.count)]
            var group: UInt32 = 0
            for byte in chunk { group = group << 8 | UInt32(byte) }
            group <<= UInt32(8 * (3 - chunk.count))
            for place in 0..<4 {
                let six = Int((group >> UInt32(18 - 6 * place)) & 63)
                out.append(place <= chunk.count ? alphabet[six] : UInt8(ascii: "="))
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
