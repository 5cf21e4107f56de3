import HTTP

/// What llhttp accepts and we refuse: the violation, and why.
let llhttpStricter: [String: (violation: HTTPViolation, reason: String)] = [
    "llhttp-request-connection-544": (
        .versionMalformed, "an empty line and text follow the request; llhttp stops reading at any Upgrade"
    ),
    "llhttp-request-connection-755": (
        .versionMalformed,
        "bytes of another protocol follow; an old Upgrade without the fields of RFC 6455 is no handshake here"
    ),
    "llhttp-request-connection-814": (
        .versionMalformed, "only WebSocket may be upgraded to; the bytes behind the body are read as a request"
    ),
    "llhttp-request-method-137": (
        .targetFormNotAllowed, "RFC 9112 3.2.4: only OPTIONS has the asterisk form"
    ),
    "llhttp-request-method-29": (
        .connectRefused, "CONNECT is not implemented"
    ),
    "llhttp-request-method-64": (
        .connectRefused, "CONNECT is not implemented"
    ),
    "llhttp-request-method-98": (
        .connectRefused, "CONNECT is not implemented"
    ),
    "llhttp-request-uri-190": (
        .connectRefused, "CONNECT is not implemented"
    ),
    "llhttp-request-method-374": (
        .versionMalformed, "ICE is another protocol"
    ),
    "llhttp-request-method-404": (
        .versionMalformed, "RTSP is another protocol"
    ),
    "llhttp-request-method-432": (
        .versionMalformed, "RTSP is another protocol"
    ),
    "llhttp-request-method-460": (
        .targetFormNotAllowed, "HTTP/2 is not spoken"
    ),
    "llhttp-request-sample-107": (
        .hostMalformed, "0.0.0.0=5000 is no host that DNS can resolve"
    ),
    "llhttp-request-sample-69": (
        .hostMalformed, "0.0.0.0=5000 is no host that DNS can resolve"
    ),
    "llhttp-request-sample-316": (
        .targetMalformed, "HTTP/0.9 is not spoken"
    ),
    "llhttp-request-transfer-encoding-753": (
        .targetMalformed, "RFC 9112 3.2: a fragment is no part of a target"
    ),
    "llhttp-request-transfer-encoding-795": (
        .targetMalformed, "RFC 9112 3.2: a fragment is no part of a target"
    ),
    "llhttp-request-uri-167": (
        .targetMalformed, "RFC 9112 3.2: a fragment is no part of a target"
    ),
    "llhttp-request-uri-224": (
        .hostMalformed, "RFC 9110 4.2.4: user information in a target is refused"
    ),
    "llhttp-response-connection-295": (
        .lengthForbidden, "RFC 9110 8.6: no Content-Length in 1xx"
    ),
    "llhttp-response-connection-333": (
        .transferEncodingForbidden, "RFC 9112 6.1: no Transfer-Encoding in 1xx"
    ),
    "llhttp-response-connection-494": (
        .versionMalformed, "an empty line before a response is tolerated nowhere"
    ),
    "llhttp-response-connection-588": (
        .versionMalformed, "an empty line before a response is tolerated nowhere"
    ),
    "llhttp-response-pipelining-6": (
        .versionMalformed, "an empty line before a response is tolerated nowhere"
    ),
    "llhttp-response-sample-697": (
        .versionMalformed, "an empty line before a response is tolerated nowhere"
    ),
    "llhttp-response-sample-120": (
        .bareLineFeed, "the body goes on behind its Content-Length"
    ),
    "llhttp-response-sample-42": (
        .versionMalformed, "RTSP is another protocol"
    ),
    "llhttp-response-sample-62": (
        .versionMalformed, "ICE is another protocol"
    ),
    "llhttp-response-sample-647": (
        .versionNotSupported, "HTTP/0.9 is not spoken"
    ),
    "llhttp-response-transfer-encoding-114": (
        .transferEncodingNotSupported, "RFC 9112 6.3 would read until close; a coding that we lack cannot be passed on"
    ),
    "llhttp-response-transfer-encoding-45": (
        .transferEncodingMalformed, "RFC 9112 6.1: chunked must be last"
    ),
    "llhttp-response-transfer-encoding-76": (
        .transferEncodingMalformed, "RFC 9112 6.1: chunked must be last"
    ),
]

/// What llhttp refuses and we do not, and why that is no gap.
let llhttpOther: [String: String] = [
    "llhttp-request-connection-83":
        "bytes behind a request that closes the connection are thrown away, which no peer can tell from a refusal",
    "llhttp-request-content-length-102":
        "the head is not whole: refused when it is",
    "llhttp-request-content-length-77":
        "the head is not whole: refused when it is",
    "llhttp-request-invalid-358":
        "RFC 9110 9.1: any token is a method; the service answers 501 if it does not know it",
    "llhttp-request-invalid-68":
        "RFC 9110 9.1: any token is a method; the service answers 501 if it does not know it",
    "llhttp-response-connection-166":
        "bytes behind an answer that closes the connection are thrown away with it",
    "llhttp-response-connection-229":
        "bytes behind an answer that closes the connection are thrown away with it",
    "llhttp-response-invalid-214":
        "the head is not whole: refused when it is, as a status line that goes on in a second line",
]
