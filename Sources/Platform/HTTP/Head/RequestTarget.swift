/// Takes a request target apart (RFC 9112 3.2). Its bytes have passed the target class already; what may stand where is
/// decided here.
enum RequestTarget {
    /// nil when the target has a form that the method allows.
    @inline(__always)
    static func read(
        _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int, classes: UnsafePointer<UInt8>,
        into head: inout RequestHead
    ) -> HTTPViolation? {
        head.target = ByteRange(start, end)
        // Not empty: the scanner has refused two spaces in a row.
        var pathStart = start
        switch base[start] {
        case Ascii.slash:
            head.targetForm = .origin
        case Ascii.asterisk where end &- start == 1:
            guard head.method == .options else { return .targetFormNotAllowed }
            head.targetForm = .asterisk
            head.pathAndQuery = head.target
            head.path = head.target
            return nil
        default:
            head.targetForm = .absolute
            guard let authority = authorityStart(base, start, end) else { return .targetFormNotAllowed }
            pathStart = authority
            while pathStart < end, base[pathStart] != Ascii.slash, base[pathStart] != Ascii.question { pathStart &+= 1 }
            guard HostSyntax.isValid(base, authority, pathStart, classes: classes) else { return .hostMalformed }
            head.host = ByteRange(authority, pathStart)
        }
        var queryStart = ByteScan.firstOutside(ByteClass.path, classes, base, from: pathStart, to: end)
        if queryStart < end, base[queryStart] != Ascii.question {
            // The path has bytes that should have been escaped: some of them are passed on, and none of them ends the
            // path.
            guard let found = RawPath.end(base, from: queryStart, to: end, classes: classes) else {
                return .targetMalformed
            }
            queryStart = found
        }
        head.pathAndQuery = ByteRange(pathStart, end)
        head.path = ByteRange(pathStart, queryStart)
        if queryStart < end { head.query = ByteRange(queryStart &+ 1, end) }
        return nil
    }

    /// Behind `http://` or `https://`, in any case of letters.
    private static func authorityStart(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
        for scheme: StaticString in ["http://", "https://"] {
            let count = scheme.utf8CodeUnitCount
            if end - start >= count, ByteScan.equalsFolded(base + start, scheme.utf8Start, count) {
                return start + count
            }
        }
        return nil
    }
}
