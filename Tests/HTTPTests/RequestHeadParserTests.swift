import HTTP
import Testing

/// The bytes of `text`, one for each scalar below U+0100: `"\u{e9}"` is the byte E9.
func latin1(_ text: String) -> [UInt8] {
    text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
}

@Suite struct RequestHeadParserTests {
    @Test(arguments: acceptedRequests)
    func `what the table accepts is complete`(_ item: RequestCase) {
        let parser = RequestHeadParser()
        let bytes = latin1(item.message)
        #expect(bytes.withUnsafeBytes { parser.parse($0) } == .complete(headLength: bytes.count))
    }

    @Test(arguments: refusedRequests)
    func `what the table refuses names its violation`(_ item: RequestCase) throws {
        let parser = RequestHeadParser()
        let violation = try #require(item.violation)
        #expect(latin1(item.message).withUnsafeBytes { parser.parse($0) } == .invalid(violation))
    }

    @Test func `no bytes are no head yet`() {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        #expect(RequestHeadParser().parse(nothing) == .needMoreBytes)
        #expect([0].withUnsafeBytes { RequestHeadParser().parse(.init(rebasing: $0[..<0])) } == .needMoreBytes)
    }

    @Test(arguments: acceptedRequests + refusedRequests)
    func `where the first piece ends does not matter`(_ item: RequestCase) {
        let parser = RequestHeadParser()
        let bytes = latin1(item.message)
        let whole = bytes.withUnsafeBytes { parser.parse($0) }
        for cut in 1..<bytes.count {
            var progress = HeadProgress()
            var result = bytes[..<cut].withUnsafeBytes { parser.parse($0, resuming: &progress) }
            if result == .needMoreBytes { result = bytes.withUnsafeBytes { parser.parse($0, resuming: &progress) } }
            #expect(result == whole, "cut at \(cut)")
        }
    }

    @Test(arguments: acceptedRequests + refusedRequests)
    func `pieces of any size give the same result`(_ item: RequestCase) {
        let parser = RequestHeadParser()
        let bytes = latin1(item.message)
        let whole = bytes.withUnsafeBytes { parser.parse($0) }
        for step in 1...7 {
            var progress = HeadProgress()
            var result = HeadParseResult.needMoreBytes
            var count = 0
            while result == .needMoreBytes, count < bytes.count {
                count = min(count + step, bytes.count)
                result = bytes[..<count].withUnsafeBytes { parser.parse($0, resuming: &progress) }
            }
            #expect(result == whole, "in pieces of \(step)")
        }
    }
}
