import Glibc
import HTTP
import JSON
import TestSupport

// What the parser makes of messages, for a differential test in another language
// (Tests/EndToEnd/test_parser_oracle.py).
//
// Input, repeated: one byte Q (requests), R (responses) or L (responses, read tolerantly), the length as four bytes,
// most significant first, and that many bytes. Output: a line of JSON for each.

/// Exactly `count` bytes, or nil at the end of the input.
func readBytes(_ count: Int) -> [UInt8]? {
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        while filled < count {
            let got = read(STDIN_FILENO, buffer.baseAddress.map { $0 + filled }, count - filled)
            if got <= 0 { break }
            filled += got
        }
    }
    return bytes.count == count ? bytes : nil
}

func verdict(_ end: WholeMessages.End) -> String {
    switch end {
    case .complete, .closing, .upgraded: "accept"
    case .needMoreBytes: "more"
    case .closeDelimited: "until close"
    case .invalid: "reject"
    }
}

func violation(_ end: WholeMessages.End) -> String {
    if case .invalid(let violation) = end { "\(violation)" } else { "" }
}

func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
}

while let header = readBytes(5) {
    let count = header[1...].reduce(0) { $0 << 8 | Int($1) }
    guard count <= 1 << 24, let bytes = readBytes(count) else { break }
    let read =
        header[0] == 0x51
        ? WholeMessages(requests: bytes)
        : WholeMessages(responses: bytes, tolerance: header[0] == 0x4C ? .legacy : .strict)
    var writer = JSONWriter()
    writer.object { line in
        line.member("verdict", verdict(read.end))
        line.member("violation", violation(read.end))
        line.member("used", read.used)
        line.member("messages") { value in
            value.array { list in
                for message in read.messages {
                    list.object { object in
                        object.member("start", strings: message.start)
                        object.member("names", strings: message.fields.map(\.name))
                        object.member("values", strings: message.fields.map(\.value))
                        object.member("body", hex(message.body))
                    }
                }
            }
        }
    }
    print(writer.text)
}
