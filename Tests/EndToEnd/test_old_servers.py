"""Answers that old servers give: repaired where the standard says how, accepted with `tolerance: legacy` where they read in one way, refused else."""
import http.client
import re

import pytest

import web
from conftest import two_sides
from processes import wait_until

# name: (answer, status, fields that the client gets, body)
REPAIRED = {
    "blank before the colon": (b"HTTP/1.1 200 OK\r\nX-Old : 1\r\nContent-Length : 2\r\n\r\nok", 200, {"X-Old": "1"}, b"ok"),
    "folded line": (b"HTTP/1.1 200 OK\r\nX-Old: a\r\n\t b\r\nContent-Length: 2\r\n\r\nok", 200, {"X-Old": "a b"}, b"ok"),
    "blank before the colon of chunked": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding : chunked\r\n\r\n2\r\nok\r\n0\r\nX-T : a\r\n b\r\n\r\n", 200, {"X-T": None}, b"ok"),
    "204 with a body": (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\nX-Old: 1\r\n\r\nhello", 204, {"X-Old": "1", "Content-Length": None}, b""),
    "204 with chunks": (b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 204, {}, b""),
}
# name: (answer, status, body, the rule that it breaks, line)
TOLERATED = {
    "lines in LF": (b"HTTP/1.1 200 OK\nX-Old: 1\nContent-Length: 2\n\nok", 200, b"ok", "RFC 9112 2.2", 1),
    "lines in LF of 1.0": (b"HTTP/1.0 200 OK\nX-Old: a\n b\n\nok", 200, b"ok", "RFC 9112 2.2", 1),
    "status 600": (b"HTTP/1.1 600 Odd\r\nContent-Length: 2\r\n\r\nok", 600, b"ok", "RFC 9110 15", 1),
    "chunked in 1.0": (b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200, b"ok", "RFC 9112 6.1", 2),
    "identity": (b"HTTP/1.1 200 OK\r\nX: 1\r\nTransfer-Encoding: identity\r\n\r\nok", 200, b"ok", "RFC 9112 7", 3),
}
# Two ways to read them, whoever the server is.
NEVER = {
    "length and chunked": b"HTTP/1.1 200 OK\nContent-Length: 5\nTransfer-Encoding: chunked\n\n0\r\n\r\n",
    "length and identity": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: identity\r\n\r\nok",
    "CRLF, then LF": b"HTTP/1.1 200 OK\r\nContent-Length: 2\n\nok",
    "LF, then CRLF": b"HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nok",
    "two lengths": b"HTTP/1.1 200 OK\nContent-Length: 1\nContent-Length: 2\n\nab",
    "coding twice in 1.0": b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
}


def served(upstream, router, answer, tolerance):
    """A router before a server that gives that answer once per connection and then closes."""
    def give(seen):
        def send(link):
            link.sendall(answer)
            return False
        return send
    one = upstream("one", give)
    document = two_sides(one, one)
    if tolerance:
        for each in document["upstreams"].values():
            each["tolerance"] = tolerance
    return one, router(document)


@pytest.mark.parametrize("tolerance", [None, "legacy"])
@pytest.mark.parametrize("name", REPAIRED)
def test_what_a_proxy_is_told_to_repair_is_repaired(upstream, router, name, tolerance):
    answer, status, fields, body = REPAIRED[name]
    _, it = served(upstream, router, answer, tolerance)
    link = web.connection(it.address)
    for _ in range(3):
        got = web.request(link, "GET", "/x")
        assert (got.status, got.body) == (status, body), got
        assert {key: got.headers[key] for key in fields} == fields
    link.close()


def test_what_comes_with_a_204_goes_with_its_connection(upstream, router):
    """The body that was announced must never be taken for the answer to the next request."""
    def answer(seen):
        if seen.path != "/none":
            return web.Upstream.ok("clean")

        def send(link):
            link.sendall(b"HTTP/1.1 204 No Content\r\nContent-Length: 38\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            return True
        return send
    one = upstream("one", answer)
    it = router(two_sides(one, one))
    for _ in range(5):
        assert it.get("/none").status == 204
        assert it.get("/next").body == b"clean"


@pytest.mark.parametrize("name", TOLERATED)
def test_what_reads_in_one_way_is_accepted_from_a_legacy_upstream(upstream, router, name):
    answer, status, body, _, _ = TOLERATED[name]
    _, it = served(upstream, router, answer, "legacy")
    got = it.get("/x")
    assert (got.status, got.body) == (status, body), got
    raw = web.raw(it.address, b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    head, _, _ = raw.partition(b"\r\n\r\n")
    # Written anew: whole lines with CRLF, one framing, nothing of the odd one.
    assert b"\n" not in head.replace(b"\r\n", b"") and b"identity" not in head.lower()
    assert len(re.findall(rb"(?i)\r\n(content-length|transfer-encoding):", head)) <= 1


@pytest.mark.parametrize("name", TOLERATED)
def test_a_refused_answer_says_which_line_of_which_rule_and_the_setting(upstream, router, name):
    answer, _, _, rule, line = TOLERATED[name]
    _, it = served(upstream, router, answer, None)
    got = it.get("/x")
    problem = got.json()
    assert got.status == 502 and problem["origin"] == "router"
    assert (problem["rule"], problem["line"], problem["setting"]) == (rule, line, "tolerance"), problem
    assert rule in problem["detail"] and f"line {line}" in problem["detail"] and "tolerance: legacy" in problem["detail"]
    assert it.metric("strangler_refused_answers_total", upstream="monolith", reason=problem["reason"]) == 1
    wait_until(lambda: any("answer refused" in told and rule in told and "upstream=monolith" in told for told in it.process.errors().splitlines()),
               what="the line in the log")


@pytest.mark.parametrize("tolerance", [None, "legacy"])
@pytest.mark.parametrize("name", NEVER)
def test_two_ways_to_read_are_refused_whatever_is_configured(upstream, router, name, tolerance):
    _, it = served(upstream, router, NEVER[name], tolerance)
    got = it.get("/x")
    assert got.status == 502, got
    if tolerance == "legacy":
        assert "setting" not in got.json()


@pytest.mark.parametrize("tolerance, whole", [(None, False), ("legacy", True)])
def test_sizes_of_chunks_padded_with_blanks(upstream, router, tolerance, whole):
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5     \r\nhello\r\n0\t\r\n\r\n"
    _, it = served(upstream, router, answer, tolerance)
    if whole:
        assert it.get("/x").body == b"hello"
    else:
        # The head has gone: the response must not look whole.
        with pytest.raises((http.client.IncompleteRead, ConnectionError, http.client.BadStatusLine)):
            it.get("/x")
        assert it.metric("strangler_refused_answers_total", reason="chunk_size_padded") == 1


def test_a_refused_request_says_which_line_of_which_rule(upstream, router):
    one = upstream("one")
    it = router(two_sides(one, one))
    for data, rule, line, reason in [
        (b"GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n", "RFC 9112 5.1", 3, "space_before_colon"),
        (b"GET /a%2Fb HTTP/1.1\r\nHost: a\r\n\r\n", "RFC 3986 2.2", 1, "path_slash_escaped"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n", "RFC 9112 6.1", 5,
         "length_with_transfer_encoding"),
    ]:
        got = web.raw(it.address, data)
        assert got.startswith(b"HTTP/1.1 400 "), got
        assert f'"rule":"{rule}"'.encode() in got and f'"line":{line}'.encode() in got and f'"reason":"{reason}"'.encode() in got, got
        assert it.metric("strangler_refused_requests_total", reason=reason) == 1
        wait_until(lambda: any("request refused" in told and rule in told and f"line={line}" in told for told in it.process.errors().splitlines()),
                   what="the line in the log")
    assert one.paths() == []


@pytest.mark.parametrize("tolerance, healthy", [("strict", 0), ("legacy", 1)])
def test_probes_read_answers_as_requests_do(upstream, router, tolerance, healthy):
    """Or an old server would be taken out by its probes while its answers are good enough."""
    one = upstream("one", lambda seen: b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok")
    document = two_sides(one, one)
    document["upstreams"]["monolith"] |= {
        "tolerance": tolerance, "health": {"path": "/probe", "interval": "50ms", "unhealthyAfter": 1, "healthyAfter": 1}}
    it = router(document)
    wait_until(lambda: one.paths().count("/probe") >= 4, what="a few probes")
    assert it.metric("strangler_upstream_healthy_endpoints", upstream="monolith") == healthy


def test_answers_to_copies_that_are_refused_are_told_too(upstream, router):
    """Before anybody is moved to the service."""
    legacy, service = upstream("legacy"), upstream("service", lambda seen: b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok")
    it = router(two_sides(legacy, service, mirror={"percent": 100}))
    assert it.get("/api/profiles/1").status == 200
    wait_until(lambda: it.metric("strangler_refused_answers_total", upstream="profile", reason="bare_line_feed") == 1, what="the count")
    assert "upstream=profile" in it.process.errors() and "route=profile" in it.process.errors()


def test_a_head_beyond_the_limit_names_the_limit(upstream, router):
    one = upstream("one", lambda seen: b"HTTP/1.1 200 OK\r\n" + b"".join(b"X%d: %s\r\n" % (i, b"a" * 1000) for i in range(80)) + b"\r\n")
    it = router(two_sides(one, one))
    got = it.get("/x")
    assert got.status == 502 and got.json()["setting"] == "limits.responseHead", got
