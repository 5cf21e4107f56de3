"""Connections to upstreams as real servers treat them: logged in, closed when idle, answered early, with a body behind HEAD."""
import base64
import socket
import threading
import time

import pytest

import web
from conftest import two_sides
from processes import wait_until


class Server:
    """Listens on a free port; `_opened` and `_serve` say what becomes of each connection, which has a thread of its own."""

    def __init__(self):
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._opened(link)
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def close(self):
        # Closed alone it would go on accepting for the thread that waits there.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


class LogIns(Server):
    """NTLM's shape: three legs on one connection, and from then on the connection is the user."""

    def __init__(self):
        self.opened, self.closed, self.links = 0, 0, []
        super().__init__()

    def _opened(self, link):
        self.opened += 1
        self.links.append(link)

    def _serve(self, link):
        user, began, rest = None, False, b""
        try:
            while True:
                head, rest = web.read_head(link, rest)
                body, rest = web.Upstream._body(link, head, rest)
                given = web.Seen(head[:-4], body)["authorization"]
                if given and given.split(" ")[0].lower() == "ntlm":
                    token = base64.b64decode(given.split(" ")[1])
                    if token == b"hello":
                        began = True
                        link.sendall(web.Upstream.ok("", "401 Unauthorized", ["WWW-Authenticate: NTLM " + base64.b64encode(b"prove").decode()]))
                        continue
                    # A proof without its challenge, which another connection had.
                    user = token.decode() if began else None
                if user:
                    link.sendall(web.Upstream.ok(user))
                else:
                    link.sendall(web.Upstream.ok("who?", "401 Unauthorized", ["WWW-Authenticate: Negotiate", "WWW-Authenticate: NTLM"]))
        except (OSError, ConnectionError):
            pass
        finally:
            with self._lock:
                self.closed += 1
            link.close()


def log_in(link, name):
    def leg(text):
        return web.request(link, "GET", "/", headers={"Authorization": "NTLM " + base64.b64encode(text.encode()).decode()})
    assert leg("hello").status == 401
    return leg(name)


def test_a_log_in_belongs_to_the_connection_that_made_it(router):
    """Two clients on one pool: bob is nobody as long as he has not said who he is, and neither is ever the other."""
    server = LogIns()
    it = router(two_sides(server, server))
    alice, bob = web.connection(it.address), web.connection(it.address)
    assert web.request(alice, "GET", "/").status == 401
    assert log_in(alice, "alice").body == b"alice"
    for _ in range(20):
        assert web.request(alice, "GET", "/").body == b"alice"
        assert web.request(alice, "POST", "/", body=b"x").body == b"alice"
        assert (web.request(bob, "GET", "/").status, web.request(it.address, "GET", "/").status) == (401, 401)
    assert log_in(bob, "bob").body == b"bob"
    for _ in range(20):
        assert (web.request(alice, "GET", "/").body, web.request(bob, "GET", "/").body) == (b"alice", b"bob")
    # With the client goes its connection.
    closed = server.closed
    alice.close()
    wait_until(lambda: server.closed > closed, what="the end of alice's connection")
    assert web.request(it.address, "GET", "/").status == 401
    assert web.request(bob, "GET", "/").body == b"bob"
    server.close()


def test_a_client_learns_when_its_logged_in_connection_ends(router):
    server = LogIns()
    it = router(two_sides(server, server))
    with socket.create_connection(("127.0.0.1", it.port), timeout=5) as link:
        token = base64.b64encode(b"hello").decode()
        link.sendall(f"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: NTLM {token}\r\n\r\n".encode())
        head, _ = web.read_head(link)
        assert b" 401 " in head and b"NTLM" in head
        for one in server.links:
            one.shutdown(socket.SHUT_RDWR)
        assert link.recv(100) == b"", "the client goes on, and does not know that it is nobody"
    server.close()


def test_a_post_right_behind_a_head_that_was_answered_with_a_body(upstream, router):
    """The server sends the body that HEAD must not have, in a second write: whoever comes next must not read it."""
    def answer(seen):
        def send(link):
            link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
            if seen.method == "HEAD":
                time.sleep(0.001)  # the second write must be one of its own
            link.sendall(b"hello")
            return True
        return send
    one = upstream("one", answer)
    it = router(two_sides(one, one))
    link = web.connection(it.address)
    got = []
    for i in range(200):
        assert web.request(link, "HEAD", f"/{i}").status == 200
        got.append(web.request(link, ("POST", "GET")[i % 2], f"/{i}", body=(b"x", None)[i % 2]).status)
    print({status: got.count(status) for status in set(got)})
    assert got == [200] * 200
    posts = [seen.path for seen in one.seen if seen.method == "POST"]
    assert len(posts) == len(set(posts))


class ShortLived(Server):
    """Closes a connection that has been idle for `idle`, as servers do; counts what is open."""

    def __init__(self, idle, name="fine", headers=()):
        self.idle, self.open, self.most, self.accepted, self._links = idle, 0, 0, 0, set()
        self.answer = web.Upstream.ok(name, headers=headers)
        super().__init__()

    def _opened(self, link):
        self.accepted += 1
        self.open += 1
        self._links.add(link)
        # What the peer has ended is none of its connections any more, however late the thread here finds out.
        self.most = max(self.most, sum(not self._is_ended(one) for one in self._links))

    @staticmethod
    def _is_ended(link):
        try:
            return link.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _serve(self, link):
        link.settimeout(self.idle)
        rest = b""
        try:
            while True:
                head, rest = web.read_head(link, rest)
                _, rest = web.Upstream._body(link, head, rest)
                link.sendall(self.answer)
        except (OSError, ConnectionError):
            pass
        finally:
            with self._lock:
                self.open -= 1
                self._links.discard(link)
            link.close()


def test_a_servers_short_keep_alive_floods_nothing(router):
    """Four clients post in bursts, beside the server's time-out of 400 ms: the pool never has more connections than there are clients."""
    server = ShortLived(0.4)
    it = router(two_sides(server, server))
    links = [web.connection(it.address) for _ in range(4)]
    failed = [0]

    def client(number, link):
        for turn in range(24):
            answer = web.request(link, "POST", f"/{number}/{turn}", body=b"x")
            failed[0] += answer.status != 200
            # Some pauses are shorter than the server's time-out, some longer: each of those lets connections be closed.
            time.sleep(0.45 if turn % 6 == number else 0.02)
    threads = [threading.Thread(target=client, args=each) for each in enumerate(links)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    print(f"at most {server.most} connections open, {server.accepted} in all; {failed[0]} POSTs failed")
    assert server.most <= 4 + 2
    server.close()


@pytest.mark.parametrize("headers, name", [(["Keep-Alive: timeout=2"], "said"), ([], "seen")])
def test_an_endpoints_own_keep_alive_is_kept_below(router, headers, name):
    """What the server says or does lowers how long its idle connections are kept: none of them is found closed."""
    server = ShortLived(2, headers=headers)
    it = router(two_sides(server, server))
    link = web.connection(it.address)
    web.request(link, "GET", "/")
    if name == "seen":
        for _ in range(2):
            wait_until(lambda: server.open == 0, what="the server's time-out")
            web.request(link, "GET", "/")
    began = time.monotonic()
    wait_until(lambda: server.open == 0, what="the end of the idle connection")
    assert time.monotonic() - began < 1.9, "kept until the server closed it"
    server.close()


class Away:
    """A server on a port of its own that can be away: then nobody listens, and its connections are cut."""

    def __init__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.back()

    def back(self):
        self.server = web.Upstream("fine", port=self.port)

    def go(self):
        self.server.close()


@pytest.mark.parametrize("outages", [1, 3])
def test_an_outage_is_hardly_longer_for_clients_than_it_is(router, outages):
    """Down for 600 ms, with nobody else to ask: the errors are over when the server is back, and fewer than those of who refuses at once."""
    one = Away()
    document = {"upstreams": {"only": {"endpoints": [one.address]}}, "routes": [{"id": "all", "match": {"prefix": "/"}, "legacy": "only"}]}
    it = router(document)
    ended, results, lock = threading.Event(), [], threading.Lock()

    def client():
        link = web.connection(it.address)
        while not ended.is_set():
            began = time.monotonic()
            status = web.request(link, "GET", "/x").status
            with lock:
                results.append((began, time.monotonic(), status))
            time.sleep(0.008)  # the pace of a client, as of a person who clicks
    threads = [threading.Thread(target=client) for _ in range(4)]
    for thread in threads:
        thread.start()
    downs = []
    # The sleeps are the fault itself.
    for _ in range(outages):
        time.sleep(0.4)
        one.go()
        began = time.monotonic()
        time.sleep(0.6)
        one.back()
        downs.append((began, time.monotonic()))
        time.sleep(0.8)
    ended.set()
    for thread in threads:
        thread.join(10)
    errors = [each for each in results if each[2] != 200]
    late = max((end - next(d for d in reversed(downs) if d[0] <= end)[1] for _, end, _ in errors), default=-1)
    longest = max(end - began for began, end, _ in results)
    print(f"{len(errors)} errors of {len(results)}, the last {late * 1000:.0f} ms after the server was back; slowest answer {longest * 1000:.0f} ms")
    # Whoever refuses at once fails about 75 requests of each client in each outage.
    assert len(errors) <= 24 * outages
    assert late < 0.12
    assert longest < 0.6
    one.server.close()


def test_with_an_endpoint_down_no_read_strays(upstream, router):
    old, new = upstream("old"), upstream("new")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{probe.getsockname()[1]}"
    it = router({**two_sides(old, new, percent=100), "upstreams": {
        "monolith": {"endpoints": [old.address]}, "profile": {"endpoints": [nobody, new.address]}}})
    got = [it.get("/api/profiles/1").body for _ in range(200)]
    print({body: got.count(body) for body in set(got)})
    assert got == [b"new"] * 200


def test_a_client_with_nagle_is_not_held_up(upstream, router):
    """A POST in two writes: the second waits in the client's kernel until the first is acknowledged, which must not take the 40 ms of a late one."""
    one = upstream("one")
    it = router(two_sides(one, one))
    with socket.create_connection(("127.0.0.1", it.port), timeout=5) as link:
        times = []
        for _ in range(30):
            began = time.monotonic()
            link.sendall(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
            link.sendall(b"hello")
            head, rest = web.read_head(link)
            assert b" 200 " in head
            while len(rest) < 3:
                rest += link.recv(100)
            times.append(time.monotonic() - began)
    print(f"median {sorted(times)[15] * 1000:.1f} ms, slowest {max(times) * 1000:.1f} ms")
    assert sorted(times)[15] < 0.02


def test_an_answer_that_comes_before_the_request_is_whole_costs_its_connection(upstream, router):
    """The server may wait for the rest of a body that it has answered already: nobody else's request goes there."""
    one, ended = upstream("one"), threading.Event()
    took = one._body

    def body(link, head, rest):
        if not head.startswith(b"POST"):
            return took(link, head, rest)
        whole = web.Upstream.ok("early")
        link.sendall(whole[:-2])
        took(link, head, rest)
        link.sendall(whole[-2:])
        # It stalls: what comes next on this connection has no response.
        ended.wait(20)
        raise ConnectionError("it has been waited for")
    one._body = body
    it = router({**two_sides(one, one), "defaults": {"timeouts": {"response": "2s"}}})
    with socket.create_connection(("127.0.0.1", it.port), timeout=5) as link:
        link.sendall(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe")
        head, _ = web.read_head(link)
        assert b" 200 " in head
        link.sendall(b"llo")
        while link.recv(100):
            pass
    got = [it.get("/y").status for _ in range(5)]
    ended.set()
    assert got == [200] * 5


class Far:
    """The same upstream by an address that the router does not take for this machine: connections to it are not there at once."""

    def __init__(self, near):
        self.address = f"0.0.0.0:{near.port}"


def test_an_upstream_that_is_not_reached_at_once_serves_all_the_same(upstream, router):
    def echo(seen):
        if seen["upgrade"]:
            def tunnel(link):
                link.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n")
                link.sendall(link.recv(5))
            return tunnel
        return web.Upstream.ok(seen.body or b"nothing")
    legacy, service = upstream("legacy", echo), upstream("service", echo)
    document = two_sides(Far(legacy), Far(service), mirror={"percent": 100})
    document["upstreams"]["profile"]["health"] = {"path": "/healthz", "interval": "50ms"}
    it = router(document)
    def probed():
        found = next(each for each in it.admin("GET", "/v1/status").json()["upstreams"] if each["name"] == "profile")["endpoints"][0]
        assert found["probe_failures"] == 0
        return found["probes"] > 1 and found["health"] == "healthy"
    wait_until(probed, what="two probes")
    body = bytes(range(256)) * 4096
    clients = [web.connection(it.address) for _ in range(20)]
    for turn in range(3):
        for number, client in enumerate(clients):
            sent = body if number % 2 else None
            client.request("POST" if sent else "GET", f"/api/profiles/{turn}-{number}", body=sent)
        for number, client in enumerate(clients):
            answer = client.getresponse()
            assert answer.status == 200 and answer.read() == (body if number % 2 else b"nothing")
    # A copy of each read left, on connections of their own.
    wait_until(lambda: len(service.paths()) == 30, what="the copies")
    assert len(legacy.paths()) == 60
    handshake = (b"GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                 b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    with socket.create_connection(("127.0.0.1", it.port), timeout=5) as link:
        link.sendall(handshake)
        head, rest = web.read_head(link)
        assert head.startswith(b"HTTP/1.1 101")
        link.sendall(b"hello")
        while len(rest) < 5:
            rest += link.recv(5)
        assert rest == b"hello"
