"""What the router lets through, byte for byte: malformed, ambiguous and hostile messages against the real process.

Every case that is refused must be refused once, with the connection closed, and the upstream must see nothing of it: a second
request hidden in the first (`/hidden`) that reaches an upstream is a desynchronisation, the one thing that may never happen.
"""
import re
import socket

import pytest

import web
from conftest import two_sides

HOST = b"Host: a.example\r\n"
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: a.example\r\n\r\n"

# name: (bytes, statuses allowed)
REFUSED = {
    # Start line, RFC 9112 3
    "method is no token": (b"G(T / HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "space before the method": (b" GET / HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "two spaces": (b"GET  / HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "tab as a separator": (b"GET\t/\tHTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "space in the target": (b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "control byte in the target": (b"GET /a\x01b HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "byte that is no UTF-8 in the path": (b"GET /a\xffb HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "overlong slash in the path": (b"GET /a\xc0\xafb HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "control character of two bytes in the path": (b"GET /a\xc2\x9bb HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "control byte in the query": (b"GET /a?\x01 HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "fragment": (b"GET /a#b HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "target without a slash": (b"GET a HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "no version": (b"GET /\r\n" + HOST + b"\r\n", {400, 505}),
    "lower-case version": (b"GET / http/1.1\r\n" + HOST + b"\r\n", {400, 505}),
    "version 2.0": (b"GET / HTTP/2.0\r\n" + HOST + b"\r\n", {400, 505}),
    "version 1.2": (b"GET / HTTP/1.2\r\n" + HOST + b"\r\n", {400, 505}),
    "version with more digits": (b"GET / HTTP/1.10\r\n" + HOST + b"\r\n", {400, 505}),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 405, 501, 505}),
    "TLS client hello": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64) + b"\r\n\r\n", {400}),
    "CONNECT": (b"CONNECT a.example:443 HTTP/1.1\r\n" + HOST + b"\r\n", {400, 405, 501}),
    "TRACE": (b"TRACE / HTTP/1.1\r\n" + HOST + b"\r\n", {405, 501}),
    "asterisk for GET": (b"GET * HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    # Field lines, RFC 9112 5
    "space before the colon": (b"GET / HTTP/1.1\r\n" + HOST + b"X : y\r\n\r\n", {400}),
    "folded line": (b"GET / HTTP/1.1\r\n" + HOST + b"X: y\r\n z\r\n\r\n", {400}),
    "first field line folded": (b"GET / HTTP/1.1\r\n X: y\r\n" + HOST + b"\r\n", {400}),
    "no colon": (b"GET / HTTP/1.1\r\n" + HOST + b"X\r\n\r\n", {400}),
    "empty name": (b"GET / HTTP/1.1\r\n" + HOST + b": y\r\n\r\n", {400}),
    "name is no token": (b"GET / HTTP/1.1\r\n" + HOST + b"X@y: z\r\n\r\n", {400}),
    "NUL in a value": (b"GET / HTTP/1.1\r\n" + HOST + b"X: a\x00b\r\n\r\n", {400}),
    "bare CR in a value": (b"GET / HTTP/1.1\r\n" + HOST + b"X: a\rb\r\n\r\n", {400}),
    "bare LF ends a line": (b"GET / HTTP/1.1\n" + HOST + b"\r\n", {400}),
    "bare LF ends the head": (b"GET / HTTP/1.1\r\n" + HOST + b"\n", {400}),
    "control byte in a value": (b"GET / HTTP/1.1\r\n" + HOST + b"X: a\x08b\r\n\r\n", {400}),
    # Host, RFC 9112 3.2
    "no Host": (b"GET / HTTP/1.1\r\n\r\n", {400}),
    "two Hosts": (b"GET / HTTP/1.1\r\n" + HOST + b"Host: b.example\r\n\r\n", {400}),
    "the same Host twice": (b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n", {400}),
    "empty Host for a name": (b"GET http://a.example/ HTTP/1.1\r\nHost: a b\r\n\r\n", {400}),
    "path in Host": (b"GET / HTTP/1.1\r\nHost: a.example/x\r\n\r\n", {400}),
    "userinfo in Host": (b"GET / HTTP/1.1\r\nHost: u@a.example\r\n\r\n", {400}),
    "comma in Host": (b"GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", {400}),
    "bad port in Host": (b"GET / HTTP/1.1\r\nHost: a:99999x\r\n\r\n", {400}),
    # Framing, RFC 9112 6
    "length and chunked": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
    "chunked and length": (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", {400}),
    "two different lengths": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", {400}),
    "list of different lengths": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5, 6\r\n\r\nhello!", {400}),
    "negative length": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n", {400}),
    "length with a plus": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: +5\r\n\r\nhello", {400}),
    "length in hexadecimal": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 0x5\r\n\r\nhello", {400}),
    "length with a space inside": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1 2\r\n\r\nhello", {400}),
    "length beyond 63 bits": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 9223372036854775808\r\n\r\n", {400, 413}),
    "empty length": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: \r\n\r\n", {400}),
    "unknown coding": (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip\r\n\r\n", {400, 501}),
    "list of codings": (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", {400, 501}),
    "chunked twice": (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", {400, 501}),
    "two codings lines": (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", {400, 501}),
    "xchunked": (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", {400, 501}),
    "quoted chunked": (b'POST / HTTP/1.1\r\n' + HOST + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n', {400, 501}),
    "vertical tab before chunked": (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", {400}),
    "chunked in 1.0": (b"POST / HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400, 501}),
    # Chunks, RFC 9112 7.1
    "chunk size is no number": (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nz\r\n\r\n", {400}),
    "chunk size with 0x": (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n", {400}),
    "chunk size with a sign": (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n+1\r\na\r\n0\r\n\r\n", {400}),
    "chunk size of 17 digits": (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n00000000000000001\r\na\r\n0\r\n\r\n", {400}),
    "chunk size overflows": (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\na\r\n", {400, 413}),
    "chunk line ends in LF": (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n", {400}),
    "chunk data longer than said": (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", {400}),
    "space before the chunk size": (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n 1\r\na\r\n0\r\n\r\n", {400}),
    # Paths: what is matched is what is forwarded
    "escaped slash": (b"GET /api%2fprofiles HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "escaped backslash": (b"GET /api%5cprofiles HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "escaped NUL": (b"GET /api%00 HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "backslash": (b"GET /api\\profiles HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "backslash behind raw bytes": (b"GET /[api]\\..\\admin HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "escaped dots with a parameter": (b"GET /api/%2e%2E%3bx/admin HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "dots with a parameter": (b"GET /api/..;/admin HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    "broken escape": (b"GET /api/%zz HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    # Limits
    "request line too long": (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", {414}),
    "one field too long": (b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 17000 + b"\r\n\r\n", {431}),
    "head too large": (b"GET / HTTP/1.1\r\n" + HOST + b"".join(b"X%d: %s\r\n" % (i, b"a" * 1000) for i in range(40)) + b"\r\n", {431}),
    "too many fields": (b"GET / HTTP/1.1\r\n" + HOST + b"".join(b"X%d: 1\r\n" % i for i in range(200)) + b"\r\n", {431}),
    "announced body too large": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999999\r\n\r\n", {413}),
    "unknown expectation": (b"POST / HTTP/1.1\r\n" + HOST + b"Expect: miracles\r\nContent-Length: 1\r\n\r\na", {417}),
}


@pytest.fixture
def edge(upstream, router):
    one = upstream("one")
    return one, router(two_sides(one, one))


@pytest.mark.parametrize("name", REFUSED)
def test_refused_once_and_closed(edge, name):
    one, it = edge
    data, statuses = REFUSED[name]
    got = web.raw(it.address, data + HIDDEN)
    answers = re.findall(rb"HTTP/1\.1 (\d{3}) ", got)
    assert len(answers) == 1, f"{len(answers)} answers: {got[:400]!r}"
    assert int(answers[0]) in statuses, got[:400]
    assert b"onnection: close" in got
    assert "/hidden" not in one.paths()
    if b"chunked" not in data or 400 not in statuses or b"Content-Length" in data:
        assert [seen for seen in one.seen if seen.path == "/hidden"] == []
    # The router serves on.
    assert it.get("/after").status == 200


# target as sent: path as the upstream must see it
CANONICAL = {
    "/a/./b": "/a/b", "/a/../b": "/b", "/../../b": "/b", "//a//b": "/a/b", "/%61": "/%61", "/%7e": "/%7e", "/a%2a": "/a%2a",
    "/%e4/%E4": "/%e4/%E4", "/x/%2e%2E/%7E": "/%7E", "/a/%2e%2e%2e": "/a/%2e%2e%2e", "/%252e%252e%252f": "/%252e%252e%252f",
    "/a?x=//../%2f": "/a?x=//../%2f", "/%2e%2e/b": "/b", "/a/%2E/b": "/a/b", "http://b.example/x": "/x", "/a;b=c": "/a;b=c",
}


@pytest.mark.parametrize("target", CANONICAL)
def test_the_path_that_is_matched_is_the_one_forwarded(edge, target):
    one, it = edge
    got = web.raw(it.address, f"GET {target} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n".encode())
    assert b" 200 " in got.split(b"\r\n")[0], got
    assert one.paths() == [CANONICAL[target]]


@pytest.mark.parametrize("target, forwarded", [("*", "*"), ("http://b.example", "*"), ("http://b.example/", "/"), ("http://b.example?x", "/?x")])
def test_options_of_the_whole_server(edge, target, forwarded):
    one, it = edge
    web.raw(it.address, f"OPTIONS {target} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n".encode())
    assert [(seen.method, seen.path) for seen in one.seen] == [("OPTIONS", forwarded)]
    assert one.seen[0]["Host"] == ("a.example" if target == "*" else "b.example")


SPELLINGS = {
    "/x/../api/profiles/1": "/api/profiles/1", "/api//profiles/1": "/api/profiles/1", "/%61pi/profiles/1": "/%61pi/profiles/1",
    "/api/profiles/./1": "/api/profiles/1", "/x/%2e%2e/a%70i/profiles/1": "/a%70i/profiles/1",
}


@pytest.mark.parametrize("target", SPELLINGS)
def test_spellings_of_a_path_take_one_route(upstream, router, target):
    legacy, service = upstream("legacy"), upstream("service")
    it = router(two_sides(legacy, service, percent=100))
    web.raw(it.address, f"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    assert (legacy.paths(), service.paths()) == ([], [SPELLINGS[target]])


def test_hop_by_hop_fields_stay_here(edge):
    one, it = edge
    web.raw(it.address, b"GET /x HTTP/1.1\r\nHost: a.example\r\nConnection: close, X-Mine, Host, Content-Length\r\nX-Mine: 1\r\nKeep-Alive: 5\r\n"
            b"Proxy-Connection: x\r\nTE: gzip\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\nProxy: http://evil\r\nX-Strangler-Side: service\r\n"
            b"X-Kept: yes\r\n\r\n")
    seen = one.seen[0]
    for name in ["X-Mine", "Keep-Alive", "Proxy-Connection", "TE", "Upgrade", "HTTP2-Settings", "Proxy", "X-Strangler-Side"]:
        assert seen[name] is None, name
    assert seen["Host"] == "a.example" and seen["X-Kept"] == "yes"


def test_forwarded_fields_say_who_came(edge):
    one, it = edge
    it.get("/x", headers={"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "gopher", "X-Forwarded-Host": "evil"})
    seen = one.seen[0]
    assert seen["X-Forwarded-For"] == "127.0.0.1" and seen["X-Forwarded-Proto"] == "http" and "evil" not in seen["X-Forwarded-Host"]
    assert seen["Via"] and seen["X-Request-Id"]
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]", seen["traceparent"])


def test_equal_lengths_are_folded(edge):
    one, it = edge
    got = web.raw(it.address, b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
    if b" 200 " in got.split(b"\r\n")[0]:
        assert one.seen[0].all("Content-Length") == ["5"] and one.seen[0].body == b"hello"
    else:
        assert b" 400 " in got.split(b"\r\n")[0]


def test_extensions_and_trailers_of_chunks_do_not_become_fields(edge):
    one, it = edge
    web.raw(it.address, b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            b"5;ext=1\r\nhello\r\n0\r\nX-Admin: yes\r\n\r\n")
    assert one.seen[0].body == b"hello" and one.seen[0]["X-Admin"] is None


def test_pipelined_requests_are_answered_in_order(edge):
    one, it = edge
    got = web.raw(it.address, b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n%s\r\n" % (i, b"Connection: close\r\n" if i == 9 else b"") for i in range(10)))
    assert len(re.findall(rb"HTTP/1\.1 200", got)) == 10
    assert one.paths() == [f"/{i}" for i in range(10)]


def test_nothing_after_close_is_read(edge):
    one, it = edge
    web.raw(it.address, b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + HIDDEN)
    assert one.paths() == ["/x"]


def test_a_head_in_single_bytes(edge):
    one, it = edge
    with socket.create_connection(("127.0.0.1", it.port)) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"POST /slow HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n":
            link.send(bytes([byte]))
        head, _ = web.read_head(link)
    assert b" 200 " in head and one.seen[0].body == b"abc"


def test_http_1_0_gets_no_chunks(upstream, router):
    one = upstream("one", lambda seen: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    it = router(two_sides(one, one))
    got = web.raw(it.address, b"GET /x HTTP/1.0\r\nHost: a\r\n\r\n")
    assert got.endswith(b"\r\n\r\nhello") and b"chunked" not in got.lower()


BAD_ANSWERS = {
    "garbage": b"hello there\r\n\r\n",
    "length and chunked": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "status 99": b"HTTP/1.1 099 No\r\n\r\n",
    "status 600": b"HTTP/1.1 600 No\r\nContent-Length: 0\r\n\r\n",
    "status with letters": b"HTTP/1.1 2x0 OK\r\n\r\n",
    "fold of blanks alone": b"HTTP/1.1 200 OK\r\nX: a\r\n \r\nContent-Length: 0\r\n\r\n",
    "status line continued": b"HTTP/1.1 200 OK\r\n X: a\r\nContent-Length: 0\r\n\r\n",
    "length and a coding with a blank": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "length and a folded coding": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "NUL in a value": b"HTTP/1.1 200 OK\r\nX: a\x00\r\nContent-Length: 0\r\n\r\n",
    "name is no token": b"HTTP/1.1 200 OK\r\nX y: a\r\nContent-Length: 0\r\n\r\n",
    "version 2": b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "unasked 101": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    "head too large": b"HTTP/1.1 200 OK\r\n" + b"".join(b"X%d: %s\r\n" % (i, b"a" * 1000) for i in range(80)) + b"\r\n",
    "unknown coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "HTTP/0.9": b"<html>hello</html>",
    "status 1000": b"HTTP/1.1 1000 No\r\nContent-Length: 0\r\n\r\n",
    "empty line before it": b"\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "bare LF": b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    "bare LF among lines with CRLF": b"HTTP/1.1 200 OK\r\nX: a\nContent-Length: 0\r\n\r\n",
    "identity": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n",
    "list of lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\na",
    "chunked in 1.0": b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two codings": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "204 with two framings": b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "103 with a length": b"HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "switch to h2c": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_a_malformed_answer_is_a_502(upstream, router, name):
    def answer(seen):
        def send(link):
            link.sendall(BAD_ANSWERS[name])
            return False
        return send
    one = upstream("one", answer)
    it = router(two_sides(one, one))
    got = it.get("/x")
    assert got.status == 502 and got.json()["origin"] == "router", got


def test_surplus_bytes_of_an_answer_reach_nobody(upstream, router):
    one = upstream("one", lambda seen: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"
                   if seen.path == "/first" else web.Upstream.ok("clean"))
    it = router(two_sides(one, one))
    assert it.get("/first").body == b"ok"
    for _ in range(5):
        assert it.get("/next").body == b"clean"


def test_a_refused_method_is_told_which_are_allowed(edge):
    _, it = edge
    got = web.raw(it.address, b"TRACE / HTTP/1.1\r\n" + HOST + b"\r\n")
    assert b"\r\nallow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n" in got


def test_a_client_of_1_0_without_host_reaches_an_upstream_of_1_1(edge):
    one, it = edge
    got = web.raw(it.address, b"GET /old HTTP/1.0\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 200 ")
    assert [seen["Host"] for seen in one.seen if seen.path == "/old"] == ["localhost"]


def test_an_upgrade_that_the_route_does_not_allow_is_an_ordinary_request(upstream, router):
    handshake = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    one = upstream("one", lambda seen: b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"
                   if seen.path == "/switch" else web.Upstream.ok("plain"))
    document = two_sides(one, one)
    document["routes"][1]["websocket"] = False
    it = router(document)
    got = web.raw(it.address, b"GET /plain HTTP/1.1\r\nHost: a\r\n" + handshake + b"\r\n" + HIDDEN, seconds=1)
    assert got.startswith(b"HTTP/1.1 200 ") and one.seen[0]["Upgrade"] is None
    got = web.raw(it.address, b"GET /switch HTTP/1.1\r\nHost: a\r\n" + handshake + b"\r\n", seconds=1)
    assert got.startswith(b"HTTP/1.1 502 ")


def test_bytes_behind_a_handshake_wait_for_its_101(upstream, router):
    """Pass-through begins with the upstream's 101: when it says 200, what came behind the handshake is a request like any other."""
    handshake = (b"GET /plain HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                 b"Sec-WebSocket-Version: 13\r\n\r\n")
    one = upstream("one")
    document = two_sides(one, one)
    document["routes"][1]["websocket"] = True
    it = router(document)
    got = web.raw(it.address, handshake + b"G(T /hidden HTTP/1.1\r\nHost: a\r\n\r\n", seconds=1)
    assert one.paths() == ["/plain"] and one.seen[0]["Upgrade"] == "websocket"
    assert re.findall(rb"HTTP/1\.1 (\d{3})", got) in ([b"200", b"400"], [b"200"])


def test_every_line_of_a_trusted_forwarded_for_is_kept(upstream, router):
    """A terminator that appends a line of its own must not be overruled by the line that its client wrote."""
    one = upstream("one")
    it = router({**two_sides(one, one), "trustedPeers": ["127.0.0.1"]})
    web.raw(it.address, b"GET /x HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: gopher\r\n"
            b"X-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Host: shop\r\nConnection: close\r\n\r\n")
    seen = one.seen[0]
    assert seen.all("X-Forwarded-For") == ["6.6.6.6, 9.9.9.9, 127.0.0.1"]
    assert seen.all("X-Forwarded-Proto") == ["https"] and seen.all("X-Forwarded-Host") == ["shop"]
