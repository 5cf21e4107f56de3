/// What `Content-Length` and `Transfer-Encoding` say about the body (RFC 9112 6.1–6.3): one framing, or a violation.
enum FramingFields {
    @inline(__always)
    static func read(
        _ base: UnsafePointer<UInt8>, _ fields: FieldTable, version: HTTPVersion, tolerance: Tolerance = .strict
    ) -> Result<BodyFraming, HTTPViolation> {
        if fields.present.isDisjoint(with: .framing) { return .success(.none) }
        return readPresent(base, fields, version, tolerance)
    }

    private static func readPresent(
        _ base: UnsafePointer<UInt8>, _ fields: FieldTable, _ version: HTTPVersion, _ tolerance: Tolerance
    ) -> Result<BodyFraming, HTTPViolation> {
        if fields.present.contains(.transferEncoding) {
            if fields.present.contains(.contentLength) { return .failure(.lengthWithTransferEncoding) }
            if version == .http10, tolerance == .strict { return .failure(.transferEncodingInHTTP10) }
            guard let value = fields.value(.transferEncoding), !fields.repeated.contains(.transferEncoding) else {
                return .failure(.transferEncodingMalformed)
            }
            if ByteScan.equalsFolded(base + Int(value.start), value.count, "chunked") { return .success(.chunked) }
            // `identity` was a coding of RFC 2068 that changes nothing; RFC 7230 removed it.
            if ByteScan.equalsFolded(base + Int(value.start), value.count, "identity") {
                return tolerance == .legacy ? .success(.none) : .failure(.transferEncodingIdentity)
            }
            return .failure(violation(base, Int(value.start), Int(value.end)))
        }
        guard let first = fields.value(.contentLength), let length = number(base, Int(first.start), Int(first.end))
        else {
            return .failure(.lengthMalformed)
        }
        if fields.repeated.contains(.contentLength) {
            for index in 0..<fields.count where fields.entries[index].field == .contentLength {
                let value = fields.entries[index].value
                guard number(base, Int(value.start), Int(value.end)) != nil else { return .failure(.lengthMalformed) }
                // The values must be equal byte by byte: `5` and `05` already show that two programs wrote them.
                guard value.count == first.count,
                    ByteScan.equalsFolded(base + Int(value.start), base + Int(first.start), first.count)
                else { return .failure(.lengthsDiffer) }
            }
        }
        return .success(.length(length))
    }

    /// `1*DIGIT`, at most 2⁶³-1. No sign, no white space, no list.
    static func number(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> UInt64? {
        guard start < end else { return nil }
        var value: UInt64 = 0
        for index in start..<end {
            let byte = base[index]
            guard byte >= Ascii.zero, byte <= Ascii.nine else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(byte - Ascii.zero))
            guard !overflow, !carry, sum <= UInt64(Int64.max) else { return nil }
            value = sum
        }
        return value
    }

    /// A list of tokens without `chunked` before its end names a coding that we do not implement (501). Anything else
    /// is no transfer coding (400).
    private static func violation(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> HTTPViolation {
        var elements = ListElements(base, start, end)
        var sawChunked = false
        var sawAny = false
        while let element = elements.next() {
            if sawChunked { return .transferEncodingMalformed }
            sawAny = true
            let count = element.end - element.start
            let outside = ByteScan.firstOutside(
                ByteClass.token, ByteClass.table, base, from: element.start, to: element.end)
            guard count > 0, outside == element.end else { return .transferEncodingMalformed }
            sawChunked = ByteScan.equalsFolded(base + element.start, count, "chunked")
        }
        return sawAny ? .transferEncodingNotSupported : .transferEncodingMalformed
    }
}

/// Walks the elements of a comma-separated list (RFC 9110 5.6.1), each without white space around it; empty ones are
/// skipped.
struct ListElements {
    private let base: UnsafePointer<UInt8>
    private var position: Int
    private let end: Int

    init(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) {
        self.base = base
        position = start
        self.end = end
    }

    mutating func next() -> (start: Int, end: Int)? {
        while position < end {
            let start = position
            while position < end, base[position] != Ascii.comma { position &+= 1 }
            let element = ByteScan.trimmed(base, start, position)
            if position < end { position &+= 1 }
            if element.start < element.end { return element }
        }
        return nil
    }
}
