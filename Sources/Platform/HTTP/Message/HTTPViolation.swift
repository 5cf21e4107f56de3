/// What is wrong with a message: the status of the response to it, a few words, and the rule that it breaks.
///
/// After a violation in a request, one response with `status` is sent and the connection is closed. A violation in a
/// response makes the exchange a 502, whatever `status` says. Nothing behind the offending byte is ever read as a
/// further message.
package enum HTTPViolation: UInt8, Error, Sendable, CaseIterable {
    // Start line
    case methodMalformed, methodRefused, connectRefused
    case targetMalformed, targetFormNotAllowed, requestLineTooLong
    case versionMalformed, versionNotSupported
    case statusLineMalformed, statusOutOfRange, statusAbove599
    // Field lines
    case bareCarriageReturn, bareLineFeed, lineEndsMixed, lineFolded, spaceBeforeColon
    case fieldNameMalformed, fieldNameUnderscored, fieldValueMalformed, fieldTooLong, tooManyFields, headTooLarge
    // Meaning of fields
    case hostMissing, hostRepeated, hostMalformed
    case lengthMalformed, lengthsDiffer, lengthWithTransferEncoding
    case transferEncodingMalformed, transferEncodingNotSupported, transferEncodingIdentity, transferEncodingInHTTP10
    case transferEncodingForbidden
    case lengthForbidden, connectionMalformed, expectationUnknown
    // Body
    case chunkSizeMalformed, chunkSizePadded, chunkSizeTooLarge, chunkExtensionMalformed, chunkExtensionTooLong,
        chunkNotTerminated
    case trailerMalformed, trailerTooLarge, bodyTooLarge
    // Sequence and time
    case upgradeUnasked, interimTooMany, tooSlow
    // Path (`TargetNormaliser`)
    case pathEscapeMalformed, pathEscapeRefused, pathSlashEscaped, pathParameterOnDots, targetTooLong

    /// Status of the response to a request with this violation.
    package var status: HTTPStatus { HTTPStatus(description.status) }
    /// A few words for the response's detail, without any byte of the message.
    package var reason: StaticString { description.reason }
    /// The rule, for documents, tests and logs.
    package var clause: StaticString { description.clause }

    private var description: (status: UInt16, reason: StaticString, clause: StaticString) {
        switch self {
        case .methodMalformed: (400, "method is not a token", "RFC 9112 3.1")
        case .methodRefused: (405, "TRACE is not allowed", "RFC 9110 9.3.8")
        case .connectRefused: (501, "CONNECT is not implemented", "RFC 9110 9.3.6")
        case .targetMalformed:
            (400, "request target contains a byte that cannot stand there, or is empty", "RFC 9112 3.2")
        case .targetFormNotAllowed: (400, "request target has a form that this method does not allow", "RFC 9112 3.2")
        case .requestLineTooLong: (414, "request line is too long", "RFC 9112 3")
        case .versionMalformed: (400, "HTTP version is malformed", "RFC 9112 2.3")
        case .versionNotSupported: (505, "HTTP version is not supported", "RFC 9110 15.6.6")
        case .statusLineMalformed: (400, "status line is malformed", "RFC 9112 4")
        case .statusOutOfRange: (400, "status code is below 100", "RFC 9110 15")
        case .statusAbove599: (400, "status code is above 599", "RFC 9110 15")
        case .bareCarriageReturn: (400, "carriage return without line feed", "RFC 9112 2.2")
        case .bareLineFeed: (400, "line feed without carriage return", "RFC 9112 2.2")
        case .lineEndsMixed: (400, "lines end in CRLF and in a line feed alone", "RFC 9112 2.2")
        case .lineFolded: (400, "field line is folded", "RFC 9112 5.2")
        case .spaceBeforeColon: (400, "white space between field name and colon", "RFC 9112 5.1")
        case .fieldNameMalformed: (400, "field name is not a token", "RFC 9110 5.1")
        case .fieldNameUnderscored: (400, "field name with an underscore", "RFC 3875 4.1.18")
        case .fieldValueMalformed: (400, "field value contains a control byte", "RFC 9110 5.5")
        case .fieldTooLong: (431, "field line is too long", "RFC 6585 5")
        case .tooManyFields: (431, "too many field lines", "RFC 6585 5")
        case .headTooLarge: (431, "head is too large", "RFC 6585 5")
        case .hostMissing: (400, "Host is missing", "RFC 9112 3.2")
        case .hostRepeated: (400, "more than one Host", "RFC 9112 3.2")
        case .hostMalformed: (400, "host is malformed", "RFC 9110 7.2")
        case .lengthMalformed: (400, "Content-Length is not a number below 2^63", "RFC 9110 8.6")
        case .lengthsDiffer: (400, "Content-Length values differ", "RFC 9112 6.3")
        case .lengthWithTransferEncoding: (400, "both Content-Length and Transfer-Encoding", "RFC 9112 6.1")
        case .transferEncodingMalformed: (400, "Transfer-Encoding is malformed or repeated", "RFC 9112 6.1")
        case .transferEncodingNotSupported: (501, "only the chunked transfer coding is supported", "RFC 9112 6.1")
        case .transferEncodingIdentity: (501, "the identity transfer coding", "RFC 9112 7")
        case .transferEncodingInHTTP10: (400, "Transfer-Encoding in HTTP/1.0", "RFC 9112 6.1")
        case .transferEncodingForbidden: (400, "Transfer-Encoding in a 1xx or 204 answer", "RFC 9112 6.1")
        case .lengthForbidden: (400, "Content-Length above 0 in a 1xx or 204 answer", "RFC 9110 8.6")
        case .connectionMalformed: (400, "Connection is not a list of tokens, or too long a one", "RFC 9110 7.6.1")
        case .expectationUnknown: (417, "only 100-continue can be expected", "RFC 9110 10.1.1")
        case .chunkSizeMalformed: (400, "chunk size is not 1 to 16 hexadecimal digits", "RFC 9112 7.1")
        case .chunkSizePadded: (400, "blank behind a chunk size", "RFC 9112 7.1.1")
        case .chunkSizeTooLarge: (400, "chunk size is above 2^63-1", "RFC 9112 7.1")
        case .chunkExtensionMalformed: (400, "chunk extension is malformed", "RFC 9112 7.1.1")
        case .chunkExtensionTooLong: (400, "chunk extensions are too long", "RFC 9112 7.1.1")
        case .chunkNotTerminated: (400, "chunk is not followed by CRLF", "RFC 9112 7.1")
        case .trailerMalformed: (400, "trailer section is malformed", "RFC 9112 7.1.2")
        case .trailerTooLarge: (431, "trailer section is too large", "RFC 6585 5")
        case .bodyTooLarge: (413, "body is too large", "RFC 9110 15.5.14")
        case .upgradeUnasked: (400, "101 to a request that asked for no upgrade", "RFC 9110 15.2.2")
        case .interimTooMany: (400, "interim answers without end", "RFC 9110 15.2")
        case .tooSlow: (408, "the message did not arrive in time", "RFC 9110 15.5.9")
        case .pathEscapeMalformed: (400, "percent sign in the path without two hexadecimal digits", "RFC 3986 2.1")
        case .pathEscapeRefused: (400, "%00 in the path", "RFC 3986 7.3")
        case .pathSlashEscaped: (400, "%2F or %5C in the path", "RFC 3986 2.2")
        case .pathParameterOnDots:
            (400, "parameter or escaped slash on a dot segment in the path", "RFC 3986 3.3")
        case .targetTooLong: (414, "request target is too long", "RFC 9110 15.5.15")
        }
    }

    /// Reason and rule, as people read them: `chunk size is above 2^63-1 (RFC 9112 7.1)`.
    package var sentence: String { "\(reason) (\(clause))" }

    /// For labels and logs: `chunk_size_too_large`. Stable.
    package var label: String {
        String(describing: self).reduce(into: "") { text, character in
            if character.isUppercase {
                // `HTTP10` is one word.
                if text.last?.isUppercase != true, text.last != "_" { text += "_" }
                text.append(character)
            } else {
                text.append(character)
            }
        }.lowercased()
    }

    /// The field that the violation is about; the last line of that field breaks the rule.
    var field: KnownField? {
        switch self {
        case .hostRepeated, .hostMalformed: .host
        case .lengthMalformed, .lengthsDiffer, .lengthForbidden: .contentLength
        case .lengthWithTransferEncoding, .transferEncodingMalformed, .transferEncodingNotSupported,
            .transferEncodingIdentity, .transferEncodingInHTTP10, .transferEncodingForbidden:
            .transferEncoding
        case .connectionMalformed: .connection
        case .expectationUnknown: .expect
        case .fieldNameUnderscored: .underscored
        default: nil
        }
    }

    /// Whether the violation lies in the start line.
    var isOfStartLine: Bool {
        switch self {
        case .methodMalformed, .methodRefused, .connectRefused, .targetMalformed, .targetFormNotAllowed,
            .requestLineTooLong, .versionMalformed, .versionNotSupported, .statusLineMalformed, .statusOutOfRange,
            .statusAbove599, .pathEscapeMalformed, .pathEscapeRefused, .pathSlashEscaped, .pathParameterOnDots,
            .targetTooLong, .upgradeUnasked:
            true
        default: false
        }
    }

    /// Whether `Tolerance.legacy` accepts it in an upstream's response.
    package var isToleratedInResponses: Bool {
        switch self {
        case .bareLineFeed, .statusAbove599, .transferEncodingIdentity, .transferEncodingInHTTP10, .chunkSizePadded:
            true
        default: false
        }
    }
}
