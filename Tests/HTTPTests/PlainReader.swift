/// A second reader of HTTP/1.1 heads and chunked bodies, written from the RFCs alone and sharing nothing with the
/// first: slow, simple, by lines and arrays. Tests and fuzz targets hold the two against each other. It reads only
/// whole messages.
enum PlainReader {
    struct Head: Equatable {
        var start: [[UInt8]] = []
        var fields: [(name: [UInt8], value: [UInt8])] = []
        var length = 0
        var body = Body.none

        static func == (left: Head, right: Head) -> Bool {
            left.start == right.start && left.body == right.body && left.length == right.length
                && left.fields.count == right.fields.count
                && zip(left.fields, right.fields).allSatisfy { $0.name == $1.name && $0.value == $1.value }
        }

        func values(_ name: String) -> [[UInt8]] {
            fields.filter { $0.name.map(PlainReader.lower) == Array(name.utf8) }.map(\.value)
        }
    }

    enum Body: Equatable { case none, chunked, length(UInt64) }

    /// The request head at the start of `bytes`, or nil if none of that form begins there.
    static func request(_ bytes: [UInt8]) -> Head? {
        var bytes = bytes[...]
        let skipped = bytes.starts(with: [13, 10]) ? 2 : 0
        bytes = bytes.dropFirst(skipped)
        guard var head = sections(Array(bytes), startParts: 3), head.start.count == 3 else { return nil }
        head.length += skipped
        let (method, target, version) = (head.start[0], head.start[1], head.start[2])
        guard !method.isEmpty, method.allSatisfy(isToken), version == text("HTTP/1.1") || version == text("HTTP/1.0")
        else { return nil }
        guard method != text("CONNECT"), method != text("TRACE") else { return nil }
        guard isTarget(target, method) else { return nil }
        let hosts = head.values("host")
        guard hosts.count <= 1, hosts.allSatisfy(isAuthority) else { return nil }
        if version == text("HTTP/1.1"), hosts.isEmpty { return nil }
        guard let body = body(head, isOld: version == text("HTTP/1.0")), connection(head) else { return nil }
        if version == text("HTTP/1.1") {
            let expectations = head.values("expect").map { $0.map(lower) }
            guard expectations.isEmpty || expectations == [text("100-continue")] else { return nil }
        }
        head.body = body
        return head
    }

    /// The response head at the start of `bytes`, or nil. `body` is what the fields say, whatever the status: with 204
    /// it is not looked at.
    static func response(_ bytes: [UInt8], isOld: Bool = false) -> Head? {
        guard var head = answerSections(bytes, isOld: isOld) else { return nil }
        let line = head.start[0]
        guard line.count >= 12, line.count == 12 || line[12] == 32 else { return nil }
        let version = Array(line[..<8])
        let code = Array(line[9..<12])
        guard version == text("HTTP/1.1") || version == text("HTTP/1.0"), line[8] == 32 else { return nil }
        guard code.allSatisfy({ $0 >= 48 && $0 <= 57 }), code[0] >= 49, code[0] <= (isOld ? 57 : 53) else { return nil }
        guard line.dropFirst(12).allSatisfy(isText) else { return nil }
        let isBefore11 = version == text("HTTP/1.0") && !isOld
        guard let body = body(head, isOld: isBefore11, takesIdentity: isOld), connection(head) else { return nil }
        if code[0] == 49 { guard body == .none || body == .length(0) else { return nil } }
        head.start = [version, code, Array(line.dropFirst(13))]
        head.body = body
        return head
    }

    /// The decoded body and the bytes used, or nil if `bytes` do not begin with a whole valid chunked body. Extensions
    /// must be without blanks.
    /// - Parameters:
    ///   - isAnswer: Trailers may be folded and have blanks before their colons.
    ///   - isOld: Blanks may stand behind a size.
    static func chunked(
        _ bytes: [UInt8], isAnswer: Bool = false, isOld: Bool = false
    ) -> (body: [UInt8], used: Int)? {
        var rest = bytes[...]
        var body: [UInt8] = []
        while true {
            guard let line = line(&rest) else { return nil }
            let digits = isOld ? line.prefix { ![9, 32, 59].contains($0) } : line.prefix { $0 != 59 }
            let behind = line[digits.endIndex...].drop { isOld && [9, 32].contains($0) }
            guard (1...16).contains(digits.count),
                let size = UInt64(String(decoding: digits, as: UTF8.self), radix: 16),
                digits.allSatisfy({ $0 != 43 && $0 != 45 }), size <= UInt64(Int64.max),
                isExtension(behind)
            else { return nil }
            if size == 0 { break }
            guard UInt64(rest.count) >= size else { return nil }
            body += rest.prefix(Int(size))
            rest = rest.dropFirst(Int(size))
            guard rest.starts(with: [13, 10]) else { return nil }
            rest = rest.dropFirst(2)
        }
        var isFirst = true
        while let line = line(&rest) {
            if line.isEmpty { return (body, rest.startIndex) }
            if isAnswer, !isFirst, [9, 32].contains(line[line.startIndex]) {
                guard !trim(line).isEmpty, line.allSatisfy(isText) else { return nil }
            } else {
                guard field(Array(line), mayHaveBlank: isAnswer) != nil else { return nil }
            }
            isFirst = false
        }
        return nil
    }
}

extension PlainReader {
    private static func text(_ string: String) -> [UInt8] { Array(string.utf8) }

    static func lower(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte + 32 : byte }

    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        default: text("!#$%&'*+-.^_`|~").contains(byte)
        }
    }

    private static func isText(_ byte: UInt8) -> Bool { byte == 9 || (byte >= 32 && byte != 127) }

    /// Up to the first LF, which must have a CR before it; nothing else may be CR.
    private static func line(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let end = rest.firstIndex(of: 10), end > rest.startIndex, rest[end - 1] == 13 else { return nil }
        let line = rest[rest.startIndex..<(end - 1)]
        guard !line.contains(13) else { return nil }
        rest = rest[(end + 1)...]
        return line
    }

    /// Start line (split at single spaces into `startParts`, or whole if 0) and fields.
    private static func sections(_ bytes: [UInt8], startParts: Int) -> Head? {
        var rest = bytes[...]
        guard let first = line(&rest), !first.isEmpty else { return nil }
        var head = Head()
        head.start =
            startParts == 0
            ? [Array(first)] : first.split(separator: 32, omittingEmptySubsequences: false).map(Array.init)
        while let line = line(&rest) {
            if line.isEmpty {
                head.length = rest.startIndex
                return head
            }
            guard let field = field(Array(line)) else { return nil }
            head.fields.append(field)
        }
        return nil
    }

    /// As `sections`, read as RFC 9112 5.1 and 5.2 tell a proxy to, and with `isOld` with lines that all end in LF
    /// alone.
    private static func answerSections(_ bytes: [UInt8], isOld: Bool) -> Head? {
        guard let first = bytes.firstIndex(of: 10) else { return nil }
        let hasCR = first > 0 && bytes[first - 1] == 13
        guard hasCR || isOld else { return nil }
        var lines: [[UInt8]] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 10) {
            var line = Array(rest[..<end])
            rest = rest[(end + 1)...]
            if hasCR { guard line.popLast() == 13 else { return nil } }
            guard !line.contains(13) else { return nil }
            if line.isEmpty { return answerHead(lines, length: rest.startIndex) }
            guard let blank = line.first, [9, 32].contains(blank), !lines.isEmpty else {
                lines.append(line)
                continue
            }
            // A name whose colon stands on another line is none.
            guard lines.count > 1, let before = lines.popLast(), before.contains(58), !trim(line[...]).isEmpty else {
                return nil
            }
            lines.append(Array(before.reversed().drop { [9, 32].contains($0) }.reversed()) + [32] + trim(line[...]))
        }
        return nil
    }

    private static func answerHead(_ lines: [[UInt8]], length: Int) -> Head? {
        guard let start = lines.first else { return nil }
        var head = Head()
        head.start = [start]
        head.length = length
        for line in lines.dropFirst() {
            guard let field = field(line, mayHaveBlank: true) else { return nil }
            head.fields.append(field)
        }
        return head
    }

    private static func field(
        _ line: [UInt8], mayHaveBlank: Bool = false
    ) -> (name: [UInt8], value: [UInt8])? {
        guard let colon = line.firstIndex(of: 58), colon > 0 else { return nil }
        var name = Array(line[..<colon])
        if mayHaveBlank { while let last = name.last, [9, 32].contains(last) { name.removeLast() } }
        guard !name.isEmpty else { return nil }
        let value = line[(colon + 1)...]
        guard name.allSatisfy(isToken), value.allSatisfy(isText) else { return nil }
        return (name, trim(value))
    }

    private static func trim(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var bytes = bytes
        while let first = bytes.first, first == 32 || first == 9 { bytes.removeFirst() }
        while let last = bytes.last, last == 32 || last == 9 { bytes.removeLast() }
        return Array(bytes)
    }

    private static func body(_ head: Head, isOld: Bool, takesIdentity: Bool = false) -> Body? {
        let codings = head.values("transfer-encoding")
        let lengths = head.values("content-length")
        if !codings.isEmpty {
            guard lengths.isEmpty, !isOld, codings.count == 1 else { return nil }
            if takesIdentity, codings[0].map(lower) == text("identity") { return Body.none }
            return codings[0].map(lower) == text("chunked") ? .chunked : nil
        }
        guard let length = lengths.first else { return Body.none }
        guard lengths.allSatisfy({ $0 == length }), !length.isEmpty, length.allSatisfy({ $0 >= 48 && $0 <= 57 }),
            let number = UInt64(String(decoding: length, as: UTF8.self)), number <= UInt64(Int64.max)
        else { return nil }
        return .length(number)
    }

    /// A list of tokens; at most 32 of them.
    private static func connection(_ head: Head) -> Bool {
        let options = head.values("connection").flatMap { $0.split(separator: 44).map { trim($0) } }.filter {
            !$0.isEmpty
        }
        return options.count <= 32 && options.allSatisfy { $0.allSatisfy(isToken) }
    }

    private static func isTarget(_ target: [UInt8], _ method: [UInt8]) -> Bool {
        if target == text("*") { return method == text("OPTIONS") }
        var rest = target[...]
        for scheme in ["http://", "https://"] where target.map(lower).starts(with: text(scheme)) {
            rest = target.dropFirst(scheme.utf8.count)
            let authority = rest.prefix { $0 != 47 && $0 != 63 }
            guard isAuthority(Array(authority)) else { return false }
            rest = rest.dropFirst(authority.count)
            return isPathAndQuery(rest)
        }
        return rest.first == 47 && isPathAndQuery(rest)
    }

    private static func isPathAndQuery(_ bytes: ArraySlice<UInt8>) -> Bool {
        let path = bytes.prefix { $0 != 63 }
        let query = bytes.dropFirst(path.count)
        // No controls, no blanks, no fragment; in the path no backslash, and UTF-8 if it is more than ASCII.
        let isVisible: (UInt8) -> Bool = { $0 > 32 && $0 != 127 && $0 != 35 }
        guard path.allSatisfy({ isVisible($0) && $0 != 92 }), query.allSatisfy(isVisible) else { return false }
        guard let readable = String(validating: path, as: UTF8.self) else { return false }
        return readable.unicodeScalars.allSatisfy { !(0x80...0x9F).contains($0.value) }
    }

    private static func isAuthority(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.utf8.elementsEqual(bytes), text.utf8.allSatisfy({ $0 < 128 }), let first = text.first else {
            return false
        }
        var port: Substring?
        if first == "[" {
            guard let close = text.firstIndex(of: "]") else { return false }
            guard isIPv6(text[text.index(after: text.startIndex)..<close]) else { return false }
            let rest = text[text.index(after: close)...]
            if !rest.isEmpty {
                guard rest.first == ":" else { return false }
                port = rest.dropFirst()
            }
        } else {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count <= 2, !parts[0].isEmpty else { return false }
            guard parts[0].allSatisfy({ $0.isLetter || $0.isWholeNumber || "-._~".contains($0) }) else { return false }
            if parts.count == 2 { port = parts[1] }
        }
        guard let port, !port.isEmpty else { return true }
        guard port.count <= 5, port.allSatisfy({ ("0"..."9").contains($0) }), let number = Int(port) else {
            return false
        }
        return (1...65535).contains(number)
    }

    private static func isIPv6(_ text: Substring) -> Bool {
        guard text.count <= 45, text.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else { return false }
        var halves: [Substring] = []
        if let gap = text.indices.first(where: { text[$0...].hasPrefix("::") }) {
            halves = [text[..<gap], text[text.index(gap, offsetBy: 2)...]]
        } else {
            halves = [text]
        }
        var groups = 0
        for (index, half) in halves.enumerated() where !half.isEmpty {
            let parts = half.split(separator: ":", omittingEmptySubsequences: false)
            for (position, part) in parts.enumerated() {
                let isVeryLast = index == halves.count - 1 && position == parts.count - 1
                if isVeryLast, part.contains(".") {
                    let octets = part.split(separator: ".", omittingEmptySubsequences: false)
                    guard octets.count == 4, octets.allSatisfy({ isOctet($0) }) else { return false }
                    groups += 2
                } else {
                    guard (1...4).contains(part.count), part.allSatisfy(\.isHexDigit) else { return false }
                    groups += 1
                }
            }
        }
        return halves.count == 2 ? groups <= 7 : groups == 8
    }

    private static func isOctet(_ text: Substring) -> Bool {
        guard (1...3).contains(text.count), text.allSatisfy({ ("0"..."9").contains($0) }), let number = Int(text) else {
            return false
        }
        return number <= 255
    }

    /// `*( ";" token [ "=" ( token / quoted-string ) ] )`
    private static func isExtension(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            guard rest.removeFirst() == 59 else { return false }
            let name = rest.prefix(while: isToken)
            guard !name.isEmpty else { return false }
            rest = rest.dropFirst(name.count)
            guard rest.first == 61 else { continue }
            rest = rest.dropFirst()
            if rest.first == 34 {
                rest = rest.dropFirst()
                while let byte = rest.first, byte != 34 {
                    guard isText(byte) else { return false }
                    rest = rest.dropFirst()
                    if byte == 92 {
                        guard let escaped = rest.first, isText(escaped) else { return false }
                        rest = rest.dropFirst()
                    }
                }
                guard rest.first == 34 else { return false }
                rest = rest.dropFirst()
            } else {
                let value = rest.prefix(while: isToken)
                guard !value.isEmpty else { return false }
                rest = rest.dropFirst(value.count)
            }
        }
        return true
    }
}
