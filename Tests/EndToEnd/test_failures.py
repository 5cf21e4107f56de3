"""Every 502, 503 and 504 names its reason, and it is the same in the body, in the access log and in the metrics."""
import contextlib
import http.client
import json
import socket
import threading

import pytest

import web
from processes import wait_until


def held(link):
    """Nothing is answered until the other end goes."""
    with contextlib.suppress(OSError):
        link.recv(1)


def cut(link):
    link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")


def in_head(link):
    link.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")


# What the upstream does, what the route says, and the status and reason that come of it.
ATTEMPTS = {
    "closed": (lambda seen: None, {}, 502, "closed_unanswered", None),
    "closed in the head": (lambda seen: in_head, {}, 502, "closed_in_head", None),
    "no strict HTTP": (lambda seen: b"HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n", {}, 502, "bare_line_feed", "tolerance"),
    "no first byte": (lambda seen: held, {"timeouts": {"response": "200ms"}}, 504, "response_timeout", "timeouts.response"),
    "the whole takes too long": (lambda seen: held, {"timeouts": {"request": "200ms"}}, 504, "exchange_timeout", "timeouts.request"),
}


def served(router, address, upstream=None, route=None):
    return router({
        "upstreams": {"old": {"endpoints": [address], **(upstream or {})}}, "accessLog": "access.log",
        "routes": [{"id": "all", "match": {"prefix": "/"}, "legacy": "old", **(route or {})}]})


def reasons(it):
    """Of the access log: the reason of each request that has one."""
    lines = [json.loads(line) for line in (it.folder / "access.log").read_text().splitlines()]
    return [line["reason"] for line in lines if "reason" in line]


def check(it, got, status, reason, setting):
    problem = got.json()
    assert (got.status, problem["reason"], problem.get("setting")) == (status, reason, setting), problem
    assert problem["origin"] == "router"
    assert (got.headers.get("retry-after") == "1") == (status == 503)
    assert it.metric("strangler_upstream_failures_total", upstream="old", reason=reason) >= 1, it.metrics()
    wait_until(lambda: reason in reasons(it), what="the line in the access log")


@pytest.mark.parametrize("name", ATTEMPTS)
def test_what_an_upstream_did_is_said_in_one_word_everywhere(upstream, router, name):
    answer, route, status, reason, setting = ATTEMPTS[name]
    one = upstream("old", answer)
    it = served(router, one.address, route=route)
    # A POST is sent once: what may have been seen is not repeated.
    check(it, web.request(it.address, "POST", "/x", b"{}"), status, reason, setting)
    assert it.metric("strangler_upstream_failures_total", upstream="old") == 1
    assert reasons(it) == [reason]


def test_nobody_listens(router):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        it = served(router, f"127.0.0.1:{bound.getsockname()[1]}")
        check(it, web.request(it.address, "POST", "/x", b"{}"), 502, "connection_refused", None)
        # Each attempt counts: the first and two more.
        assert it.metric("strangler_upstream_failures_total", reason="connection_refused") == 3


def test_no_connection_in_time(router):
    with contextlib.ExitStack() as links:
        full = links.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        # What waits to be accepted is all that the system takes: further connections get no response.
        for _ in range(4):
            link = links.enter_context(socket.socket())
            link.setblocking(False)
            link.connect_ex(full.getsockname())
        it = served(router, f"127.0.0.1:{full.getsockname()[1]}", route={"timeouts": {"connect": "200ms"}})
        check(it, it.get("/x"), 504, "connection_timeout", "timeouts.connect")


def test_a_response_that_breaks_off_is_told_though_its_client_gets_no_problem(upstream, router):
    one = upstream("old", lambda seen: cut)
    it = served(router, one.address)
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        it.get("/x")
    assert it.metric("strangler_upstream_failures_total", upstream="old", reason="response_cut") == 1
    wait_until(lambda: reasons(it) == ["response_cut"], what="the line in the access log")


def test_want_of_connections_and_a_full_queue(upstream, router):
    go = threading.Event()

    def answer(seen):
        if seen.path == "/first":
            go.wait(20)
        return web.Upstream.ok("x")
    one = upstream("old", answer)
    it = served(router, one.address, {"connections": 1, "pending": 1}, {"timeouts": {"connect": "2s"}})
    got = {}

    def ask(path):
        got[path] = it.get(path)
    first = threading.Thread(target=ask, args=("/first",))
    first.start()
    wait_until(lambda: len(one.seen) == 1, what="the first request")
    waiting = threading.Thread(target=ask, args=("/waits",))
    waiting.start()
    wait_until(lambda: it.admin("GET", "/v1/status").json()["upstreams"][0]["waiting"] == 1, what="one that waits")
    check(it, it.get("/refused"), 503, "upstream_queue", "pending")
    waiting.join()
    check(it, got["/waits"], 503, "upstream_connections", "connections")
    go.set()
    first.join()
    assert got["/first"].status == 200


def test_an_open_circuit(upstream, router):
    one = upstream("old", lambda seen: None)
    # Without an alternative a request waits for the circuit; here it may not.
    it = served(router, one.address, {"breaker": {"failures": 1}}, {"retry": {"window": "1ms"}})
    assert web.request(it.address, "POST", "/x", b"{}").status == 502
    check(it, web.request(it.address, "POST", "/x", b"{}"), 503, "circuit_open", "breaker")


def test_too_many_requests_under_way(upstream, router):
    go = threading.Event()

    def answer(seen):
        go.wait(20)
        return web.Upstream.ok("x")
    one = upstream("old", answer)
    it = router({
        "upstreams": {"old": {"endpoints": [one.address]}}, "accessLog": "access.log", "limits": {"inFlight": 1},
        "routes": [{"id": "all", "match": {"prefix": "/"}, "legacy": "old"}]})
    first = threading.Thread(target=it.get, args=("/first",))
    first.start()
    wait_until(lambda: len(one.seen) == 1, what="the first request")
    check(it, it.get("/second"), 503, "in_flight", "limits.inFlight")
    go.set()
    first.join()
