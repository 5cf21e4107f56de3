/// Decodes the chunked coding of a body as its bytes arrive (RFC 9112 7.1). It copies nothing and keeps no bytes.
///
///     var offset = 0
///     while true {
///         switch decoder.next(bytes, at: &offset) {
///         case .data(let range): …        // bytes[range] is body; ask again
///         case .needMoreBytes: return     // all of `bytes` was used
///         case .end: …                    // body and trailers are over; bytes[offset...] belongs to the next message
///         case .invalid(let violation): … // close the connection
///         }
///     }
///
/// The grammar is applied strictly: a size is 1–16 hexadecimal digits and at most 2⁶³-1, lines end with CRLF, and there
/// is no white space around sizes. Extensions are checked and dropped. Trailers are checked like field lines and
/// dropped: none may be merged into the head (RFC 9110 6.5.1), and no recipient has asked for them.
///
/// In answers a trailer may be folded and have a blank before its colon, as fields may (`Tolerance`): neither moves the
/// end of a body.
package struct ChunkedDecoder: Equatable, Sendable {
    /// Limits of the parts that are read only to be dropped.
    package struct Limits: Equatable, Sendable {
        /// Bytes of extensions behind one chunk size. Default 256.
        package var extensionLine: Int = 256
        /// Bytes of extensions in the whole body. Default 16 KiB.
        package var extensions: Int = 16 * 1024
        /// Bytes of the trailer section. Default 8 KiB.
        package var trailers: Int = 8 * 1024

        package init(extensionLine: Int = 256, extensions: Int = 16 * 1024, trailers: Int = 8 * 1024) {
            self.extensionLine = extensionLine
            self.extensions = extensions
            self.trailers = trailers
        }
    }

    package enum Event: Equatable, Sendable {
        /// All bytes given were used, and nothing is wrong so far.
        case needMoreBytes
        /// These bytes of the buffer are body. Never empty.
        case data(Range<Int>)
        /// The body is over.
        case end
        /// The body is broken; the same is returned from now on.
        case invalid(HTTPViolation)
    }

    enum State: Equatable {
        /// Before the first digit of a size. Next: `sizeDigits`.
        case sizeStart
        /// Behind the given number of digits. Next: `sizePadding`, `extensionNameStart`, `sizeLineFeed`.
        case sizeDigits(Int)
        /// Behind a blank that pads a size. Next: `extensionNameStart`, `sizeLineFeed`.
        case sizePadding
        /// Behind `;`. Next: `extensionName`.
        case extensionNameStart
        /// Next: `extensionValueStart`, `extensionNameStart`, `sizeLineFeed`.
        case extensionName
        /// Behind `=`. Next: `extensionValue`, `extensionQuoted`.
        case extensionValueStart
        /// Next: `extensionNameStart`, `sizeLineFeed`.
        case extensionValue
        /// Inside quotes. Next: `extensionQuotedPair`, `extensionQuotedEnd`.
        case extensionQuoted
        /// Behind a backslash. Next: `extensionQuoted`.
        case extensionQuotedPair
        /// Behind the closing quote. Next: `extensionNameStart`, `sizeLineFeed`.
        case extensionQuotedEnd
        /// Behind the CR of a size line. Next: `data`, `trailerStart`.
        case sizeLineFeed
        /// `remaining` more bytes of the chunk. Next: `dataCarriageReturn`.
        case data
        /// Next: `dataLineFeed`.
        case dataCarriageReturn
        /// Next: `sizeStart`.
        case dataLineFeed
        /// At the first byte of a trailer line. Next: `trailerName`, `trailerFold`, `endLineFeed`.
        case trailerStart
        /// Next: `trailerNameBlank`, `trailerValue`.
        case trailerName
        /// Behind a blank between name and colon. Next: `trailerValue`.
        case trailerNameBlank
        /// In the blanks that continue a line. Next: `trailerValue`.
        case trailerFold
        /// Next: `trailerLineFeed`.
        case trailerValue
        /// Next: `trailerStart`.
        case trailerLineFeed
        /// Behind the CR of the empty line. Next: `ended`.
        case endLineFeed
        /// Final.
        case ended
        /// Final.
        case broken(HTTPViolation)
    }

    private let limits: Limits
    private let tolerance: Tolerance?
    private var state: State = .sizeStart
    /// In a size line the size so far, in data the bytes of the chunk that are still to come.
    private var remaining: UInt64 = 0
    private var lineExtensions = 0
    private var totalExtensions = 0
    private var trailerBytes = 0

    /// - Parameter tolerance: The tolerance of the upstream whose response it is; nil (default) for the body of a
    ///   request.
    package init(limits: Limits = Limits(), tolerance: Tolerance? = nil) {
        self.limits = limits
        self.tolerance = tolerance
    }

    /// Whether the whole body has been read.
    package var isAtEnd: Bool { state == .ended }

    /// The next thing in `bytes` from `offset` on, which is moved behind it.
    package mutating func next(_ bytes: UnsafeRawBufferPointer, at offset: inout Int) -> Event {
        while true {
            switch state {
            case .ended: return .end
            case .broken(let violation): return .invalid(violation)
            case .data:
                let available = bytes.count - offset
                guard available > 0 else { return .needMoreBytes }
                let taken = remaining > UInt64(available) ? available : Int(remaining)
                let range = offset..<(offset + taken)
                offset += taken
                remaining -= UInt64(taken)
                if remaining == 0 { state = .dataCarriageReturn }
                return .data(range)
            case .trailerStart, .trailerName, .trailerNameBlank, .trailerFold, .trailerValue, .trailerLineFeed,
                .endLineFeed:
                guard offset < bytes.count else { return .needMoreBytes }
                state = afterTrailerByte(bytes[offset])
                offset += 1
            case .sizeStart, .sizeDigits, .sizePadding, .sizeLineFeed, .dataCarriageReturn, .dataLineFeed,
                .extensionNameStart, .extensionName, .extensionValueStart, .extensionValue, .extensionQuoted,
                .extensionQuotedPair, .extensionQuotedEnd:
                guard offset < bytes.count else { return .needMoreBytes }
                state = afterLineByte(bytes[offset])
                offset += 1
            }
        }
    }
}

extension ChunkedDecoder {
    /// The state behind one byte of a size line or of the CRLF behind a chunk.
    private mutating func afterLineByte(_ byte: UInt8) -> State {
        switch state {
        case .sizeStart:
            guard let digit = Self.digit(byte) else { return .broken(.chunkSizeMalformed) }
            remaining = digit
            lineExtensions = 0
            return .sizeDigits(1)
        case .sizeDigits(let count):
            if let digit = Self.digit(byte) {
                guard count < 16 else { return .broken(.chunkSizeMalformed) }
                remaining = remaining << 4 | digit
                return .sizeDigits(count + 1)
            }
            if Self.isBlank(byte) { return afterPadding() }
            return afterSizeElement(byte, .chunkSizeMalformed)
        case .sizePadding:
            return Self.isBlank(byte) ? afterPadding() : afterSizeElement(byte, .chunkSizeMalformed)
        case .sizeLineFeed:
            guard byte == Ascii.lineFeed else { return .broken(.bareCarriageReturn) }
            return remaining == 0 ? .trailerStart : .data
        case .dataCarriageReturn:
            return byte == Ascii.carriageReturn ? .dataLineFeed : .broken(.chunkNotTerminated)
        case .dataLineFeed:
            return byte == Ascii.lineFeed ? .sizeStart : .broken(.chunkNotTerminated)
        default:
            return afterExtensionByte(byte)
        }
    }

    /// Behind a size or an extension: another extension or the end of the line.
    private mutating func afterSizeElement(_ byte: UInt8, _ violation: HTTPViolation) -> State {
        switch byte {
        case Ascii.semicolon:
            guard countExtensionByte() else { return .broken(.chunkExtensionTooLong) }
            return .extensionNameStart
        case Ascii.carriageReturn:
            return remaining > UInt64(Int64.max) ? .broken(.chunkSizeTooLarge) : .sizeLineFeed
        case Ascii.lineFeed: return .broken(.bareLineFeed)
        default: return .broken(violation)
        }
    }

    /// Old servers reserve room for the longest size and fill it with blanks.
    private mutating func afterPadding() -> State {
        guard tolerance == .legacy else { return .broken(.chunkSizePadded) }
        return countExtensionByte() ? .sizePadding : .broken(.chunkExtensionTooLong)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == Ascii.space || byte == Ascii.tab }

    private mutating func countExtensionByte() -> Bool {
        lineExtensions += 1
        totalExtensions += 1
        return lineExtensions <= limits.extensionLine && totalExtensions <= limits.extensions
    }

    /// RFC 9112 7.1.1, without the white space that it calls bad.
    private mutating func afterExtensionByte(_ byte: UInt8) -> State {
        if state == .extensionQuotedEnd { return afterSizeElement(byte, .chunkExtensionMalformed) }
        let isToken = ByteClass.table[Int(byte)] & ByteClass.token != 0
        if !isToken {
            if state == .extensionName || state == .extensionValue, byte != Ascii.equals || state == .extensionValue {
                return afterSizeElement(byte, .chunkExtensionMalformed)
            }
        }
        guard countExtensionByte() else { return .broken(.chunkExtensionTooLong) }
        let isText = byte == Ascii.tab || (byte >= Ascii.space && byte != 0x7F)
        switch state {
        case .extensionNameStart, .extensionName:
            if isToken { return .extensionName }
            if state == .extensionName, byte == Ascii.equals { return .extensionValueStart }
        case .extensionValueStart:
            if byte == Ascii.quote { return .extensionQuoted }
            if isToken { return .extensionValue }
        case .extensionValue:
            if isToken { return .extensionValue }
        case .extensionQuoted:
            if byte == Ascii.quote { return .extensionQuotedEnd }
            if byte == Ascii.backslash { return .extensionQuotedPair }
            if isText { return .extensionQuoted }
        default:  // extensionQuotedPair
            if isText { return .extensionQuoted }
        }
        return .broken(byte == Ascii.lineFeed ? .bareLineFeed : .chunkExtensionMalformed)
    }

    /// The state behind one byte of the trailer section (RFC 9112 7.1.2), which has the grammar of field lines.
    private mutating func afterTrailerByte(_ byte: UInt8) -> State {
        if state == .endLineFeed { return byte == Ascii.lineFeed ? .ended : .broken(.bareCarriageReturn) }
        if state == .trailerStart, byte == Ascii.carriageReturn { return .endLineFeed }
        trailerBytes += 1
        guard trailerBytes <= limits.trailers else { return .broken(.trailerTooLarge) }
        switch state {
        case .trailerLineFeed:
            return byte == Ascii.lineFeed ? .trailerStart : .broken(.bareCarriageReturn)
        case .trailerStart where Self.isBlank(byte) && tolerance != nil && trailerBytes > 1: return .trailerFold
        case .trailerName where Self.isBlank(byte) && tolerance != nil: return .trailerNameBlank
        case .trailerNameBlank:
            if Self.isBlank(byte) { return .trailerNameBlank }
            return byte == Ascii.colon ? .trailerValue : .broken(.trailerMalformed)
        case .trailerFold:
            // Some programs take a line of blanks for the empty line that ends the section.
            if Self.isBlank(byte) { return .trailerFold }
            return byte > Ascii.space && byte != 0x7F ? .trailerValue : .broken(.trailerMalformed)
        case .trailerStart, .trailerName:
            if ByteClass.table[Int(byte)] & ByteClass.token != 0 { return .trailerName }
            if state == .trailerName, byte == Ascii.colon { return .trailerValue }
            return .broken(byte == Ascii.lineFeed ? .bareLineFeed : .trailerMalformed)
        default:
            if byte == Ascii.carriageReturn { return .trailerLineFeed }
            if byte == Ascii.tab || (byte >= Ascii.space && byte != 0x7F) { return .trailerValue }
            return .broken(byte == Ascii.lineFeed ? .bareLineFeed : .trailerMalformed)
        }
    }

    private static func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case 0x30...0x39: UInt64(byte - 0x30)
        case 0x41...0x46: UInt64(byte - 0x41 + 10)
        case 0x61...0x66: UInt64(byte - 0x61 + 10)
        default: nil
        }
    }
}
