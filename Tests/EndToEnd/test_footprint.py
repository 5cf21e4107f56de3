"""What a router takes: start, memory. The figures go to artifacts/footprint.json; only memory is asserted, time is reported."""
import contextlib
import json
import resource
import socket
import statistics
import time

import pytest

import web
from processes import wait_until
from conftest import ARTIFACTS, two_sides


IDLE = 20_000
PER_ADDRESS = 2_500


def keep_figures(figures):
    file = ARTIFACTS / "footprint.json"
    kept = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps({**kept, **figures}, indent=2))


@pytest.fixture
def idle_count():
    """20,000, or as many as the system's limit of descriptors allows: this process is all the clients at once, and the router inherits the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = IDLE + 1_000
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(hard, wanted)))
    except (ValueError, PermissionError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    yield min(IDLE, (allowed - 1_000) // 200 * 200)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def exchange(links):
    """One request on each connection, all at once."""
    for link in links:
        link.sendall(b"GET /idle HTTP/1.1\r\nHost: a\r\n\r\n")
    for link in links:
        answer = b""
        while not answer.endswith(b"monolith"):
            more = link.recv(1000)
            assert more, answer
            answer += more
        assert answer.startswith(b"HTTP/1.1 200")


def test_twenty_thousand_idle_connections_are_held_and_served(router, upstream, idle_count):
    assert idle_count >= 2_000, "raise the limit of descriptors (ulimit -n)"
    running = router({
        **two_sides(upstream("monolith"), upstream("profile")), "timeouts": {"keepAlive": "10m"},
        "limits": {"connections": idle_count + 100, "connectionsPerAddress": PER_ADDRESS}}, threads=2)
    with contextlib.ExitStack() as open_links:
        links = []

        def connect(number):
            # A client address has its own ports, and its own share of the limit.
            source = f"127.0.1.{1 + number // PER_ADDRESS}"
            links.append(socket.create_connection(("127.0.0.1", running.port), timeout=30, source_address=(source, 0)))
            open_links.callback(links[-1].close)

        # What is kept for bursts is there before it is measured.
        for number in range(200):
            connect(number)
        exchange(links)
        before = running.process.resident()
        for start in range(200, idle_count, 200):
            for number in range(start, start + 200):
                connect(number)
            exchange(links[start:])
        wait_until(lambda: running.metric("strangler_client_connections") == idle_count, what="every connection counted")
        per_connection = (running.process.resident() - before) / (idle_count - 200)
        # They are alive: another request on some of them, and a new client beside them.
        exchange(links[::100])
        assert web.request(running.address, "GET", "/").status == 200
    wait_until(lambda: running.metric("strangler_client_connections") == 0, seconds=30, what="every connection gone")
    print(f"{per_connection:.0f} bytes for each of {idle_count} idle connections")
    keep_figures({"idle_connections": idle_count, "bytes_per_idle_connection": round(per_connection)})
    assert per_connection < 1024


def test_an_idle_router_is_small_and_starts_quickly(router, upstream):
    running = router(two_sides(upstream("monolith"), upstream("profile")))
    starts = []
    for _ in range(5):
        running.process.kill()
        began = time.monotonic()
        running.process = running._start("strangler-router", "--config", running.file)
        running.process.ready()
        assert web.request(running.process.address, "GET", "/").status == 200
        starts.append((time.monotonic() - began) * 1000)
    resident = running.process.resident()
    keep_figures({
        "start_to_first_answer_ms": {"median": round(statistics.median(starts), 1), "all": [round(s, 1) for s in starts]},
        "resident_idle_mib": round(resident / 1048576, 1)})
    assert resident < 16 * 1048576
