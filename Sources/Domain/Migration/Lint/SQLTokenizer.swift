/// Cuts SQL into tokens, byte by byte, so that a log of any size passes through a memory of fixed size. Nothing that it
/// is given is an error: what SQLite would not take becomes a symbol, and what is still open at the end is told.
package struct SQLTokenizer: Sendable {
    /// Bytes of a name that are kept.
    package static let longestText = 255

    private enum State: Equatable {
        case between
        case word
        case number
        case parameter
        /// In quotes that end with this byte.
        case quoted(UInt8, SQLToken.Kind)
        /// Behind what may have been the last quote: a second one stands for itself.
        case afterQuote(UInt8, SQLToken.Kind)
        case brackets
        case lineComment
        case blockComment(sawStar: Bool)
        /// Behind the first byte of an operator that may have a second.
        case operator1(UInt8)
    }

    private var state = State.between
    private var text: [UInt8] = []
    private var isCut = false
    private var start = SQLPlace(line: 1, column: 1)
    private var place = SQLPlace(line: 1, column: 1)
    private var startsLine = true
    private var lineHasToken = false

    package init() {}

    /// What is open now, and since where: a quote or a comment that the end of the input would cut off.
    package var open: (what: String, since: SQLPlace)? {
        switch state {
        case .quoted(_, .string): ("string", start)
        case .quoted(_, .blob): ("blob", start)
        case .quoted, .brackets: ("quoted name", start)
        case .blockComment: ("comment", start)
        default: nil
        }
    }

    /// Takes one byte and hands on the tokens that it ends.
    package mutating func take(_ byte: UInt8, _ emit: (SQLToken) -> Void) {
        // Each state either consumes the byte or ends a token before it; then the byte begins the next one.
        if !consume(byte, emit) { begin(byte, emit) }
        if byte == 0x0A {
            place.line &+= 1
            place.column = 1
            lineHasToken = false
        } else if byte & 0xC0 != 0x80 {
            place.column &+= 1
        }
    }

    /// The input ends: the token that is still open is handed on.
    package mutating func finish(_ emit: (SQLToken) -> Void) {
        switch state {
        case .between, .lineComment, .blockComment: break
        case .word: end(.word, emit)
        case .number: end(.number, emit)
        case .parameter: end(.parameter, emit)
        case .quoted(_, let kind), .afterQuote(_, let kind): end(kind, emit)
        case .brackets: end(.quotedName, emit)
        case .operator1: end(.symbol, emit)
        }
        state = .between
    }

    /// Whether the byte belongs to what is open; otherwise that is ended.
    private mutating func consume(_ byte: UInt8, _ emit: (SQLToken) -> Void) -> Bool {
        switch state {
        case .between: return false
        case .word:
            if Self.isWordByte(byte) {
                keep(byte)
                return true
            }
            if byte == 0x27, text == [0x78] || text == [0x58] {  // x'…'
                text = []
                state = .quoted(0x27, .blob)
                return true
            }
            end(.word, emit)
        case .number:
            // 1.5e+3 too: a sign belongs to the number behind its exponent.
            let isSign = (byte == 0x2B || byte == 0x2D) && text.last.map { $0 | 0x20 == 0x65 } == true
            if Self.isWordByte(byte) || byte == 0x2E || (isSign && text.prefix(2) != [0x30, 0x78]) {
                keep(byte)
                return true
            }
            end(.number, emit)
        case .parameter:
            if Self.isWordByte(byte) || byte == 0x3A && text.first == 0x24 { return true }
            end(.parameter, emit)
        case .quoted(let close, let kind):
            if byte == close {
                state = .afterQuote(close, kind)
            } else if kind != .blob {
                keep(byte)
            }
            return true
        case .afterQuote(let close, let kind):
            if byte == close, kind != .blob {
                keep(byte)
                state = .quoted(close, kind)
                return true
            }
            end(kind, emit)
        case .brackets:
            if byte == 0x5D {
                end(.quotedName, emit)
            } else {
                keep(byte)
            }
            return true
        case .lineComment:
            if byte == 0x0A { state = .between }
            return true
        case .blockComment(let sawStar):
            state = sawStar && byte == 0x2F ? .between : .blockComment(sawStar: byte == 0x2A)
            return true
        case .operator1(let first):
            return second(byte, after: first, emit)
        }
        return false
    }

    private mutating func second(_ byte: UInt8, after first: UInt8, _ emit: (SQLToken) -> Void) -> Bool {
        switch (first, byte) {
        case (0x2D, 0x2D): state = .lineComment
        case (0x2F, 0x2A): state = .blockComment(sawStar: false)
        case (0x2E, 0x30...0x39):
            keep(byte)
            state = .number
            return true
        case (0x3D, 0x3D), (0x3C, 0x3D), (0x3C, 0x3E), (0x3C, 0x3C), (0x3E, 0x3D), (0x3E, 0x3E), (0x21, 0x3D),
            (0x7C, 0x7C), (0x2D, 0x3E):
            keep(byte)
            end(.symbol, emit)
            return true
        default:
            end(.symbol, emit)
            return false
        }
        text = []
        return true
    }

    private mutating func begin(_ byte: UInt8, _ emit: (SQLToken) -> Void) {
        switch byte {
        case 0x20, 0x09...0x0D, 0x00: return
        // The mark at the beginning of a file that says it is UTF-8, seen as a word's bytes, is no part of a name.
        case 0xEF where place == SQLPlace(line: 1, column: 1), 0xBB where place.line == 1 && place.column == 2,
            0xBF where place.line == 1 && place.column == 2:
            if text.isEmpty, !lineHasToken { return }
        default: break
        }
        start = place
        startsLine = !lineHasToken
        text = []
        isCut = false
        switch byte {
        case 0x22, 0x60: state = .quoted(byte, .quotedName)
        case 0x27: state = .quoted(byte, .string)
        case 0x5B: state = .brackets
        case 0x30...0x39:
            keep(byte)
            state = .number
        case 0x3F, 0x3A, 0x40, 0x24:
            text = [byte]
            state = .parameter
        case _ where Self.isWordByte(byte):
            keep(byte)
            state = .word
        case 0x2D, 0x2F, 0x2E, 0x3D, 0x3C, 0x3E, 0x21, 0x7C:
            keep(byte)
            state = .operator1(byte)
        default:
            keep(byte)
            end(.symbol, emit)
        }
    }

    private mutating func keep(_ byte: UInt8) {
        if text.count < Self.longestText { text.append(byte) } else { isCut = true }
    }

    private mutating func end(_ kind: SQLToken.Kind, _ emit: (SQLToken) -> Void) {
        let keepsText = kind != .number && kind != .parameter && kind != .blob
        let token = SQLToken(
            kind, keepsText ? String(decoding: text, as: UTF8.self) : "", at: start, isCut: isCut,
            startsLine: startsLine)
        lineHasToken = true
        text = []
        state = .between
        emit(token)
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x24: true
        default: byte >= 0x80
        }
    }

    /// The tokens of a whole text.
    package static func tokens(_ sql: String) -> [SQLToken] {
        var tokenizer = SQLTokenizer()
        var tokens: [SQLToken] = []
        for byte in sql.utf8 { tokenizer.take(byte) { tokens.append($0) } }
        tokenizer.finish { tokens.append($0) }
        return tokens
    }
}
