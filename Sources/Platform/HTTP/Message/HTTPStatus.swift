/// A status code, 100 to 599 on the wire, with its registered reason phrase (RFC 9110 15, IANA registry).
public struct HTTPStatus: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt16

    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }
    @inlinable public init(_ code: UInt16) { rawValue = code }

    // The comparison is in line and the codes below are computed. Compared through the protocol, with constants made at
    // first use, five comparisons of a response's status took 200 instructions.
    @inlinable @inline(__always) public static func == (one: HTTPStatus, other: HTTPStatus) -> Bool {
        one.rawValue == other.rawValue
    }

    /// 1xx: another response to the same request follows (except after 101).
    @inlinable public var isInformational: Bool { rawValue >= 100 && rawValue < 200 }
    @inlinable public var isSuccess: Bool { rawValue >= 200 && rawValue < 300 }
    /// 1xx, 204 and 304 responses end with their head, whatever their fields say (RFC 9112 6.3).
    @inlinable public var forbidsBody: Bool { isInformational || rawValue == 204 || rawValue == 304 }

    @inlinable @inline(__always) public static var `continue`: HTTPStatus { HTTPStatus(100) }
    @inlinable @inline(__always) public static var switchingProtocols: HTTPStatus { HTTPStatus(101) }
    @inlinable @inline(__always) public static var ok: HTTPStatus { HTTPStatus(200) }
    @inlinable @inline(__always) public static var created: HTTPStatus { HTTPStatus(201) }
    @inlinable @inline(__always) public static var accepted: HTTPStatus { HTTPStatus(202) }
    @inlinable @inline(__always) public static var noContent: HTTPStatus { HTTPStatus(204) }
    @inlinable @inline(__always) public static var seeOther: HTTPStatus { HTTPStatus(303) }
    @inlinable @inline(__always) public static var notModified: HTTPStatus { HTTPStatus(304) }
    @inlinable @inline(__always) public static var badRequest: HTTPStatus { HTTPStatus(400) }
    @inlinable @inline(__always) public static var unauthorized: HTTPStatus { HTTPStatus(401) }
    @inlinable @inline(__always) public static var forbidden: HTTPStatus { HTTPStatus(403) }
    @inlinable @inline(__always) public static var notFound: HTTPStatus { HTTPStatus(404) }
    @inlinable @inline(__always) public static var methodNotAllowed: HTTPStatus { HTTPStatus(405) }
    @inlinable @inline(__always) public static var conflict: HTTPStatus { HTTPStatus(409) }
    @inlinable @inline(__always) public static var preconditionFailed: HTTPStatus { HTTPStatus(412) }
    @inlinable @inline(__always) public static var contentTooLarge: HTTPStatus { HTTPStatus(413) }
    @inlinable @inline(__always) public static var unsupportedMediaType: HTTPStatus { HTTPStatus(415) }
    @inlinable @inline(__always) public static var unprocessableContent: HTTPStatus { HTTPStatus(422) }
    @inlinable @inline(__always) public static var tooManyRequests: HTTPStatus { HTTPStatus(429) }
    @inlinable @inline(__always) public static var internalServerError: HTTPStatus { HTTPStatus(500) }
    @inlinable @inline(__always) public static var badGateway: HTTPStatus { HTTPStatus(502) }
    @inlinable @inline(__always) public static var serviceUnavailable: HTTPStatus { HTTPStatus(503) }
    @inlinable @inline(__always) public static var insufficientStorage: HTTPStatus { HTTPStatus(507) }

    /// The bytes of `reason`, valid for ever.
    package var reasonBytes: UnsafeRawBufferPointer {
        let reason = reason
        return UnsafeRawBufferPointer(start: reason.utf8Start, count: reason.utf8CodeUnitCount)
    }

    /// The registered phrase, or the name of the class for a code that has none.
    package var reason: StaticString {
        switch rawValue {
        case 100: "Continue"
        case 101: "Switching Protocols"
        case 103: "Early Hints"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 203: "Non-Authoritative Information"
        case 204: "No Content"
        case 205: "Reset Content"
        case 206: "Partial Content"
        case 207: "Multi-Status"
        case 208: "Already Reported"
        case 226: "IM Used"
        case 300: "Multiple Choices"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 402: "Payment Required"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 407: "Proxy Authentication Required"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 416: "Range Not Satisfiable"
        case 417: "Expectation Failed"
        case 418: "I'm a teapot"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 423: "Locked"
        case 424: "Failed Dependency"
        case 425: "Too Early"
        case 426: "Upgrade Required"
        case 428: "Precondition Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 451: "Unavailable For Legal Reasons"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        case 506: "Variant Also Negotiates"
        case 507: "Insufficient Storage"
        case 508: "Loop Detected"
        case 511: "Network Authentication Required"
        case 100..<200: "Informational"
        case 200..<300: "Success"
        case 300..<400: "Redirection"
        case 400..<500: "Client Error"
        case 500..<600: "Server Error"
        default: "Unknown"
        }
    }
}
