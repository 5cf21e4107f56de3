"""Targets and fields pass as their client sent them, and everyone who reads them agrees on one path."""
import json

import pytest

import web
from conftest import two_sides
from processes import wait_until

# As browsers, frameworks and hand-written clients send them.
RAW = [
    b"/[a]/{b}|c^d`e", b"/a?x[]=1&y={z}|^`", "/caf\u00e9/\u20ac/\U0001f600".encode(), b"/a?q=\"<b>\"\\c", "/a?q=caf\u00e9".encode(), b"/a?q=caf\xe9",
    b"/%7E/%7euser", b"/%e4/%E4", b"/a%2a%2A", b"/%252e%252e%252f", b"/a\"b<c>", b"/a;b=c/d", b"/a%0d%0ab",
]


def send(it, target, method=b"GET", fields=b""):
    return web.raw(it.address, method + b" " + target + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + fields + b"\r\n")


@pytest.mark.parametrize("target", RAW)
def test_a_target_passes_byte_for_byte(upstream, router, target):
    one = upstream("one")
    it = router(two_sides(one, one))
    assert send(it, target).startswith(b"HTTP/1.1 200 ")
    assert [seen.path.encode("latin-1") for seen in one.seen] == [target]


@pytest.mark.parametrize("prefix, target", [
    ("/[a]", b"/[a]/x"), ("/caf\u00e9", "/caf\u00e9/x".encode()), ("/a|b", b"/a|b"), ("/~me", b"/%7eme/x"), ("/%E4", b"/%e4/x"),
    ("/caf%C3%A9", "/caf\u00e9/x".encode()), ("/caf\u00e9", b"/caf%c3%a9/x"), ("/a|b", b"/a%7cb"), ("/a%7Cb", b"/a|b"), ("/\"q", b"/\"q"),
    ("/x/{id}", "/x/[\u00e9]".encode()),
])
def test_a_path_is_matched_on_its_meaning_however_it_is_spelt(upstream, router, prefix, target):
    legacy, service = upstream("legacy"), upstream("service")
    document = two_sides(legacy, service, percent=100)
    document["routes"][0]["match"] = {"template" if "{" in prefix else "prefix": prefix}
    it = router(document)
    send(it, target)
    assert (legacy.paths(), [path.encode("latin-1") for path in service.paths()]) == ([], [target])
    asked = it.admin("GET", "/v1/explain?path=" + "".join(f"%{byte:02x}" for byte in target)).json()
    assert asked["route"] == "profile" and asked["request"]["forwarded_path"].encode() == target


def test_explain_log_and_tap_name_the_path_alike(upstream, router, tmp_path):
    one = upstream("one")
    it = router({**two_sides(one, one), "accessLog": str(tmp_path / "access.log")})
    send(it, "/x/../%7Eme/caf\u00e9/\"q".encode() + b"?q=1")
    log = tmp_path / "access.log"
    wait_until(lambda: log.exists() and log.read_text(), what="a line of the access log")
    line = json.loads(log.read_text().splitlines()[0])
    asked = it.admin("GET", "/v1/explain?path=/x/../%257Eme/caf%C3%A9/%22q?q=1").json()["request"]
    assert line["path"] == asked["forwarded_path"] == "/%7Eme/caf\u00e9/\"q"
    assert asked["normalised_path"] == '/~me/caf%C3%A9/"q'
    assert one.seen[0].path.encode("latin-1").decode() == "/%7Eme/caf\u00e9/\"q?q=1"


@pytest.mark.parametrize("target", [b"/@scope%2fname", b"/api/queues/%2F/q", b"/projects/a%2Fb/files/src%2Fmain.c/raw", b"/a%5Cb"])
def test_escaped_slashes_are_refused_with_the_settings_name_or_kept(upstream, router, tmp_path, target):
    one = upstream("one")
    it = router(two_sides(one, one))
    got = send(it, target)
    assert got.startswith(b"HTTP/1.1 400 ") and b"paths.escapedSlashes" in got
    document = it.document()
    document["paths"] = {"escapedSlashes": "keep"}
    before = it.revision()
    it.write(document)
    it.reload()
    wait_until(lambda: it.revision() > before, what="the new configuration")
    assert send(it, target).startswith(b"HTTP/1.1 200 ")
    assert [seen.path.encode() for seen in one.seen] == [target]
    for bad in (b"/a%2f..%2Fb", b"/..%2Fadmin", b"/a/%2e%2e%5cb", b"/a%2f..;x/b", b"/a%2F%00"):
        assert send(it, bad).startswith(b"HTTP/1.1 400 "), bad
    assert len(one.seen) == 1


@pytest.mark.parametrize("setting, seen, status", [("keep", ["1", None], 200), ("drop", [None, None], 200), ("refuse", None, 400)])
def test_names_with_an_underscore(upstream, router, setting, seen, status):
    one = upstream("one")
    it = router({**two_sides(one, one), "headers": {"underscores": setting}})
    got = send(it, b"/x", fields=b"user_id: 1\r\nX_Forwarded_For: 6.6.6.6\r\nx_real-ip: 6.6.6.6\r\nContent_Length: 9\r\nX_Strangler_Side: service\r\n")
    assert got.startswith(b"HTTP/1.1 %d " % status)
    if seen is None:
        assert b"headers.underscores" in got and b'"line":4' in got and one.paths() == []
        return
    assert [one.seen[0]["user_id"], one.seen[0]["X_Forwarded_For"]] == seen
    assert not [name for name, _ in one.seen[0].fields if "_" in name and name != "user_id"]
    assert it.metric("strangler_dropped_fields_total", reason="collision") == 4
    assert it.metric("strangler_dropped_fields_total", reason="underscore") == (1 if setting == "drop" else 0)


SAID = (b"X-Real-IP: 6.6.6.6\r\nX-Forwarded-Port: 443\r\nForwarded: for=6.6.6.6;host=evil\r\nVia: 1.0 before\r\nX-Forwarded-Prefix: /p\r\n"
        b"X-Forwarded-User: root\r\n")


def test_what_a_trusted_peer_says_of_its_client_is_kept(upstream, router):
    one = upstream("one")
    it = router({**two_sides(one, one), "trustedPeers": ["127.0.0.1"]})
    send(it, b"/x", fields=SAID)
    seen = one.seen[0]
    assert seen["X-Real-IP"] == "6.6.6.6" and seen["X-Forwarded-Port"] == "443" and seen["Forwarded"] == "for=6.6.6.6;host=evil"
    assert seen["X-Forwarded-Prefix"] == "/p" and seen["X-Forwarded-User"] == "root"
    assert seen.all("Via") == ["1.0 before", "1.1 strangler"]
    send(it, b"/x", fields=b"X-Real-IP: 6.6.6.6\r\nX-Real-IP: 9.9.9.9\r\nX-Forwarded-Port: 1\r\nx-forwarded-port: 443\r\n")
    assert one.seen[1].all("X-Real-IP") == ["9.9.9.9"] and one.seen[1].all("X-Forwarded-Port") == ["443"]


def test_what_anybody_else_says_is_replaced_by_the_truth(upstream, router):
    one = upstream("one")
    it = router(two_sides(one, one))
    send(it, b"/x", fields=SAID)
    seen = one.seen[0]
    assert seen.all("X-Real-IP") == ["127.0.0.1"] and seen.all("X-Forwarded-Port") == [str(it.port)]
    assert seen.all("Forwarded") == ['for="127.0.0.1";host="a";proto=http']
    assert seen.all("Via") == ["1.1 strangler"]
    assert seen["X-Forwarded-Prefix"] is None and seen["X-Forwarded-User"] is None
    send(it, b"/x")
    assert [one.seen[1][name] for name in ("X-Real-IP", "X-Forwarded-Port", "Forwarded")] == [None, None, None]


@pytest.mark.parametrize("target", [b"*", b"/x"])
def test_options_that_may_go_no_further_is_answered_here(upstream, router, target):
    one = upstream("one")
    it = router(two_sides(one, one))
    got = send(it, target, b"OPTIONS", b"Max-Forwards: 0\r\n")
    assert got.startswith(b"HTTP/1.1 200 ") and b"\r\nallow: GET, HEAD" in got and b"\r\ncontent-length: 0\r\n" in got
    assert one.paths() == []
    send(it, target, b"OPTIONS", b"Max-Forwards: 7\r\n")
    send(it, target, b"OPTIONS", b"Max-Forwards: x\r\n")
    send(it, target, b"OPTIONS")
    send(it, b"/x", fields=b"Max-Forwards: 0\r\n")
    assert [seen.all("Max-Forwards") for seen in one.seen] == [["6"], [], [], ["0"]]
    assert send(it, b"/x", b"TRACE", b"Max-Forwards: 0\r\n").startswith(b"HTTP/1.1 405 ")


@pytest.mark.parametrize("host", ["shop.example", "shop.example.", "shop.example:", "shop.example.:", "SHOP.example.:8080"])
def test_a_host_with_a_trailing_dot_or_an_empty_port_matches_its_route(upstream, router, host):
    legacy, service = upstream("legacy"), upstream("service")
    document = two_sides(legacy, service, percent=100)
    document["routes"][0]["match"] = {"prefix": "/", "host": "shop.example"}
    it = router(document)
    web.raw(it.address, f"GET /x HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    assert (legacy.paths(), service.paths()) == ([], ["/x"])
    assert service.seen[0]["Host"] == host


def test_a_handshake_that_announces_no_body_is_one(upstream, router):
    """As clients of Java send it."""
    def switch(seen):
        def send(link):
            link.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: x\r\n\r\nhello")
            return False
        return send
    one = upstream("one", switch)
    document = two_sides(one, one)
    document["routes"][1]["websocket"] = True
    it = router(document)
    got = web.raw(it.address, b"GET /chat HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                  b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", seconds=2)
    assert got.startswith(b"HTTP/1.1 101 ") and got.endswith(b"\r\n\r\nhello"), got
    assert one.seen[0]["Upgrade"] == "websocket"
