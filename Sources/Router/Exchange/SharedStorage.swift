import HTTP
import HTTPTransport

/// Whether caches that serve many users may keep a response (RFC 9111 3): a cookie of one of them must not be in it.
enum SharedStorage {
    /// The response says so: `public`, `s-maxage`, `max-age`, `Expires` or a word to caches of the site's own, without
    /// `private` or `no-store`.
    ///
    /// A `max-age=0` and an `Expires` of the past count as well: what is kept is asked about again, and serves many
    /// when it has not changed. `private="name"` is about that one field, and leaves the rest to everybody.
    static func isAllowed(_ response: ResponseHeadView) -> Bool {
        var (isShared, isPrivate) = (false, false)
        response.fields.forEach(.cacheControl) { line in
            forEachDirective(of: line.value.slice(of: response.bytes)) { name, hasValue in
                if name.isWord("no-store") { isPrivate = true }
                if name.isWord("private"), !hasValue { isPrivate = true }
                if name.isWord("public") || name.isWord("s-maxage") || name.isWord("max-age") { isShared = true }
            }
        }
        if isPrivate { return false }
        return isShared || has("expires", response) || has("surrogate-control", response)
            || has("cdn-cache-control", response)
    }

    private static func has(_ name: StaticString, _ response: ResponseHeadView) -> Bool {
        let name = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        return response.fields.index(named: name, in: response.bytes) != nil
    }

    /// Names of the directives in a line, and whether they have a value; commas in quotes separate nothing (RFC 9111
    /// 5.2).
    private static func forEachDirective(
        of line: UnsafeRawBufferPointer, _ body: (_ name: UnsafeRawBufferPointer, _ hasValue: Bool) -> Void
    ) {
        var position = 0
        while position < line.count {
            while position < line.count, isSeparator(line[position]) { position += 1 }
            let start = position
            while position < line.count, !isSeparator(line[position]), line[position] != UInt8(ascii: "=") {
                position += 1
            }
            let name = UnsafeRawBufferPointer(rebasing: line[start..<position])
            while position < line.count, line[position] == 0x20 || line[position] == 0x09 { position += 1 }
            let hasValue = position < line.count && line[position] == UInt8(ascii: "=")
            if !name.isEmpty { body(name, hasValue) }
            guard hasValue else { continue }
            var isQuoted = false
            while position < line.count, isQuoted || line[position] != UInt8(ascii: ",") {
                if line[position] == UInt8(ascii: "\"") { isQuoted.toggle() }
                if isQuoted, line[position] == UInt8(ascii: "\\") { position += 1 }
                position += 1
            }
        }
    }

    private static func isSeparator(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ",") || byte == 0x20 || byte == 0x09 }
}
