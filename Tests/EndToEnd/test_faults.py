"""What the router does when the other side is gone, stuck, slow or half dead: real processes, real sockets."""
import socket
import struct
import subprocess
import sys
import threading
import time

import pytest

import web
from conftest import two_sides
from load import Load
from processes import wait_until

FAST = {"timeouts": {"connect": "300ms", "response": "400ms", "idle": "500ms"}}


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Nobody:
    def __init__(self):
        self.address = f"127.0.0.1:{free_port()}"


def reset(link):
    """Closes with RST."""
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    link.close()
    return False


def test_refused_is_502_with_a_request_id(upstream, router):
    it = router(two_sides(Nobody(), Nobody()))
    began = time.monotonic()
    got = it.get("/x")
    problem = got.json()
    assert got.status == 502 and problem["origin"] == "router" and got.headers["content-type"] == "application/problem+json"
    assert time.monotonic() - began < 2
    assert "127.0.0.1" not in got.body.decode(), "the answer tells addresses"


def test_no_answer_is_504(upstream, router):
    held = threading.Event()
    one = upstream("one", lambda seen: lambda link: held.wait(5) and False)
    it = router({**two_sides(one, one), "defaults": FAST})
    began = time.monotonic()
    got = it.get("/x")
    held.set()
    assert got.status == 504 and 0.2 < time.monotonic() - began < 3


def test_reset_before_an_answer_is_502_for_post_and_sent_once(upstream, router):
    one = upstream("one", lambda seen: reset)
    it = router(two_sides(one, one))
    assert it.admin("GET", "/v1/status").status == 200
    got = web.request(it.address, "POST", "/x", body=b"order")
    assert got.status == 502 and len(one.seen) == 1


def test_a_get_is_tried_again_on_a_fresh_connection(upstream, router):
    state = {"broken": True}

    def answer(seen):
        if state.pop("broken", False):
            return reset
        return web.Upstream.ok("fine")
    one = upstream("one", answer)
    it = router({**two_sides(one, one), "defaults": {"retry": {"attempts": 2, "on": ["connect-failure", "reset-before-response"]}}})
    assert it.get("/x").status == 200


def dying(seen_on, how, when):
    """Answers, and lets the connection die: at once after the answer, or when the next request comes."""
    def answer(seen):
        def serve(link):
            seen_on[link] = seen_on.get(link, 0) + 1
            if when == "at the next request" and seen_on[link] > 1:
                return how(link)
            link.sendall(web.Upstream.ok("fine"))
            return when == "at the next request" or how(link)
        return serve
    return answer


@pytest.mark.parametrize("how", [lambda link: False, reset], ids=["closed", "reset"])
@pytest.mark.parametrize("when", ["after the answer", "at the next request"])
def test_dying_pooled_connections_lose_no_get_and_repeat_no_post(upstream, router, how, when):
    """Four ways to die, 140 GET each: 560, and not one lost. A POST may be lost with its connection, but is never delivered twice."""
    one = upstream("one", dying({}, how, when))
    it = router(two_sides(one, one))
    link = web.connection(it.address)
    statuses = [web.request(link, "GET", f"/{i}").status for i in range(140)]
    assert statuses.count(200) == 140, statuses
    posts = [web.request(link, "POST", f"/post/{i}", body=b"x").status for i in range(100)]
    sent = [path for path in one.paths() if path.startswith("/post/")]
    assert len(sent) == len(set(sent)), "a POST was delivered twice"
    assert set(posts) <= {200, 502}
    if when == "after the answer":
        assert posts.count(200) >= 95, posts


class Mortal:
    """An upstream in a process of its own, which SIGKILL takes away for a tenth of each second; another one stands by to take the port."""

    SCRIPT = """
import socket, sys, threading
sys.stdin.readline()
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=512)
print(listener.getsockname()[1], flush=True)
def serve(link):
    rest = b""
    try:
        while True:
            while b"\\r\\n\\r\\n" not in rest:
                more = link.recv(65536)
                if not more:
                    return
                rest += more
            rest = rest.split(b"\\r\\n\\r\\n", 1)[1]
            link.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 4\\r\\n\\r\\nfine")
    except OSError:
        pass
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""

    def __init__(self):
        self.port, self.deaths, self._stop = 0, 0, threading.Event()
        self._living = self._stand_by()
        self.port = self._begin(self._living)
        self.address = f"127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._fate, daemon=True)

    def _stand_by(self):
        return subprocess.Popen([sys.executable, "-I", "-S", "-c", self.SCRIPT, str(self.port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    @staticmethod
    def _begin(process):
        process.stdin.write(b"\n")
        process.stdin.flush()
        return int(process.stdout.readline())

    def _fate(self):
        # The sleeps are the fault itself: 0.1 s of each second away.
        while not self._stop.wait(0.9):
            following = self._stand_by()
            self._living.kill()
            self._living.wait()
            self.deaths += 1
            time.sleep(0.1)
            self._begin(following)
            self._living = following

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(10)
        self._living.kill()
        self._living.wait()


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def test_an_upstream_that_is_killed_every_second_costs_hardly_a_request(router):
    """5,000 GET, paced so that some ten deaths fall into them: 5xx at most 1 %. How long the others took is printed: p99 is to be 400 ms at most."""
    with Mortal() as one:
        it = router(two_sides(one, one))
        statuses, times, lock = [], [], threading.Lock()

        def client(count):
            link = web.connection(it.address)
            for _ in range(count):
                began = time.monotonic()
                status = web.request(link, "GET", "/x").status
                took = time.monotonic() - began
                with lock:
                    statuses.append(status)
                    if status == 200:
                        times.append(took)
                time.sleep(max(0, 0.016 - took))  # 500 requests a second in all
        clients = [threading.Thread(target=client, args=(625,)) for _ in range(8)]
        for thread in clients:
            thread.start()
        for thread in clients:
            thread.join(120)
    failed = [status for status in statuses if status != 200]
    print(f"{len(statuses)} GET, {one.deaths} deaths: {len(failed)} failed; p50 {percentile(times, 0.5) * 1000:.1f} ms, "
          f"p99 {percentile(times, 0.99) * 1000:.1f} ms, slowest {max(times) * 1000:.1f} ms")
    assert len(statuses) == 5000 and one.deaths >= 5
    assert len(failed) <= 50, failed


def test_a_stuck_service_holds_nobody_else_up(upstream, router):
    """Its connections and its queue are full; legacy and another service answer as if nothing were. How fast is printed."""
    held = threading.Event()
    stuck = upstream("stuck", lambda seen: lambda link: held.wait(60) and False)
    legacy, other = upstream("legacy"), upstream("other")
    it = router({
        "upstreams": {"legacy": {"endpoints": [legacy.address]}, "other": {"endpoints": [other.address]},
                      "stuck": {"endpoints": [stuck.address], "connections": 8, "pending": 16}},
        "defaults": {"timeouts": {"connect": "60s", "response": "60s"}},
        "contexts": {"drawn": {"keys": [], "mode": "stateless"}},
        "routes": [
            {"id": "stuck", "match": {"prefix": "/stuck"}, "legacy": "legacy", "service": "stuck", "context": "drawn", "percent": 100,
             "priority": "critical"},
            {"id": "other", "match": {"prefix": "/other"}, "legacy": "legacy", "service": "other", "context": "drawn", "percent": 100},
            {"id": "default", "match": {"prefix": "/"}, "legacy": "legacy"}]})

    def quick(path, expected):
        link, times = web.connection(it.address), []
        for _ in range(500):
            began = time.monotonic()
            got = web.request(link, "GET", path)
            times.append(time.monotonic() - began)
            assert (got.status, got.body) == (200, expected)
        return percentile(times, 0.99) * 1000
    before = quick("/x", b"legacy")
    links = []
    for _ in range(40):
        link = socket.create_connection(("127.0.0.1", it.port))
        link.sendall(b"POST /stuck HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
        links.append(link)
    wait_until(lambda: it.metric("strangler_shed_requests_total", reason="upstream_queue") + it.metric(
        "strangler_requests_total", route="stuck", code="503") > 0, what="a full queue")
    during, beside = quick("/x", b"legacy"), quick("/other", b"other")
    print(f"p99 of legacy {before:.2f} ms before and {during:.2f} ms while a service is stuck; of another service {beside:.2f} ms")
    assert len(stuck.seen) == 8, "a stuck service has more than its own connections"
    # A read of the stuck route itself goes to legacy, because the service has a queue.
    assert it.get("/stuck").body == b"legacy"
    held.set()
    for link in links:
        link.close()


def test_under_overload_who_matters_is_served(upstream, router):
    """More clients than the router may serve at once: copies stop, what is sheddable is refused, and payments never are."""
    slow = upstream("slow", lambda seen: lambda link: time.sleep(0.1) or link.sendall(web.Upstream.ok("fine")) or True)
    copies = upstream("copies")
    it = router({
        "limits": {"inFlight": 100},  # copies to 70, reports to 80, others to 90
        "upstreams": {"slow": {"endpoints": [slow.address]}, "copies": {"endpoints": [copies.address]}},
        "routes": [
            {"id": "pay", "match": {"prefix": "/pay"}, "legacy": "slow", "priority": "critical"},
            {"id": "reports", "match": {"prefix": "/reports"}, "legacy": "slow", "priority": "sheddable"},
            {"id": "default", "match": {"prefix": "/"}, "legacy": "slow", "service": "copies", "mirror": {"percent": 100}}]})

    def shed():
        return it.metric("strangler_shed_requests_total", reason="in_flight")

    def copied(result):
        return it.metric("strangler_mirror_total", route="default", result=result)
    # 80 reports, 3 users and 4 payments at once stay below what users are refused at, however the threads run.
    with Load(it.address, clients=3, path="/x") as users, Load(it.address, clients=4, path="/pay") as payments:
        wait_until(lambda: copied("answered") >= 5, what="copies")
        assert shed() == 0 and copied("skipped_overloaded") == 0
        with Load(it.address, clients=95, path="/reports", expect=(200, 503)) as reports:
            wait_until(lambda: shed() >= 100 and copied("skipped_overloaded") >= 10, what="load to be shed")
            paid = payments.answers
            wait_until(lambda: payments.answers >= paid + 40, what="payments under overload")
        assert reports.answers > shed() / 2
        refused = shed()
        answered = copied("answered")
        wait_until(lambda: copied("answered") >= answered + 5, what="copies after the overload")
        assert shed() == refused
        assert it.get("/reports").status == 200
    print(f"{payments.answers} payments, {reports.answers} reports of which {refused:.0f} refused; {copied('skipped_overloaded'):.0f} copies not sent")
    assert payments.failures == [] and users.failures == [] and reports.failures == []


def test_an_answer_cut_short_looks_broken(upstream, router):
    one = upstream("one", lambda seen: lambda link: link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf") or False)
    it = router(two_sides(one, one))
    got = web.raw(it.address, b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
    head, _, body = got.partition(b"\r\n\r\n")
    assert b" 502 " in head or (b"100" in head and len(body) < 100)


def test_a_cut_chunked_answer_has_no_last_chunk(upstream, router):
    one = upstream("one", lambda seen: lambda link: link.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n") or False)
    it = router(two_sides(one, one))
    got = web.raw(it.address, b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
    assert not got.endswith(b"0\r\n\r\n")


def test_a_close_delimited_answer_that_is_reset_looks_broken(upstream, router):
    arrived = threading.Event()

    def answer(seen):
        def send(link):
            link.sendall(b"HTTP/1.1 200 OK\r\n\r\nhalf")
            assert arrived.wait(5)  # a reset discards what has not been read
            return reset(link)
        return send
    one = upstream("one", answer)
    it = router(two_sides(one, one))
    with socket.create_connection(("127.0.0.1", it.port), timeout=5) as link:
        link.sendall(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
        got, broken = b"", False
        try:
            while more := link.recv(65536):
                got += more
                if b"half" in got:
                    arrived.set()
        except ConnectionError:
            broken = True
    assert arrived.is_set()
    assert broken or not got.endswith(b"0\r\n\r\n")


def test_the_clients_end_cancels_the_upstream(upstream, router):
    ended = threading.Event()

    def answer(seen):
        def hold(link):
            link.settimeout(5)
            try:
                if link.recv(1) == b"":
                    ended.set()
            except ConnectionError:
                ended.set()
            return False
        return hold
    one = upstream("one", answer)
    it = router(two_sides(one, one))
    link = socket.create_connection(("127.0.0.1", it.port))
    link.sendall(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
    wait_until(lambda: one.seen, what="the request at the upstream")
    link.close()
    assert ended.wait(2), "the upstream was left working for nobody"


def test_reads_fall_back_to_the_monolith_and_writes_do_not(upstream, router):
    legacy, service = upstream("legacy"), Nobody()
    it = router(two_sides(legacy, service, percent=100))
    assert it.get("/api/profiles/1").body == b"legacy"
    assert web.request(it.address, "POST", "/api/profiles/1", body=b"x").status == 502
    assert legacy.paths() == ["/api/profiles/1"]


def test_a_slow_reader_costs_bounded_memory(upstream, router):
    size = 32 << 20
    block = b"x" * 65536

    def answer(seen):
        def send(link):
            link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            for _ in range(size // len(block)):
                link.sendall(block)
            return True
        return send
    one = upstream("one", answer)
    it = router(two_sides(one, one))
    it.get("/warm")
    before = it.process.resident()
    links = []
    for _ in range(4):
        link = socket.socket()
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.connect(("127.0.0.1", it.port))
        link.sendall(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
        links.append(link)
    wait_until(lambda: len(one.seen) == 5, what="four requests at the upstream")
    # Nothing moves once all buffers are full: two looks alike.
    last = [0]
    def still():
        now = it.process.resident()
        same, last[0] = now == last[0], now
        time.sleep(0.2)
        return same
    wait_until(still, what="memory at rest")
    assert it.process.resident() - before <= 1 << 20
    assert it.get("/warm").status == 200
    for link in links:
        link.close()


def test_an_upload_into_a_stuck_upstream_costs_bounded_memory(upstream, router):
    stuck = threading.Event()
    one = upstream("one")
    it = router({**two_sides(one, one), "limits": {"body": "64MiB"}})
    it.get("/warm")
    # Reads the head, then nothing.
    one._body = lambda link, head, rest: (stuck.wait(20), (b"", b""))[1]
    before = it.process.resident()
    links = []
    for _ in range(4):
        link = socket.create_connection(("127.0.0.1", it.port))
        link.sendall(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (32 << 20))
        link.setblocking(False)
        links.append(link)
    moved = time.monotonic()
    while time.monotonic() - moved < 0.5:
        for link in links:
            try:
                link.send(b"y" * 65536)
                moved = time.monotonic()
            except BlockingIOError:
                pass
    assert it.process.resident() - before <= 1 << 20
    stuck.set()
    for link in links:
        link.close()
    del one


def test_a_stream_passes_as_it_comes(upstream, router):
    """Server-sent events: each piece must arrive before the next is made."""
    go = threading.Semaphore(0)

    def answer(seen):
        def send(link):
            link.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            for i in range(3):
                go.acquire(timeout=5)
                link.sendall(b"9\r\ndata: %d\n\n\r\n" % i)
            link.sendall(b"0\r\n\r\n")
            return True
        return send
    one = upstream("one", answer)
    it = router(two_sides(one, one))
    with socket.create_connection(("127.0.0.1", it.port), timeout=5) as link:
        link.sendall(b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
        _, got = web.read_head(link)
        for i in range(3):
            go.release()
            while b"data: %d" % i not in got:
                more = link.recv(4096)
                assert more, "closed"
                got += more


def test_interim_answers_pass(upstream, router):
    one = upstream("one", lambda seen: b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + web.Upstream.ok("fine"))
    it = router(two_sides(one, one))
    got = web.raw(it.address, b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 103 ") and b"HTTP/1.1 200" in got
    # Never to 1.0.
    got = web.raw(it.address, b"GET /x HTTP/1.0\r\nHost: a\r\n\r\n")
    assert b" 103 " not in got and b" 200 " in got.split(b"\r\n")[0]


def test_expect_100_continue(upstream, router):
    one = upstream("one")
    it = router(two_sides(one, one))
    with socket.create_connection(("127.0.0.1", it.port), timeout=5) as link:
        link.sendall(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        head, rest = web.read_head(link)
        assert head.startswith(b"HTTP/1.1 100")
        link.sendall(b"hello")
        head, _ = web.read_head(link, rest)
        assert b" 200 " in head
    assert one.seen[0].body == b"hello"


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_answers_without_a_body_keep_the_connection(upstream, router, status):
    one = upstream("one", lambda seen: f"HTTP/1.1 {status}\r\nETag: \"x\"\r\n\r\n".encode())
    it = router(two_sides(one, one))
    link = web.connection(it.address)
    for i in range(3):
        got = web.request(link, "GET", f"/{i}")
        assert (str(got.status), got.body) == (status[:3], b"")


def test_head_keeps_the_length_and_the_connection(upstream, router):
    one = upstream("one", lambda seen: web.Upstream.ok("hello"))
    it = router(two_sides(one, one))
    link = web.connection(it.address)
    for i in range(3):
        got = web.request(link, "HEAD", f"/{i}")
        assert (got.status, got.headers["content-length"], got.body) == (200, "5", b"")


def test_an_answer_before_the_body_is_complete_arrives(upstream, router):
    one = upstream("one")
    one._body = lambda link, head, rest: (b"", b"")
    one.answer = lambda seen: lambda link: link.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno") or False
    it = router(two_sides(one, one))
    with socket.create_connection(("127.0.0.1", it.port), timeout=5) as link:
        link.sendall(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nsome")
        head, _ = web.read_head(link)
        assert b" 413 " in head


def test_a_slow_head_is_cut(upstream, router):
    one = upstream("one")
    it = router({**two_sides(one, one), "timeouts": {"header": "500ms"}})
    with socket.create_connection(("127.0.0.1", it.port), timeout=5) as link:
        link.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
        began = time.monotonic()
        got = link.recv(4096)
        assert time.monotonic() - began < 3
        assert got == b"" or b" 408 " in got


def test_five_thousand_idle_connections(upstream, router):
    import resource
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 12000:
        pytest.skip(f"this machine allows {hard} open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (12000 if hard == resource.RLIM_INFINITY else min(hard, 12000), hard))
    one = upstream("one")
    it = router({**two_sides(one, one), "limits": {"connectionsPerAddress": 6000}})
    it.get("/warm")
    before = it.process.resident()
    links = []
    try:
        for _ in range(5000):
            link = socket.create_connection(("127.0.0.1", it.port))
            link.sendall(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            web.read_head(link)
            links.append(link)
        each = (it.process.resident() - before) / 5000
        print(f"idle connection: {each:.0f} bytes")
        assert each <= 4096
    finally:
        for link in links:
            link.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
