"""Requests, ordinary and odd, that a monolith may have been sent before a router stood in front of it."""
import re

from recorder import OK

HOST = b"Host: a.example\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
HANDSHAKE = b"Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
SWITCH = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")


class Case:
    """`steps` are bytes to send, "answer" and "100" to wait for those, "echo" for bytes of a switched connection.

    `allow` names the allowances (transparency_allowances.py) that must show in it; `router` is the configuration it goes through.
    """

    def __init__(self, steps, allow=(), router="as init writes it", answer=OK, closes=False, early=False, echo=b""):
        self.steps = [steps, "answer"] if isinstance(steps, bytes) else steps
        self.allow, self.router, self.answer, self.closes, self.early, self.echo = list(allow), router, answer, closes, early, echo
        # The methods of the responses that are waited for: one to HEAD has no body.
        sent = b"".join(step for step in self.steps if isinstance(step, bytes))
        self.methods = re.findall(rb"(?m)^([^ \r\n]+) \S+ HTTP/1\.[01]\r?$", sent)


def request(target="/x", method="GET", fields=b"", body=b"", version="1.1", host=HOST, **more):
    target = target if isinstance(target, bytes) else target.encode()
    return Case(method.encode() + b" " + target + b" HTTP/" + version.encode() + b"\r\n" + host + fields + b"\r\n" + body, **more)


def post(body=b"hello", fields=b"", **more):
    return request("/x", "POST", b"Content-Length: %d\r\n" % len(body) + fields, body, **more)


def chunks(data, **more):
    return request("/x", "POST", CHUNKED, data, **more)


CASES = {}


def add(group, cases):
    for name, case in cases.items():
        CASES[f"{group}: {name}"] = case


add("method", {
    **{method: request("/x", method) for method in ("GET", "HEAD", "DELETE", "OPTIONS", "PROPFIND", "REPORT", "MKCOL", "LOCK", "PURGE", "M-SEARCH", "get")},
    "POST of nothing": post(b""),
    "POST without a length": request("/x", "POST"),
    "PUT": request("/x", "PUT", b"Content-Length: 5\r\n", b"hello"),
    "PATCH": request("/x", "PATCH", b"Content-Length: 5\r\nContent-Type: application/json-patch+json\r\n", b"[{ }]"),
    "DELETE with a body": request("/x", "DELETE", b"Content-Length: 5\r\n", b"hello"),
    "GET with a body": request("/x", "GET", b"Content-Length: 5\r\n", b"hello"),
    "HEAD with a body": request("/x", "HEAD", b"Content-Length: 5\r\n", b"hello"),
    "QUERY": request("/x", "QUERY", b"Content-Length: 5\r\nContent-Type: application/sql\r\n", b"hello"),
    "every character of a token": request("/x", "A!#$%&'*+-.^_`|~0"),
    "of 32 letters": request("/x", "A" * 32),
    "OPTIONS of the server": request("*", "OPTIONS"),
    "OPTIONS with Max-Forwards 0": request("/x", "OPTIONS", b"Max-Forwards: 0\r\n", allow=["answered here"]),
    "OPTIONS with Max-Forwards 3": request("/x", "OPTIONS", b"Max-Forwards: 3\r\n", allow=["one forward less"]),
    "GET with Max-Forwards 0": request("/x", "GET", b"Max-Forwards: 0\r\n"),
    "TRACE": request("/x", "TRACE", allow=["refused: TRACE"]),
    "CONNECT": request("a.example:443", "CONNECT", allow=["refused: CONNECT"]),
})

PLAIN_TARGETS = [
    "/", "/a/b/c", "/a/", "/...", "/.hidden", "/a.b", "/~user", "/%7Euser", "/%7euser", "/%e4", "/%E4", "/%C3%A4", "/%20", "/a%20b", "/%2B", "/%3F", "/%23",
    "/%25", "/%61", "/a%2a", "/%5B%5D", "/a;b=c/d", "/a:b", "/a@b", "/a,b", "/a=b", "/a!b", "/a$b", "/a&b", "/a'b", "/(a)", "/a*b", "/a+b", "/a-b_c",
    "/[a]", "/{id}", "/a|b", "/a^b", "/a`b", "/ä", "/日本", "/x?", "/x??", "/x?a=b?c", "/x?//../.", "/x?a=%2F%5C", "/x?a+b", "/x?a[]=1&a[]=2", "/x?{a}", "/x?a|b",
    "/x?a^b", "/x?a`b", '/x?a="b"', "/x?a=<b>", "/x?a\\b", "/x?ä=ö", "/x?a=%zz", "/x?a=%", "/x?a=b;c=d", "/x?a=http://b.example/", "/x?a=..;/", "/x?%00",
    "/x?" + "q" * 7900,
]
add("target", {
    **{target[:40]: request(target) for target in PLAIN_TARGETS},
    "//a//b": request("//a//b", allow=["path in normal form"]),
    "/./a": request("/./a", allow=["path in normal form"]),
    "/a/.": request("/a/.", allow=["path in normal form"]),
    "/a/../b": request("/a/../b", allow=["path in normal form"]),
    "/%2e%2e/b": request("/%2e%2e/b", allow=["path in normal form"]),
    "/a%2Fb": request("/a%2Fb", allow=["refused: escaped slash"]),
    "/a%5cb": request("/a%5cb", allow=["refused: escaped slash"]),
    "/a%2Fb kept": request("/a%2Fb", router="kept slashes"),
    "/a%5cb kept": request("/a%5cb", router="kept slashes"),
    "/@scope%2fname kept": request("/@scope%2fname", router="kept slashes"),
    "/a%00": request("/a%00", allow=["refused: path"]),
    "/a\\b": request("/a\\b", allow=["refused: path"]),
    "/..;/a": request("/..;/a", allow=["refused: path"]),
    "/%zz": request("/%zz", allow=["refused: path"]),
    "/x#y": request("/x#y", allow=["refused: path"]),
    "*": request("*", allow=["refused: path"]),
    "blank inside": request("/a b", allow=["refused: path"]),
    "control inside": request(b"/a\x01b", allow=["refused: path"]),
    "absolute": request("http://a.example/x", allow=["absolute form"]),
    "absolute, without a path": request("http://a.example", allow=["absolute form"]),
    "absolute, another host": request("http://b.example/x", allow=["absolute form", "host of the target"]),
    "of 9,000 bytes": request("/x?" + "q" * 9000, allow=["refused: too long"]),
})

add("host", {
    **{host: request(host=b"Host: " + host.encode() + b"\r\n") for host in
       ("a.example:8080", "A.Example", "a.example.", "a.example:", "127.0.0.1", "127.0.0.1:80", "[::1]:80", "localhost", "a_b.example", "xn--bcher-kva.example")},
    "no blank": request(host=b"Host:a.example\r\n"),
    "lower-case name": request(host=b"host: a.example\r\n"),
    "last": request(host=b"", fields=b"Accept: */*\r\nHost: a.example\r\n"),
    "two": request(fields=b"Host: b.example\r\n", allow=["refused: host"]),
    "none": request(host=b"", allow=["refused: host"]),
    "path in it": request(host=b"Host: a.example/x\r\n", allow=["refused: host"]),
})

PLAIN_FIELDS = {
    "odd case": b"x-MiXeD-CaSe: AbC\r\n", "underscore": b"x_foo: 1\r\nAPI_KEY: secret\r\n", "all of a token": b"X!#$%&'*+-.^_`|~1: y\r\n",
    "empty value": b"X-Empty:\r\nX-Next: 1\r\n", "no blank": b"X-Tight:value\r\n", "tab inside": b"X-Tab: a\tb\r\n", "quoted": b'X-Quoted: "a, \\"b\\""\r\n',
    "twice": b"X-Twice: a\r\nX-Twice: b\r\n", "twice, apart": b"X-Twice: a\r\nX-Other: 1\r\nx-twice: b\r\n", "list": b"Accept: a/b, c/d;q=0.5 ,e/f\r\n",
    "Latin-1": b"X-Name: J\xf6rg\r\n", "UTF-8": "X-Name: Jörg\r\n".encode(), "long value": b"X-Long: " + b"v" * 8000 + b"\r\n",
    "a hundred": b"".join(b"X-%d: %d\r\n" % (n, n) for n in range(100)), "two blanks inside": b"X-Gap: a  b\r\n",
    "cookie": b"Cookie: a=b\r\n", "cookies": b"Cookie: a=b; c=d; c=e; empty=; =x; flag\r\n", "cookie lines": b"Cookie: a=b\r\nCookie: c=d\r\n",
    "cookie of 4 KB": b"Cookie: a=" + b"c" * 4000 + b"\r\n", "cookie, quoted": b'Cookie: a="b c"; d={"e":1}\r\n', "own cookie": b"Cookie: strangler_id=4711; a=b\r\n",
    "Basic": b"Authorization: Basic dTpw\r\n", "Bearer": b"Authorization: Bearer a.b.c\r\n", "Digest": b'Authorization: Digest username="u", realm="r", nc=00000001\r\n',
    "AWS signature": b"Authorization: AWS4-HMAC-SHA256 Credential=A/20261127/eu/s3/aws4_request, SignedHeaders=host, Signature=ab\r\n",
    "Negotiate": b"Authorization: Negotiate YIIBhg==\r\n", "NTLM": b"Authorization: NTLM TlRMTVNTUAABAAAA\r\n",
    "browser": (b"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\nAccept: text/html,*/*;q=0.8\r\nAccept-Language: de,en;q=0.5\r\n"
                b"Accept-Encoding: gzip, deflate, br, zstd\r\nDNT: 1\r\nSec-Fetch-Dest: document\r\nPriority: u=0, i\r\nUpgrade-Insecure-Requests: 1\r\n"),
    "CORS": b"Origin: https://b.example\r\nAccess-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: x-a, x-b\r\n",
    "range": b"Range: bytes=0-99,200-\r\nIf-Range: \"abc\"\r\n", "conditional": b"If-None-Match: W/\"a\", \"b\"\r\nIf-Modified-Since: Fri, 27 Nov 2026 07:00:00 GMT\r\n",
    "caching": b"Cache-Control: no-cache, max-age=0\r\nPragma: no-cache\r\n", "Referer": b"Referer: https://a.example/\xc3\xa4?x=[1]\r\n",
    "odd dates": b"If-Modified-Since: Friday, 27-Nov-26 07:00:00 GMT\r\nDate: yesterday\r\n", "depth and destination": b"Depth: infinity\r\nDestination: http://a.example/y\r\n",
    "trace from outside": b"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ntracestate: a=b\r\nbaggage: c=d\r\n",
    "method override": b"X-HTTP-Method-Override: DELETE\r\n", "Link and Prefer": b"Prefer: return=minimal\r\nLink: <a>; rel=b\r\n",
    "a name like a method": b"GET: /y HTTP/1.1\r\n", "a value like a request": b"X-Text: GET /y HTTP/1.1\r\n", "Early-Data": b"Early-Data: 1\r\n",
}
FORWARDED = {
    "X-Forwarded-For": b"X-Forwarded-For: 6.6.6.6\r\n", "X-Forwarded-Proto": b"X-Forwarded-Proto: https\r\n", "X-Forwarded-Host": b"X-Forwarded-Host: b.example\r\n",
    "X-Forwarded-Port": b"X-Forwarded-Port: 443\r\n", "X-Real-IP": b"X-Real-IP: 6.6.6.6\r\n", "Forwarded": b"Forwarded: for=6.6.6.6;proto=https\r\n", "Via": b"Via: 1.1 cdn\r\n",
}
TRUSTED = {"X-Forwarded-For": ["forwarded: appended"], "X-Forwarded-Proto": ["forwarded: respelled"], "X-Forwarded-Host": ["forwarded: respelled"]}
add("field", {
    **{name: request(fields=fields) for name, fields in PLAIN_FIELDS.items()},
    "blanks around": request(fields=b"X-Wide: \t a b \t \r\n"),
    **{f"{name} of a stranger": request(fields=line, allow=["via: replaced" if name == "Via" else "forwarded: replaced"]) for name, line in FORWARDED.items()},
    **{f"{name} of a trusted peer": request(fields=line, router="trusting", allow=TRUSTED.get(name, [])) for name, line in FORWARDED.items()},
    "underscore, like ours": request(fields=b"x_forwarded_for: 6.6.6.6\r\nX_Real_IP: 6.6.6.6\r\nx_other: 1\r\n", allow=["underscores like ours"]),
    "X-Request-Id of a stranger": request(fields=b"X-Request-Id: 4711\r\n"),
    "X-Strangler-Side": request(fields=b"X-Strangler-Side: service\r\nX-Strangler-Anything: 1\r\n", allow=["x-strangler"]),
    "Proxy": request(fields=b"Proxy: http://evil.example\r\n", allow=["Proxy"]),
    "Proxy-Authorization": request(fields=b"Proxy-Authorization: Basic dTpw\r\n", allow=["Proxy-Authorization"]),
    "Connection: keep-alive": request(fields=b"Connection: keep-alive\r\n", allow=["of the hop"]),
    "Connection: close": request(fields=b"Connection: close\r\n", allow=["of the hop", "says that it closes"]),
    "Connection: X-Mine": request(fields=b"Connection: X-Mine\r\nX-Mine: 1\r\n", allow=["of the hop", "named by Connection"]),
    "Connection: Host": request(fields=b"Connection: Host, Cookie\r\nCookie: a=b\r\n", allow=["of the hop"]),
    "Keep-Alive": request(fields=b"Keep-Alive: timeout=5\r\n", allow=["of the hop"]),
    "Proxy-Connection": request(fields=b"Proxy-Connection: keep-alive\r\n", allow=["of the hop"]),
    "TE: trailers": request(fields=b"TE: trailers\r\nConnection: TE\r\n", allow=["of the hop"]),
    "Upgrade: h2c": request(fields=b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n", allow=["of the hop"]),
    "folded": request(fields=b"X: a\r\n b\r\n", allow=["refused: head"]),
    "blank before the colon": request(fields=b"X : a\r\n", allow=["refused: head"]),
    "NUL": request(fields=b"X: a\0b\r\n", allow=["refused: head"]),
    "LF only": Case(b"GET /x HTTP/1.1\nHost: a.example\n\n", allow=["refused: head"]),
    "20 KB": request(fields=b"X: " + b"v" * 20000 + b"\r\n", allow=["refused: too long"]),
    "200 of them": request(fields=b"".join(b"X-%d: %d\r\n" % (n, n) for n in range(200)), allow=["refused: too long"]),
})

add("body", {
    "of 5": post(),
    "binary": post(bytes(range(256))),
    "of 300 KB": post(b"x" * 300_000),
    "in pieces": Case([b"POST /x HTTP/1.1\r\n" + HOST + b"Content-Length: 6\r\n\r\n", b"abc", b"def", "answer"]),
    "length with zeros": request("/x", "POST", b"Content-Length: 0005\r\n", b"hello", allow=["length written anew"]),
    "equal lengths": request("/x", "POST", b"Content-Length: 5\r\nContent-Length: 5\r\n", b"hello", allow=["one length"]),
    "list of equal lengths": request("/x", "POST", b"Content-Length: 5, 5\r\n", b"hello", allow=["refused: framing"]),
    "form": post(b"a=b&c=%C3%A4", b"Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"),
    "multipart": post(b"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n", b"Content-Type: multipart/form-data; boundary=b\r\n"),
    "gzip": post(b"\x1f\x8b\x08\x00", b"Content-Encoding: gzip\r\nContent-MD5: a\r\nDigest: sha-256=b\r\n"),
    "like a request": post(b"GET /y HTTP/1.1\r\nHost: b\r\n\r\n"),
    "chunked": chunks(b"5\r\nhello\r\n0\r\n\r\n"),
    "chunked, several": chunks(b"1\r\na\r\n1A\r\n" + b"b" * 26 + b"\r\n0\r\n\r\n"),
    "chunked, empty": chunks(b"0\r\n\r\n"),
    "chunked, sizes with zeros": chunks(b"0005\r\nhello\r\n000\r\n\r\n"),
    "chunked, in any case": request("/x", "POST", b"transfer-encoding: Chunked\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
    "chunked, extensions": chunks(b"5;a=b\r\nhello\r\n0\r\n\r\n", allow=["chunk extensions"]),
    "chunked, trailers": chunks(b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n", allow=["trailers"]),
    "chunked, announced trailers": request("/x", "POST", b"Trailer: X-Sum\r\n" + CHUNKED, b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n", allow=["trailers", "Trailer"]),
    "chunked GET": request("/x", "GET", CHUNKED, b"5\r\nhello\r\n0\r\n\r\n"),
    "chunked and a length": request("/x", "POST", CHUNKED + b"Content-Length: 5\r\n", b"0\r\n\r\n", allow=["refused: framing"]),
    "two lengths": Case(b"POST /x HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", allow=["refused: framing"]),
    "gzip, chunked": request("/x", "POST", b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n", allow=["refused: framing"]),
    "expected": Case([b"POST /x HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n", "100", b"hello", "answer"], allow=["100 from here"]),
    "expected, in any case": Case([b"POST /x HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nexpect: 100-Continue\r\n\r\n", "100", b"hello", "answer"], allow=["100 from here"]),
    "expected, chunked": Case([b"POST /x HTTP/1.1\r\n" + HOST + CHUNKED + b"Expect: 100-continue\r\n\r\n", "100", b"5\r\nhello\r\n0\r\n\r\n", "answer"], allow=["100 from here"]),
    "unknown expectation": post(fields=b"Expect: miracles\r\n", allow=["refused: expectation"]),
})

add("websocket", {
    "browser": Case([b"GET /ws HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\n" + HANDSHAKE + b"\r\n", "answer", b"\x81\x85abcdhello", "echo"],
                    answer=SWITCH, echo=b"\x81\x85abcdhello", allow=["upgrade fields anew", "upgraded"]),
    "Firefox": Case([b"GET /ws HTTP/1.1\r\n" + HOST + b"Connection: keep-alive, Upgrade\r\n" + HANDSHAKE + b"\r\n", "answer", b"hello", "echo"],
                    answer=SWITCH, echo=b"hello", allow=["of the hop", "upgrade fields anew", "upgraded"]),
    "Java": Case([b"GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nContent-Length: 0\r\n" + HOST + HANDSHAKE + b"\r\n", "answer", b"hello", "echo"],
                 answer=SWITCH, echo=b"hello", allow=["upgrade fields anew", "upgraded"]),
    "any case": Case([b"GET /ws HTTP/1.1\r\n" + HOST + b"connection: upgrade\r\n" + HANDSHAKE.replace(b"websocket", b"WebSocket") + b"\r\n", "answer", b"hello", "echo"],
                     answer=SWITCH, echo=b"hello", allow=["upgrade fields anew", "upgraded"]),
    "protocols and extensions": Case([b"GET /ws?token=a HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nOrigin: https://a.example\r\nSec-WebSocket-Protocol: a, b\r\n"
                                      b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" + HANDSHAKE + b"\r\n", "answer", b"hello", "echo"],
                                     answer=SWITCH[:-2] + b"Sec-WebSocket-Protocol: b\r\n\r\n", echo=b"hello", allow=["upgrade fields anew", "upgraded"]),
    "refused with 400": Case(b"GET /ws HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\n" + HANDSHAKE + b"\r\n",
                             answer=b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno", allow=["upgrade fields anew"]),
    "refused with 426": Case(b"GET /ws HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\n" + HANDSHAKE + b"\r\n",
                             answer=b"HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 8\r\nContent-Length: 0\r\n\r\n", allow=["upgrade fields anew"]),
})

add("old", {
    "1.0": request(version="1.0", allow=["1.1 upstream", "says that it closes"]),
    "1.0 without Host": request(version="1.0", host=b"", allow=["1.1 upstream", "a Host for 1.0", "says that it closes"]),
    "1.0, kept alive": request(version="1.0", fields=b"Connection: keep-alive\r\n", allow=["1.1 upstream", "of the hop", "says that it stays"]),
    "1.0, POST": request("/x", "POST", b"Content-Length: 5\r\n", b"hello", version="1.0", allow=["1.1 upstream", "says that it closes"]),
    "1.0, chunked": request("/x", "POST", CHUNKED, b"0\r\n\r\n", version="1.0", allow=["refused: framing"]),
    "0.9": Case(b"GET /x\r\n\r\n", allow=["refused: version"]),
    "2.0": request(version="2.0", allow=["refused: version"]),
})

GET = b"GET /x HTTP/1.1\r\n" + HOST + b"\r\n"
add("several", {
    "one after another": Case([GET, "answer", GET, "answer", GET, "answer"]),
    "pipelined": Case([GET + GET.replace(b"/x", b"/y") + GET.replace(b"/x", b"/z"), "answer", "answer", "answer"]),
    "POST and GET pipelined": Case([b"POST /x HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello" + GET, "answer", "answer"]),
    "POST behind HEAD": Case([b"HEAD /x HTTP/1.1\r\n" + HOST + b"\r\n", "answer", b"POST /x HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello", "answer"]),
    "an empty line before": Case(b"\r\n" + GET),
    "half a line at a time": Case([GET[:9], GET[9:20], GET[20:], "answer"]),
})
