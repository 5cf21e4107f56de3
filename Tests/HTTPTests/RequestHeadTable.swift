import HTTP
import Testing

/// The project's own table of request heads: what is accepted and what is refused, each with the clause that says so.
struct RequestCase: Sendable, CustomTestStringConvertible {
    let name: String
    let message: String
    /// nil: accepted.
    let violation: HTTPViolation?
    let clause: String

    var testDescription: String { "\(name) (\(clause))" }

    static func ok(_ name: String, _ clause: String, _ message: String) -> RequestCase {
        RequestCase(name: name, message: message, violation: nil, clause: clause)
    }

    static func no(_ name: String, _ violation: HTTPViolation, _ message: String) -> RequestCase {
        RequestCase(name: name, message: message, violation: violation, clause: violation.clause.description)
    }
}

private let get = "GET / HTTP/1.1\r\nHost: a\r\n"
private let webSocket =
    get + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n"
private let post = "POST / HTTP/1.1\r\nHost: a\r\n"

let acceptedRequests: [RequestCase] = [
    .ok("smallest request", "RFC 9112 3", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    .ok("HTTP/1.0 without Host", "RFC 9112 3.2", "GET / HTTP/1.0\r\n\r\n"),
    .ok("one empty line before the request", "RFC 9112 2.2", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    .ok("extension method", "RFC 9110 9.1", "M-SEARCH / HTTP/1.1\r\nHost: a\r\n\r\n"),
    .ok("method in lower case is another method", "RFC 9110 9.1", "get / HTTP/1.1\r\nHost: a\r\n\r\n"),
    .ok("every byte a path may have", "RFC 3986 3.3", "GET /aZ09-._~!$&'()*+,;=:@%41/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    .ok("bytes that browsers leave in a query", "WHATWG URL", "GET /?q=[a]|{b}^`? HTTP/1.1\r\nHost: a\r\n\r\n"),
    .ok("quotes and a backslash in a query", "WHATWG URL", "GET /?q=\"<a\\b>\" HTTP/1.1\r\nHost: a\r\n\r\n"),
    .ok("bytes above 127 in a query", "WHATWG URL", "GET /?q=\u{e9}\u{ff} HTTP/1.1\r\nHost: a\r\n\r\n"),
    .ok("bytes that frameworks leave in a path", "WHATWG URL", "GET /[a]/{b}|c^d`\"<e> HTTP/1.1\r\nHost: a\r\n\r\n"),
    .ok("UTF-8 of two bytes in a path", "RFC 3629 4", "GET /\u{c3}\u{a9} HTTP/1.1\r\nHost: a\r\n\r\n"),
    .ok("UTF-8 of three bytes in a path", "RFC 3629 4", "GET /\u{e2}\u{82}\u{ac}?a HTTP/1.1\r\nHost: a\r\n\r\n"),
    .ok("UTF-8 of four bytes in a path", "RFC 3629 4", "GET /\u{f0}\u{9f}\u{98}\u{80}/a HTTP/1.1\r\nHost: a\r\n\r\n"),
    .ok("UTF-8 of a plane seldom used", "RFC 3629 4", "GET /\u{f1}\u{90}\u{80}\u{80}/a HTTP/1.1\r\nHost: a\r\n\r\n"),
    .ok("WebSocket with a length of 0", "RFC 6455 4.1", webSocket + "Content-Length: 0\r\n\r\n"),
    .ok("absolute target", "RFC 9112 3.2.2", "GET http://b.example:80/x?y HTTP/1.1\r\nHost: a\r\n\r\n"),
    .ok("absolute target without path", "RFC 9112 3.2.2", "GET http://b?y HTTP/1.1\r\nHost: a\r\n\r\n"),
    .ok("absolute target, https, any case", "RFC 9112 3.2.2", "GET HTTPS://b/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    .ok("asterisk of OPTIONS", "RFC 9112 3.2.4", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"),
    .ok("Host with port", "RFC 9110 7.2", "GET / HTTP/1.1\r\nHost: a.example:8080\r\n\r\n"),
    .ok("Host with empty port", "RFC 3986 3.2.3", "GET / HTTP/1.1\r\nHost: a.example:\r\n\r\n"),
    .ok("Host as IPv6 with empty port", "RFC 3986 3.2.3", "GET / HTTP/1.1\r\nHost: [::1]:\r\n\r\n"),
    .ok("Host that ends with a dot", "RFC 1034 3.1", "GET / HTTP/1.1\r\nHost: a.example.:80\r\n\r\n"),
    .ok("Host as IPv4", "RFC 9110 7.2", "GET / HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n"),
    .ok("Host as IPv6", "RFC 3986 3.2.2", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"),
    .ok("Host as IPv6, full", "RFC 3986 3.2.2", "GET / HTTP/1.1\r\nHost: [1:2:3:4:5:6:7:8]\r\n\r\n"),
    .ok("Host as IPv6 with IPv4", "RFC 3986 3.2.2", "GET / HTTP/1.1\r\nHost: [::ffff:1.2.3.4]\r\n\r\n"),
    .ok("Host as IPv6, compressed in the middle", "RFC 3986 3.2.2", "GET / HTTP/1.1\r\nHost: [1:2::3:4]:80\r\n\r\n"),
    .ok("field without value", "RFC 9110 5.5", get + "X:\r\n\r\n"),
    .ok("field with tab and obs-text", "RFC 9110 5.5", get + "X:\t a\tb \u{e9}\u{ff} \t\r\n\r\n"),
    .ok("field name of every token byte", "RFC 9110 5.6.2", get + "!#$%&'*+-.^_`|~09aZ: x\r\n\r\n"),
    .ok("Content-Length", "RFC 9112 6.2", post + "Content-Length: 5\r\n\r\n"),
    .ok("Content-Length 0", "RFC 9112 6.2", post + "Content-Length: 0\r\n\r\n"),
    .ok(
        "Content-Length with zeros before it", "RFC 9110 8.6", post + "Content-Length: 000000000000000000000005\r\n\r\n"
    ),
    .ok("largest Content-Length", "RFC 9110 8.6", post + "Content-Length: 9223372036854775807\r\n\r\n"),
    .ok("equal Content-Length twice", "RFC 9112 6.3", post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"),
    .ok("chunked", "RFC 9112 7.1", post + "Transfer-Encoding: chunked\r\n\r\n"),
    .ok("chunked in any case", "RFC 9112 7", post + "transfer-encoding: ChUnKeD\t \r\n\r\n"),
    .ok("Expect", "RFC 9110 10.1.1", post + "Content-Length: 1\r\nExpect: 100-Continue\r\n\r\n"),
    .ok("Expect means nothing in 1.0", "RFC 9110 10.1.1", "POST / HTTP/1.0\r\nExpect: x\r\nContent-Length: 1\r\n\r\n"),
    .ok("Connection with empty elements", "RFC 9110 5.6.1", get + "Connection: , close ,, x\r\n\r\n"),
]

let refusedRequests: [RequestCase] = [
    // Start line
    .no("two empty lines before the request", .methodMalformed, "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("bare LF before the request", .bareLineFeed, "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("bare CR before the request", .bareCarriageReturn, "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("space before the method", .methodMalformed, " GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("method with a separator", .methodMalformed, "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("method with a NUL", .methodMalformed, "GE\0T / HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("beginning of TLS", .methodMalformed, "\u{16}\u{3}\u{1}"),
    .no("two spaces behind the method", .targetMalformed, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("two spaces before the version", .versionMalformed, "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("tab behind the method", .methodMalformed, "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("space behind the version", .versionMalformed, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
    .no("space in the target", .versionMalformed, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("HTTP/0.9", .targetMalformed, "GET /\r\n\r\n"),
    .no("version 2.0", .versionNotSupported, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
    .no("preface of HTTP/2", .versionNotSupported, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    .no("version 1.2", .versionNotSupported, "GET / HTTP/1.2\r\nHost: a\r\n\r\n"),
    .no("version 0.9", .versionNotSupported, "GET / HTTP/0.9\r\nHost: a\r\n\r\n"),
    .no("version with two digits", .versionMalformed, "GET / HTTP/1.10\r\nHost: a\r\n\r\n"),
    .no("version with zero before it", .versionNotSupported, "GET / HTTP/01.1\r\nHost: a\r\n\r\n"),
    .no("letter as major version", .versionMalformed, "GET / HTTP/x.1\r\nHost: a\r\n\r\n"),
    .no("letter as minor version", .versionMalformed, "GET / HTTP/1.x\r\nHost: a\r\n\r\n"),
    .no("version in lower case", .versionMalformed, "GET / http/1.1\r\nHost: a\r\n\r\n"),
    .no("other protocol", .versionMalformed, "GET / RTSP/1.0\r\nHost: a\r\n\r\n"),
    .no("no version", .versionMalformed, "GET / \r\nHost: a\r\n\r\n"),
    .no("bare LF behind the request line", .bareLineFeed, "GET / HTTP/1.1\nHost: a\n\n"),
    .no("bare CR behind the request line", .bareCarriageReturn, "GET / HTTP/1.1\rHost: a\r\n\r\n"),
    .no("control byte in the target", .targetMalformed, "GET /\u{1} HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("byte above 127 in the path that is no UTF-8", .targetMalformed, "GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("half a character in the path", .targetMalformed, "GET /\u{e2}\u{82} HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("overlong slash in the path", .targetMalformed, "GET /\u{c0}\u{af} HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("overlong dots in the path", .targetMalformed, "GET /\u{e0}\u{80}\u{ae} HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("surrogate in the path", .targetMalformed, "GET /\u{ed}\u{a0}\u{80} HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("beyond Unicode in the path", .targetMalformed, "GET /\u{f4}\u{90}\u{80}\u{80} HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no(
        "control character of two bytes in the path", .targetMalformed, "GET /\u{c2}\u{9b} HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("fragment", .targetMalformed, "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("backslash", .targetMalformed, "GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("backslash behind raw bytes", .targetMalformed, "GET /[a]\\b HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("DEL in a query", .targetMalformed, "GET /?a\u{7f} HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("fragment behind a query", .targetMalformed, "GET /?a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("target without slash", .targetFormNotAllowed, "GET a HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("only a query", .targetFormNotAllowed, "GET ?a HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("asterisk of GET", .targetFormNotAllowed, "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("asterisk and more", .targetFormNotAllowed, "OPTIONS */a HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("other scheme", .targetFormNotAllowed, "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("absolute target with user", .hostMalformed, "GET http://u:p@a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("absolute target without host", .hostMalformed, "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("absolute target with bad port", .hostMalformed, "GET http://a:x/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    .no("CONNECT", .connectRefused, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"),
    .no("TRACE", .methodRefused, "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"),
    // Field lines
    .no("folded line", .lineFolded, get + "X: a\r\n b\r\n\r\n"),
    .no("folded line with tab", .lineFolded, get + "X: a\r\n\tb\r\n\r\n"),
    .no("space before the first field", .lineFolded, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
    .no("space before the colon", .spaceBeforeColon, get + "X : a\r\n\r\n"),
    .no("tab before the colon", .spaceBeforeColon, get + "X\t: a\r\n\r\n"),
    .no("space in the name", .spaceBeforeColon, get + "X Y: a\r\n\r\n"),
    .no("no colon", .fieldNameMalformed, get + "X\r\n\r\n"),
    .no("no name", .fieldNameMalformed, get + ": a\r\n\r\n"),
    .no("separator in the name", .fieldNameMalformed, get + "X@: a\r\n\r\n"),
    .no("byte above 127 in the name", .fieldNameMalformed, get + "X\u{e9}: a\r\n\r\n"),
    .no("NUL in the name", .fieldNameMalformed, get + "X\0: a\r\n\r\n"),
    .no("CR in the name", .fieldNameMalformed, get + "X\rY: a\r\n\r\n"),
    .no("NUL in a value", .fieldValueMalformed, get + "X: a\0b\r\n\r\n"),
    .no("escape byte in a value", .fieldValueMalformed, get + "X: a\u{1b}b\r\n\r\n"),
    .no("DEL in a value", .fieldValueMalformed, get + "X: a\u{7f}b\r\n\r\n"),
    .no("vertical tab in a value", .fieldValueMalformed, get + "Transfer-Encoding: \u{b}chunked\r\n\r\n"),
    .no("bare CR in a value", .bareCarriageReturn, get + "X: a\rY: b\r\n\r\n"),
    .no("bare LF in a value", .bareLineFeed, get + "X: a\nY: b\r\n\r\n"),
    .no("CR CR LF", .bareCarriageReturn, get + "X: a\r\r\n\r\n"),
    .no("end with bare LF", .bareLineFeed, get + "\nX"),
    .no("end with CR and more", .bareCarriageReturn, get + "\rX"),
    // Host
    .no("no Host", .hostMissing, "GET / HTTP/1.1\r\n\r\n"),
    .no("no Host, absolute target", .hostMissing, "GET http://a/ HTTP/1.1\r\n\r\n"),
    .no("two Hosts", .hostRepeated, get + "Host: a\r\n\r\n"),
    .no("two Hosts in 1.0", .hostRepeated, "GET / HTTP/1.0\r\nHost: a\r\nHOST: b\r\n\r\n"),
    .no("empty Host", .hostMalformed, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
    .no("Host with blank", .hostMalformed, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
    .no("Host with comma", .hostMalformed, "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n"),
    .no("Host with user", .hostMalformed, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
    .no("Host with path", .hostMalformed, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    .no("Host with escape", .hostMalformed, "GET / HTTP/1.1\r\nHost: a%2fb\r\n\r\n"),
    .no("Host with two colons", .hostMalformed, "GET / HTTP/1.1\r\nHost: a::\r\n\r\n"),
    .no("Host with port 0", .hostMalformed, "GET / HTTP/1.1\r\nHost: a:0\r\n\r\n"),
    .no("Host with a port of six digits", .hostMalformed, "GET / HTTP/1.1\r\nHost: a:000080\r\n\r\n"),
    .no("Host with port 65536", .hostMalformed, "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n"),
    .no("Host with word as port", .hostMalformed, "GET / HTTP/1.1\r\nHost: a:80x\r\n\r\n"),
    .no("Host of a port alone", .hostMalformed, "GET / HTTP/1.1\r\nHost: :80\r\n\r\n"),
    .no("Host as broken IPv6", .hostMalformed, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
    .no("Host as IPv6 of nine groups", .hostMalformed, "GET / HTTP/1.1\r\nHost: [1:2:3:4:5:6:7:8:9]\r\n\r\n"),
    .no("Host as IPv6, compressed twice", .hostMalformed, "GET / HTTP/1.1\r\nHost: [1::2::3]\r\n\r\n"),
    .no("Host as IPv6 with zone", .hostMalformed, "GET / HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n\r\n"),
    .no("Host as IPv6 of one colon", .hostMalformed, "GET / HTTP/1.1\r\nHost: [:]\r\n\r\n"),
    .no("Host as IPv6 that begins with one colon", .hostMalformed, "GET / HTTP/1.1\r\nHost: [:1:2]\r\n\r\n"),
    .no("Host as IPv6 that ends with one colon", .hostMalformed, "GET / HTTP/1.1\r\nHost: [1::2:]\r\n\r\n"),
    .no("Host as IPv6 with three colons", .hostMalformed, "GET / HTTP/1.1\r\nHost: [1:::2]\r\n\r\n"),
    .no("Host as IPv6 with a group of five digits", .hostMalformed, "GET / HTTP/1.1\r\nHost: [12345::]\r\n\r\n"),
    .no(
        "Host as IPv6 of 46 bytes", .hostMalformed,
        "GET / HTTP/1.1\r\nHost: [\(String(repeating: "0", count: 44))::]\r\n\r\n"),
    .no("Host as IPv6 with three octets", .hostMalformed, "GET / HTTP/1.1\r\nHost: [::1.2.3]\r\n\r\n"),
    .no("Host as IPv6 with five octets", .hostMalformed, "GET / HTTP/1.1\r\nHost: [::1.2.3.4.5]\r\n\r\n"),
    .no("Host as IPv6 with an empty octet", .hostMalformed, "GET / HTTP/1.1\r\nHost: [::1..3.4]\r\n\r\n"),
    .no("Host as IPv6 with an octet of 256", .hostMalformed, "GET / HTTP/1.1\r\nHost: [::1.2.3.256]\r\n\r\n"),
    // Framing
    .no(
        "length and chunked", .lengthWithTransferEncoding,
        post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
    .no(
        "chunked and length", .lengthWithTransferEncoding,
        post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"),
    .no(
        "length and empty coding", .lengthWithTransferEncoding, post + "Transfer-Encoding:\r\nContent-Length: 5\r\n\r\n"
    ),
    .no("chunked in 1.0", .transferEncodingInHTTP10, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    .no("two codings", .transferEncodingNotSupported, post + "Transfer-Encoding: gzip, chunked\r\n\r\n"),
    .no("identity", .transferEncodingIdentity, post + "Transfer-Encoding: identity\r\n\r\n"),
    .no("unknown coding", .transferEncodingNotSupported, post + "Transfer-Encoding: xchunked\r\n\r\n"),
    .no("chunked not last", .transferEncodingMalformed, post + "Transfer-Encoding: chunked, gzip\r\n\r\n"),
    .no("chunked twice", .transferEncodingMalformed, post + "Transfer-Encoding: chunked, chunked\r\n\r\n"),
    .no(
        "chunked in two lines", .transferEncodingMalformed,
        post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
    .no("chunked behind a comma", .transferEncodingNotSupported, post + "Transfer-Encoding: , chunked\r\n\r\n"),
    .no("chunked with parameter", .transferEncodingMalformed, post + "Transfer-Encoding: chunked;a=b\r\n\r\n"),
    .no("chunked in quotes", .transferEncodingMalformed, post + "Transfer-Encoding: \"chunked\"\r\n\r\n"),
    .no("empty coding", .transferEncodingMalformed, post + "Transfer-Encoding:\r\n\r\n"),
    .no("different lengths", .lengthsDiffer, post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"),
    .no("lengths equal but for a zero", .lengthsDiffer, post + "Content-Length: 5\r\nContent-Length: 05\r\n\r\n"),
    .no("a length and none", .lengthMalformed, post + "Content-Length: 5\r\nContent-Length: x\r\n\r\n"),
    .no("list of lengths", .lengthMalformed, post + "Content-Length: 5, 5\r\n\r\n"),
    .no("length with plus", .lengthMalformed, post + "Content-Length: +5\r\n\r\n"),
    .no("length with minus", .lengthMalformed, post + "Content-Length: -5\r\n\r\n"),
    .no("length in hexadecimal", .lengthMalformed, post + "Content-Length: 0x5\r\n\r\n"),
    .no("length with blank", .lengthMalformed, post + "Content-Length: 5 5\r\n\r\n"),
    .no("length with underscore", .lengthMalformed, post + "Content-Length: 1_0\r\n\r\n"),
    .no("empty length", .lengthMalformed, post + "Content-Length:\r\n\r\n"),
    .no("length of 2^63", .lengthMalformed, post + "Content-Length: 9223372036854775808\r\n\r\n"),
    .no("length that overflows", .lengthMalformed, post + "Content-Length: 99999999999999999999999999\r\n\r\n"),
    // Other fields
    .no("unknown expectation", .expectationUnknown, post + "Content-Length: 1\r\nExpect: 200-ok\r\n\r\n"),
    .no("two expectations", .expectationUnknown, post + "Expect: 100-continue\r\nExpect: 100-continue\r\n\r\n"),
    .no("Connection with quotes", .connectionMalformed, get + "Connection: \"close\"\r\n\r\n"),
    .no("Connection with parameter", .connectionMalformed, get + "Connection: close;x\r\n\r\n"),
    .no(
        "Connection with 33 options", .connectionMalformed,
        get + "Connection: " + Array(repeating: "x", count: 33).joined(separator: ",") + "\r\n\r\n"),
]
