"""A new process takes the sockets over from the running one: nothing is refused, nothing is cut, and whatever goes wrong on the way
leaves the running one serving."""
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

import processes
import web
from conftest import two_sides
from load import Crowd, Load
from processes import wait_until


class Newcomers(Crowd):
    """Clients that open a connection for every request, and take nothing but an answer."""

    def __init__(self, address, clients=4, path="/api/profiles/1"):
        self.address, self.path, self.answers, self.failures = address, path, 0, []
        super().__init__(self._client, [()] * clients)

    def _client(self):
        while not self._stop.is_set():
            try:
                answer = web.request(self.address, "GET", self.path, timeout=10)
                failure = None if answer.status == 200 else repr(answer)
            except (OSError, EOFError, web.http.client.HTTPException) as error:
                failure = repr(error)
            with self._lock:
                self.answers += 1
                if failure:
                    self.failures.append(failure)


def taken_over(running, threads=1, wait=True):
    """A second process on the same configuration; by default waits until it serves and the first has ended."""
    before = running.process
    running.process = running._start("strangler-router", "--config", running.file, "--threads", threads, "--takeover")
    running.process.ready()
    running.port, running.address = running.process.port, running.process.address
    if wait:
        assert before.exit_status(20) == 0, before.output()
    return before


def place(running):
    return f"{running.socket}.takeover"


def packets(running, *messages):
    """Connects to the take-over socket and sends packets; the connection stays open."""
    link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    link.settimeout(10)
    link.connect(place(running))
    for message in messages:
        link.send(message)
    return link


def attempt(running, *arguments, seconds=20):
    """A take-over that is expected to fail: the exit status and what it said."""
    ended = processes.run("strangler-router", "--config", running.file, "--takeover", *arguments, seconds=seconds)
    return ended.returncode, ended.stderr


def documents(upstream, **extra):
    return {**two_sides(upstream("monolith"), upstream("profile"), percent=50), "timeouts": {"drain": "2s"}, **extra}


def test_five_take_overs_under_load_refuse_and_cut_nothing(router, upstream):
    running = router(documents(upstream))
    port = running.port
    with Newcomers(running.address) as newcomers, Load(running.address, clients=6) as load:
        for threads in (2, 1, 2, 2, 1):
            wait_until(lambda: load.answers and newcomers.answers, what="traffic")
            seen = load.answers, newcomers.answers
            taken_over(running, threads)
            assert running.port == port
            wait_until(lambda: load.answers > seen[0] + 100 and newcomers.answers > seen[1] + 100, what="traffic after it")
            assert running.admin("GET", "/v1/status").json()["router"]["threads"] == threads
    assert newcomers.failures == [] and load.failures == []
    # Told properly, by a response that says `connection: close`, once for each take-over at most.
    assert load.reconnects <= 6 * 5


def test_connections_in_every_queue_are_served_by_fewer_loops(router, upstream):
    running = router(documents(upstream), threads=4)
    # Accepted by nobody while the process is stopped: they wait in the queues of its four sockets.
    running.process.signal(signal.SIGSTOP)
    waiting = [socket.create_connection(("127.0.0.1", running.port), timeout=10) for _ in range(64)]
    for link in waiting:
        link.sendall(b"GET /api/profiles/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    running.process.signal(signal.SIGCONT)
    taken_over(running, threads=1)
    for link in waiting:
        with link:
            assert web.read_head(link)[0].startswith(b"HTTP/1.1 200")


def test_an_exchange_in_flight_ends_on_the_old_process(router, upstream):
    held = threading.Event()

    def late(seen):
        def later(link):
            held.wait(10)
            link.sendall(web.Upstream.ok("late"))
            return True
        return later if seen.path == "/slow" else web.Upstream.ok("monolith")

    monolith = upstream("monolith", answer=late)
    running = router({**two_sides(monolith, upstream("profile")), "timeouts": {"drain": "8s"}})
    answers = []
    link = web.connection(running.address)
    thread = threading.Thread(target=lambda: answers.append(web.request(link, "GET", "/slow")))
    thread.start()
    wait_until(lambda: "/slow" in monolith.paths(), what="the request in flight")
    before = taken_over(running, wait=False)
    assert running.get("/").body == b"monolith"
    assert before.popen.poll() is None
    held.set()
    thread.join(10)
    assert answers[0].status == 200 and answers[0].body == b"late" and answers[0].headers["connection"] == "close"
    assert before.exit_status(15) == 0


def test_the_admin_socket_passes_on_and_changes_are_neither_lost_nor_undone(router, upstream):
    running = router(documents(upstream))
    for percent in (10, 20, 30):
        assert running.admin("POST", "/v1/routes/profile/shift", {"percent": percent}).status == 200
        revision = running.revision()
        taken_over(running)
        assert running.revision() == revision
        assert running.document()["routes"][0]["percent"] == percent
        assert running.socket.exists()
    link = web.connection(running.socket)
    assert web.request(link, "GET", "/v1/status").status == 200
    before = taken_over(running, wait=False)
    # Connected to the old one still: it looks, and changes nothing any more.
    refused = web.request(link, "POST", "/v1/routes/profile/shift", {"percent": 40})
    assert refused.status == 503 and refused.headers["connection"] == "close"
    assert running.admin("POST", "/v1/routes/profile/shift", {"percent": 40}).status == 200
    assert before.exit_status(15) == 0


def test_an_address_that_is_new_is_bound_and_one_that_is_gone_ends(router, upstream):
    document = documents(upstream, listen=["127.0.0.1:0", "127.0.0.2:0"])
    running = router(document)
    gone = int(running.process.line(r"listening on http://127\.0\.0\.2:(\d+)")[1])
    running.write({**document, "listen": ["127.0.0.1:0", "127.0.0.3:0"]})
    taken_over(running)
    new = int(running.process.line(r"listening on http://127\.0\.0\.3:(\d+)")[1])
    assert running.get("/").status == 200 and web.request(f"127.0.0.3:{new}").status == 200
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", gone), timeout=5)


def test_with_nobody_to_take_over_from_it_starts_as_usual(router, upstream):
    running = router(documents(upstream))
    running.process.signal(signal.SIGTERM)
    assert running.process.exit_status(15) == 0
    running.process = running._start("strangler-router", "--config", running.file, "--takeover").ready()
    assert web.request(running.process.address).status == 200
    assert "no router to take over from" in running.process.errors()
    # And what a killed one left does not deceive it.
    running.process.kill()
    running.process = running._start("strangler-router", "--config", running.file, "--takeover").ready()
    assert web.request(running.process.address).status == 200


def test_a_second_router_without_it_takes_no_connection(router, upstream):
    running = router(documents(upstream))
    fixed = {**json.loads(running.file.read_text()), "listen": [running.address]}
    running.write(json.dumps(fixed))
    with Newcomers(running.address) as newcomers:
        for _ in range(3):
            ended = processes.run("strangler-router", "--config", running.file)
            assert ended.returncode == 1 and "in use" in ended.stderr
        wait_until(lambda: newcomers.answers > 50, what="traffic")
    assert newcomers.failures == []


def test_a_bad_configuration_leaves_the_old_one_serving(router, upstream):
    running = router(documents(upstream))
    good = running.file.read_text()
    with Newcomers(running.address) as newcomers:
        for bad in ('{"version": 1', good.replace("127.0.0.1:0", "203.0.113.77:80")):
            running.write(bad)
            status, said = attempt(running)
            assert status in (1, 69) and said
        # Known only after a while that the last one has gone: a further one is not kept waiting for it.
        running.write(good)
        wait_until(lambda: newcomers.answers > 50, what="traffic")
        taken_over(running)
    assert newcomers.failures == []


def test_peers_that_say_nothing_or_garbage_do_no_harm(router, upstream):
    running = router(documents(upstream))
    garbage = [packets(running, message) for message in (
        b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 100, b"x" * 20000, b"ready 0", b"serving", b"strangler-takeover 1 claim now")]
    other = packets(running, b"strangler-takeover 2 claim")
    # More than are waited for: those beyond are closed at once.
    silent = [packets(running) for _ in range(40)]
    for link in silent + garbage + [other]:
        # Told why, or just closed: within the two seconds that a word may take.
        try:
            said = link.recv(1000)
        except ConnectionResetError:
            said = b""
        assert said == b"" or said.startswith(b"abort "), said
        link.close()
    assert running.get("/").status == 200
    taken_over(running)
    assert running.get("/").status == 200


def test_a_process_that_dies_in_the_middle_leaves_the_old_one_serving(router, upstream):
    running = router(documents(upstream), threads=2)
    with Newcomers(running.address) as newcomers, Load(running.address) as load:
        for turn in range(6):
            # Has copies of every socket, and goes.
            link = packets(running, b"strangler-takeover 1 claim")
            assert link.recv(1000).startswith(b"strangler-takeover 1 offer ")
            link.close()
            # Says that it is ready, and goes, before or after it hears that it is its turn.
            link = packets(running, b"strangler-takeover 1 claim", b"ready 0,1,2")
            if turn % 2:
                while link.recv(1000) != b"go":
                    pass
            link.close()
            seen = newcomers.answers
            wait_until(lambda: newcomers.answers > seen + 20, what="traffic")
        # While one is under way a second is refused, and hears so.
        link = packets(running, b"strangler-takeover 1 claim")
        status, said = attempt(running)
        assert status == 69 and "under way" in said
        link.close()
        wait_until(lambda: running.process.errors().count("given up") >= 13, what="the last one given up")
    assert running.process.popen.poll() is None
    assert newcomers.failures == [] and load.failures == [] and load.reconnects == 0
    taken_over(running)


def test_one_that_hangs_at_its_turn_is_not_waited_for(router, upstream):
    running = router(documents(upstream))
    link = packets(running, b"strangler-takeover 1 claim", b"ready 0,1,2")
    while link.recv(1000) != b"go":
        pass
    # Nobody accepts now: it waits in the kernel, and is answered when the time of the other one is over.
    assert running.get("/", timeout=10).status == 200
    assert link.recv(1000).startswith(b"abort ")
    link.close()
    taken_over(running)


def test_a_router_that_dies_while_the_new_one_is_ready_leaves_it_the_serving(router, upstream):
    running = router(documents(upstream))
    running.process.kill()
    # One of the test's own in its place: it has one socket to give, and dies when the other is ready for it.
    data = socket.create_server(("127.0.0.1", 0))
    data.setblocking(False)
    running.socket.unlink()
    os.unlink(place(running))
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(place(running))
        listener.listen(1)
        listener.settimeout(10)
        new = running._start("strangler-router", "--config", running.file, "--takeover")
        link, _ = listener.accept()
        link.settimeout(10)
        assert link.recv(1000) == b"strangler-takeover 1 claim"
        link.send(b"strangler-takeover 1 offer 1")
        socket.send_fds(link, [b"sockets 0 data 127.0.0.1:0"], [data.fileno()])
        assert link.recv(1000) == b"ready 0"
        waiting = socket.create_connection(data.getsockname(), timeout=10)
        waiting.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        link.close()
        data.close()
        with waiting:
            assert web.read_head(waiting)[0].startswith(b"HTTP/1.1 200")
            assert new.ready().port == waiting.getpeername()[1]


# Takes the sockets as a new router does, or all packets but one, says so, and goes no further.
HOLDER = """
import socket, sys
link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
link.connect(sys.argv[1])
link.send(b"strangler-takeover 1 claim")
offer = link.recv(1000)
packets = [socket.recv_fds(link, 1000, 250) for _ in range(int(offer.split()[-1]) - int(sys.argv[2]))]
print("held", flush=True)
sys.stdin.read()
"""


def test_killed_with_the_sockets_in_its_hands_the_new_one_takes_nothing_with_it(router, upstream):
    running = router(documents(upstream), threads=2)

    with Newcomers(running.address) as newcomers, Load(running.address) as load:
        for turn in range(3):
            new = subprocess.Popen(
                [sys.executable, "-c", HOLDER, place(running), str(turn % 2)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            assert new.stdout.readline() == b"held\n"
            seen = newcomers.answers
            wait_until(lambda: newcomers.answers > seen + 20, what="traffic meanwhile")
            new.kill()
            new.wait()
            wait_until(lambda: running.process.errors().count("the new process has gone") > turn, what="the end noticed")
            seen = newcomers.answers
            wait_until(lambda: newcomers.answers > seen + 20, what="traffic afterwards")
    assert newcomers.failures == [] and load.failures == [] and load.reconnects == 0


def test_sigterm_in_the_middle_of_a_take_over_ends_both(router, upstream):
    running = router(documents(upstream))
    link = packets(running, b"strangler-takeover 1 claim")
    assert link.recv(1000).startswith(b"strangler-takeover 1 offer ")
    running.process.signal(signal.SIGTERM)
    while not (said := link.recv(1000)).startswith(b"abort "):
        assert said.startswith(b"sockets ")
    link.close()
    assert running.process.exit_status(15) == 0


def test_the_socket_is_for_its_owner_alone(router, upstream):
    running = router(documents(upstream))
    assert os.stat(place(running)).st_mode & 0o777 == 0o600
    running.process.signal(signal.SIGTERM)
    assert running.process.exit_status(15) == 0
    assert not os.path.exists(place(running))
