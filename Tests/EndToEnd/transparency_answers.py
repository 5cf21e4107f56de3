"""Answers, ordinary and odd, that monoliths give, old ones among them."""
from transparency_requests import HANDSHAKE, HOST
from transparency_requests import Case as AnyCase

ASK = b"GET /x HTTP/1.1\r\n" + HOST + b"\r\n"
HEAD = b"HEAD /x HTTP/1.1\r\n" + HOST + b"\r\n"
UPLOAD = b"POST /x HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello"


def Case(ask, router="strict", **more):
    return AnyCase(ask, router=router, **more)


def answer(status="200 OK", fields=b"", body=b"ok", length=True, version="1.1", ask=ASK, **more):
    head = b"HTTP/" + version.encode() + b" " + status.encode("latin-1") + b"\r\n" + fields
    return Case(ask, answer=head + (b"Content-Length: %d\r\n" % len(body) if length else b"") + b"\r\n" + body, **more)


def raw(data, ask=ASK, **more):
    return Case(ask, answer=data, **more)


CASES = {}


def add(group, cases):
    for name, case in cases.items():
        CASES[f"{group}: {name}"] = case


STATUSES = ["200 OK", "201 Created", "202 Accepted", "203 Non-Authoritative Information", "206 Partial Content", "207 Multi-Status", "299 Odd", "300 Multiple Choices",
            "301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect", "400 Bad Request", "401 Unauthorized", "402 Payment Required",
            "403 Forbidden", "404 Not Found", "405 Method Not Allowed", "409 Conflict", "410 Gone", "413 Payload Too Large", "418 I'm a teapot", "421 Misdirected Request",
            "422 Unprocessable", "429 Too Many Requests", "444 Nothing", "451 Unavailable For Legal Reasons", "499 Odd", "500 Internal Server Error", "501 Not Implemented",
            "502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout", "505 Odd", "507 Insufficient Storage", "511 Odd", "599 Odd"]
add("status", {
    **{status[:3]: answer(status, b"Location: /y\r\n" if status[0] == "3" else b"") for status in STATUSES},
    "another reason": answer("200 Everything is fine, thanks"),
    "reason in Latin-1": answer("200 Sch\xf6n"),
    "empty reason": answer("200 "),
    "no blank behind it": answer("200", allow=["blank behind the status"]),
    "304 with a length": answer("304 Not Modified", b"ETag: \"a\"\r\nContent-Length: 48\r\n", b"", length=False),
    "204": answer("204 No Content", body=b"", length=False),
    "204 with length 0": answer("204 No Content", body=b"", allow=["no length in a 204"]),
    "204 with a body": answer("204 No Content", body=b"hello", closes=True, allow=["no length in a 204", "stays open"]),
    "205": answer("205 Reset Content", body=b""),
    "600": answer("600 Odd", allow=["refused: answer"]),
    "600 of an old server": answer("600 Odd", router="as init writes it"),
    "999 of an old server": answer("999 Odd", router="as init writes it"),
})

add("interim", {
    "103": raw(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    "103 twice": raw(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 2 + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    "102": raw(b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", allow=["reason of an interim answer"]),
    "100 that nobody asked for": raw(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", UPLOAD, allow=["100 not passed on"]),
    "101 that nobody asked for": raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", closes=True,
                                     allow=["refused: answer", "stays open"]),
})

add("body", {
    "until the end": answer(body=b"hello", length=False, closes=True, allow=["chunked for an open end"]),
    "until the end, announced": answer(fields=b"Connection: close\r\n", body=b"hello", length=False, closes=True, allow=["chunked for an open end", "hop of the answer"]),
    "1.0, until the end": answer(body=b"hello", length=False, version="1.0", closes=True, allow=["1.1 answer", "chunked for an open end"]),
    "1.0 with a length": answer(version="1.0", closes=True, allow=["1.1 answer", "stays open"]),
    "1.0, kept alive": answer(fields=b"Connection: keep-alive\r\n", version="1.0", allow=["1.1 answer", "hop of the answer"]),
    "length and close": answer(fields=b"Connection: close\r\n", closes=True, allow=["hop of the answer", "stays open"]),
    "binary": answer(body=bytes(range(256))),
    "of 1 MB": answer(body=b"x" * 1_000_000),
    "empty": answer(body=b""),
    "chunked": answer(fields=b"Transfer-Encoding: chunked\r\n", body=b"5\r\nhello\r\n0\r\n\r\n", length=False),
    "chunked, upper-case sizes": answer(fields=b"Transfer-Encoding: chunked\r\n", body=b"1A\r\n" + b"x" * 26 + b"\r\n0\r\n\r\n", length=False),
    "chunked, empty": answer(fields=b"Transfer-Encoding: chunked\r\n", body=b"0\r\n\r\n", length=False),
    "chunked, in any case": answer(fields=b"transfer-encoding: Chunked\r\n", body=b"5\r\nhello\r\n0\r\n\r\n", length=False),
    "chunked, extensions": answer(fields=b"Transfer-Encoding: chunked\r\n", body=b"5;a=b\r\nhello\r\n0\r\n\r\n", length=False, allow=["extensions of an answer"]),
    "chunked, trailers": answer(fields=b"Transfer-Encoding: chunked\r\n", body=b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n", length=False, allow=["trailers of an answer"]),
    "chunked, announced trailers": answer(fields=b"Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n", body=b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n", length=False,
                                          allow=["trailers of an answer", "Trailer of an answer"]),
    "to HEAD, with a length": answer(body=b"", fields=b"Content-Length: 4711\r\n", length=False, ask=HEAD),
    "to HEAD, chunked": answer(body=b"", fields=b"Transfer-Encoding: chunked\r\n", length=False, ask=HEAD, allow=["no coding without a body"]),
    "to HEAD, without either": answer(body=b"", length=False, ask=HEAD),
    "early, to an upload": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", UPLOAD, early=True),
    "early refusal": raw(b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno", UPLOAD, early=True, closes=True,
                         allow=["hop of the answer", "stays open"]),
    "early refusal of what is only announced": raw(
        b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"a\"\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno",
        UPLOAD.replace(b"\r\n\r\nhello", b"\r\nExpect: 100-continue\r\n\r\n"), early="unread", closes=True,
        allow=["100 from here", "100 comes early", "close in lower case"]),
    "304, chunked": answer("304 Not Modified", b"ETag: \"a\"\r\nTransfer-Encoding: chunked\r\n", b"", length=False, allow=["no coding without a body"]),
    "to HEAD, of what is not there": answer("404 Not Found", b"Content-Length: 9\r\n", b"", length=False, ask=HEAD),
    "equal lengths": answer(fields=b"Content-Length: 2\r\n", allow=["one length of an answer"]),
    "list of equal lengths": answer(fields=b"Content-Length: 2, 2\r\n", length=False, allow=["refused: answer"]),
    "two lengths": answer(fields=b"Content-Length: 2\r\nContent-Length: 3\r\n", length=False, closes=True, allow=["refused: answer", "stays open"]),
    "length and chunked": answer(fields=b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", body=b"0\r\n\r\n", length=False, allow=["refused: answer"]),
    "gzip, chunked": answer(fields=b"Transfer-Encoding: gzip, chunked\r\n", body=b"0\r\n\r\n", length=False, allow=["refused: answer"]),
})

CHUNKED = b"Transfer-Encoding: chunked\r\n"
LF = b"HTTP/1.1 200 OK\nContent-Length: 2\nX-Old: yes\n\nok"
PADDED = b"HTTP/1.1 200 OK\r\n" + CHUNKED + b"\r\n5   \r\nhello\r\n0\r\n\r\n"
IDENTITY = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nok"
OLD_CHUNKS = b"HTTP/1.0 200 OK\r\n" + CHUNKED + b"\r\n5\r\nhello\r\n0\r\n\r\n"
add("old", {
    "lines end in LF": raw(LF, allow=["refused: answer"]),
    "lines end in LF, tolerated": raw(LF, router="as init writes it", allow=["lines end in CRLF"]),
    "padded chunk sizes": raw(PADDED, allow=["cut: answer"]),
    "padded chunk sizes, tolerated": raw(PADDED, router="as init writes it"),
    "identity": raw(IDENTITY, closes=True, allow=["refused: answer", "stays open"]),
    "identity, tolerated": raw(IDENTITY, router="as init writes it", closes=True, allow=["identity is no coding"]),
    "identity and a length": answer(fields=b"Transfer-Encoding: identity\r\n", router="as init writes it", allow=["refused: answer"]),
    "chunked in 1.0": raw(OLD_CHUNKS, closes=True, allow=["refused: answer", "stays open"]),
    "chunked in 1.0, tolerated": raw(OLD_CHUNKS, router="as init writes it", closes=True, allow=["1.1 answer", "stays open"]),
    "two framings, tolerant or not": answer(fields=CHUNKED + b"Content-Length: 5\r\n", body=b"0\r\n\r\n", length=False, router="as init writes it", allow=["refused: answer"]),
    "folded": answer(fields=b"X-Fold: a\r\n   b\r\n", allow=["fold undone"]),
    "folded twice": answer(fields=b"X-Fold: a\r\n\tb\r\n c\r\nX-Next: 1\r\n", allow=["fold undone"]),
    "blank before the colon": answer(fields=b"X-Blank : a\r\n", allow=["blank before the colon"]),
    "tab before the colon": answer(fields=b"X-Blank\t: a\r\n", allow=["blank before the colon"]),
    "NUL": answer(fields=b"X: a\0b\r\n", allow=["refused: answer"]),
    "name that is no token": answer(fields=b"X y: a\r\n", allow=["refused: answer"]),
    "garbage": raw(b"hello there\r\n\r\n", closes=True, allow=["refused: answer", "stays open"]),
})

PLAIN = {
    "odd case": b"x-MiXeD: AbC\r\n", "underscore": b"x_foo: 1\r\n", "no blank": b"X-Tight:a\r\n", "empty": b"X-Empty:\r\nX-Next: 1\r\n", "empty with a blank": b"X-Empty: \r\n",
    "cookies": b"".join(b"Set-Cookie: c%d=%d; Path=/; HttpOnly; SameSite=Lax\r\n" % (n, n) for n in range(8)),
    "cookie with a date": b"Set-Cookie: a=b; Expires=Fri, 27 Nov 2026 07:00:00 GMT; Domain=.example\r\n", "odd cookies": b"Set-Cookie: a\r\nSet-Cookie: =b\r\nSet-Cookie: c=\"d, e\"\r\n",
    "same name apart": b"Vary: Accept\r\nX-Other: 1\r\nvary: Cookie\r\n", "Latin-1": b"X-Name: J\xf6rg\r\n", "UTF-8": "X-Name: Jörg\r\n".encode(),
    "file name": b"Content-Disposition: attachment; filename=\"\xc3\xa4.txt\"; filename*=UTF-8''%C3%A4.txt\r\n", "long": b"X-Long: " + b"v" * 15000 + b"\r\n",
    "a hundred": b"".join(b"X-%d: %d\r\n" % (n, n) for n in range(100)), "50 KB in all": b"".join(b"X-%d: %s\r\n" % (n, b"v" * 1000) for n in range(50)),
    "caching": b"Cache-Control: public, max-age=60\r\nETag: W/\"a\"\r\nLast-Modified: Fri, 27 Nov 2026 07:00:00 GMT\r\nExpires: 0\r\nAge: 3\r\nVary: *\r\n",
    "date and server": b"Date: Fri, 27 Nov 2026 07:00:00 GMT\r\nServer: Apache/2.2 (Unix) mod_perl\r\nX-Powered-By: PHP/5.3\r\n", "type": b"Content-Type: text/html; charset=ISO-8859-1\r\n",
    "coded": b"Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n", "Location": b"Location: http://127.0.0.1:9000/y?x=[1]\r\nContent-Location: /z\r\n",
    "security": b"Strict-Transport-Security: max-age=1\r\nContent-Security-Policy: default-src 'self'; script-src 'nonce-a'\r\nX-Frame-Options: DENY\r\n",
    "challenges": b"WWW-Authenticate: Basic realm=\"a, b\"\r\nWWW-Authenticate: Bearer\r\n", "Retry-After": b"Retry-After: 120\r\n", "Alt-Svc": b"Alt-Svc: h3=\":443\"\r\n",
    "trace": b"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nServer-Timing: db;dur=53\r\nX-Request-Id: 1\r\n",
    "ranges": b"Accept-Ranges: bytes\r\nContent-Range: bytes 0-1/2\r\n", "range not satisfiable": b"Content-Range: bytes */2\r\n", "CORS": b"Access-Control-Allow-Origin: *\r\n",
    "forwarded, of an upstream": b"X-Forwarded-For: 1\r\nX-Real-IP: 2\r\n", "Via of an upstream": b"Via: 1.1 inner\r\n", "refresh": b"Refresh: 5; url=/y\r\n",
    "Upgrade offered, unnamed": b"Alt-Used: a\r\nX-Upgrade: h2\r\n",
}
add("field", {
    **{name: answer(fields=fields) for name, fields in PLAIN.items()},
    "none at all": answer(body=b"hello", length=False, closes=True, allow=["chunked for an open end"]),
    "blanks around": answer(fields=b"X-Wide: \t a  b \t\r\n"),
    "Keep-Alive": answer(fields=b"Connection: Keep-Alive\r\nKeep-Alive: timeout=5, max=100\r\n", allow=["hop of the answer"]),
    "Connection: X-Mine": answer(fields=b"Connection: X-Mine\r\nX-Mine: 1\r\n", allow=["hop of the answer", "named by Connection, in an answer"]),
    "Proxy-Connection": answer(fields=b"Proxy-Connection: keep-alive\r\n", allow=["hop of the answer"]),
    "Upgrade offered": answer(fields=b"Upgrade: h2,h2c\r\nConnection: Upgrade\r\n", allow=["hop of the answer"]),
    "X-Strangler": answer(fields=b"X-Strangler-Side: service\r\n", allow=["x-strangler of an answer"]),
    "70 KB": answer(fields=b"".join(b"X-%d: %s\r\n" % (n, b"v" * 1000) for n in range(70)), allow=["refused: answer"]),
    "NTLM challenge": answer("401 Unauthorized", b"WWW-Authenticate: NTLM TlRMTVNTUAACAAAA\r\nWWW-Authenticate: Negotiate\r\n"),
    "Persistent-Auth": answer(fields=b"Persistent-Auth: true\r\nWWW-Authenticate: Negotiate oRQw\r\n"),
    "websocket, unknown protocol": raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n",
                                       b"GET /ws HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\n" + HANDSHAKE + b"\r\n", closes=True, allow=["refused: answer", "stays open", "upgrade fields anew"]),
})
