"""What the router makes of an upstream's answers: bodies that may not be, fields of the hop, ends that are none.

An answer that is refused as a whole is in test_wire.py; here are those whose head is right.
"""
import socket
import struct
import threading

import pytest

import web
from conftest import two_sides


def test_an_answer_without_a_body_leaves_nothing_behind(upstream, router):
    """204, 304 and answers to HEAD end with their head, whatever follows it: what follows is for nobody."""
    poison = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"
    heads = {"/204": b"HTTP/1.1 204 No Content\r\n\r\n", "/304": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 48\r\n\r\n",
             "/head": b"HTTP/1.1 200 OK\r\nContent-Length: 48\r\n\r\n"}

    def answer(seen):
        if seen.path not in heads:
            return web.Upstream.ok("clean")

        def send(link):
            link.sendall(heads[seen.path] + poison)
            return True
        return send
    one = upstream("one", answer)
    it = router(two_sides(one, one))
    for path in heads:
        method = "HEAD" if path == "/head" else "GET"
        with socket.create_connection(("127.0.0.1", it.port), timeout=5) as link:
            link.sendall(f"{method} {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            head, rest = web.read_head(link)
            assert rest == b"" and b"poison" not in head
            if path == "/204":
                assert b"content-length" not in head.lower() and b"transfer-encoding" not in head.lower()
            link.sendall(b"GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            rest = b""
            while more := link.recv(65536):
                rest += more
            assert rest.startswith(b"HTTP/1.1 200 ") and rest.endswith(b"clean") and b"poison" not in rest


def test_bytes_that_nobody_asked_for_cost_an_idle_connection_its_life(upstream, router):
    links = []

    def answer(seen):
        def send(link):
            links.append(link)
            link.sendall(web.Upstream.ok("clean"))
            return True
        return send
    one = upstream("one", answer)
    it = router(two_sides(one, one))
    assert it.get("/first").body == b"clean"
    links[0].sendall(web.Upstream.ok("poison"))
    for _ in range(5):
        assert it.get("/next").body == b"clean"
    assert links[0] not in links[1:]


def test_interim_answers_are_passed_on_up_to_a_limit(upstream, router):
    def answer(seen):
        count = int(seen.path[1:])
        return b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\n" * count + web.Upstream.ok("fine")
    one = upstream("one", answer)
    it = router(two_sides(one, one))
    close = "HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    got = web.raw(it.address, f"GET /16 {close}".encode())
    assert got.count(b"HTTP/1.1 103 Early Hints\r\n") == 16 and got.endswith(b"fine") and b"x-hop" not in got.lower()
    got = web.raw(it.address, f"GET /17 {close}".encode())
    assert b"HTTP/1.1 502 " in got and b"fine" not in got
    got = web.raw(it.address, b"GET /3 HTTP/1.0\r\nHost: a\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 200 ") and b" 103 " not in got


def test_trailers_of_an_answer_do_not_become_fields(upstream, router):
    one = upstream("one", lambda seen: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Admin\r\n\r\n"
                   b"5;a=b\r\nhello\r\n0\r\nX-Admin: yes\r\nContent-Length: 1\r\n\r\n")
    it = router(two_sides(one, one))
    for _ in range(3):
        got = it.get("/x")
        assert got.body == b"hello" and got.headers["X-Admin"] is None and got.headers["Trailer"] is None


def test_what_the_upstream_says_for_this_hop_stays_here(upstream, router):
    one = upstream("one", lambda seen: web.Upstream.ok("x", headers=[
        "Connection: X-Mine, Set-Cookie", "X-Mine: 1", "Keep-Alive: timeout=5", "Upgrade: h2c", "Proxy-Connection: x", "TE: x", "Set-Cookie: a=b", "X-Kept: 1"]))
    got = router(two_sides(one, one)).get("/x")
    for name in ["X-Mine", "Keep-Alive", "Upgrade", "Proxy-Connection", "TE"]:
        assert got.headers[name] is None, name
    # A field of the whole way cannot be named away.
    assert got.headers["Set-Cookie"] == "a=b" and got.headers["X-Kept"] == "1"


@pytest.mark.parametrize("head", [b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"], ids=["1.0", "close"])
def test_an_answer_that_ends_by_closing_is_whole(upstream, router, head):
    def answer(seen):
        def send(link):
            link.sendall(head + b"hello")
            return False
        return send
    it = router(two_sides(*[upstream("one", answer)] * 2))
    got = it.get("/x")
    assert got.status == 200 and got.body == b"hello"
    assert web.raw(it.address, b"GET /x HTTP/1.0\r\nHost: a\r\n\r\n").endswith(b"\r\n\r\nhello")


# A response that breaks off behind its head: what the client gets must not look whole.
BROKEN_ANSWERS = {
    "until close, reset": b"HTTP/1.1 200 OK\r\n\r\nhel",
    "shorter than said": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
    "no last chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n",
    "bad chunk size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n+2\r\nlo\r\n0\r\n\r\n",
    "chunk not terminated": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhelXX0\r\n\r\n",
    "trailer with a bare LF": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n0\r\nA: b\n\r\n",
}


@pytest.mark.parametrize("version", [b"1.1", b"1.0"])
@pytest.mark.parametrize("name", BROKEN_ANSWERS)
def test_an_answer_that_breaks_off_looks_broken(upstream, router, name, version):
    begun = threading.Event()

    def answer(seen):
        def send(link):
            link.sendall(BROKEN_ANSWERS[name])
            begun.wait(5)
            if "reset" in name:
                link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        return send
    one = upstream("one", answer)
    it = router(two_sides(one, one))
    got, was_reset = b"", False
    with socket.create_connection(("127.0.0.1", it.port), timeout=5) as link:
        link.sendall(b"GET /x HTTP/" + version + b"\r\nHost: a\r\n\r\n")
        try:
            while more := link.recv(65536):
                got += more
                if got.endswith(b"hel") or b"hel\r\n" in got:
                    begun.set()
        except ConnectionResetError:
            was_reset = True
    if got.startswith(b"HTTP/1.1 502 "):
        return  # Nothing of it had been passed on.
    assert was_reset, f"ended in good order: {got!r}"
    assert not got.endswith(b"0\r\n\r\n")
    assert len(one.seen) == 1
    assert it.metric("strangler_requests_total") >= 1
