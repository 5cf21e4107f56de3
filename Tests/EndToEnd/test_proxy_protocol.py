"""Behind a load balancer that names its clients (PROXY protocol, version 2): the limits, the upstreams and the counters go by those names."""
import socket
import struct

import web
from conftest import two_sides

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
REQUEST = b"GET /api/profiles/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def header(client, port=40000, extensions=b""):
    family, kind = (socket.AF_INET6, 0x21) if ":" in client else (socket.AF_INET, 0x11)
    there = socket.inet_pton(family, "::1" if ":" in client else "10.0.0.1")
    block = socket.inet_pton(family, client) + there + struct.pack("!HH", port, 80) + extensions
    return SIGNATURE + bytes([0x21, kind]) + struct.pack("!H", len(block)) + block


def test_named_clients_count_for_upstreams_and_for_the_limits(router, upstream):
    monolith = upstream("monolith")
    running = router({**two_sides(monolith, upstream("profile")), "proxyPeers": ["127.0.0.1"],
                      "limits": {"connectionsPerAddress": 3}})
    clients = ["203.0.113.5", "2001:db8::7", "198.51.100.200"]
    for client in clients:
        assert web.raw(running.address, header(client, extensions=b"\x20\0\x02ok") + REQUEST).startswith(b"HTTP/1.1 200")
    assert [seen["x-forwarded-for"] for seen in monolith.seen] == clients
    # A fourth of one client is refused, and of another one is not.
    links = []
    for client in ["203.0.113.5"] * 3 + ["203.0.113.6"]:
        links.append(socket.create_connection(("127.0.0.1", running.port), timeout=5))
        links[-1].sendall(header(client) + REQUEST.replace(b"Connection: close", b"Connection: keep-alive"))
        assert web.read_head(links[-1])[0].startswith(b"HTTP/1.1 200")
    assert web.raw(running.address, header("203.0.113.5") + REQUEST).startswith(b"HTTP/1.1 503")
    for link in links:
        link.close()


def test_whoever_is_not_named_may_not_name_itself(router, upstream):
    monolith = upstream("monolith")
    running = router({**two_sides(monolith, upstream("profile")), "proxyPeers": ["127.0.0.2"]})
    assert web.raw(running.address, header("203.0.113.5") + REQUEST).startswith(b"HTTP/1.1 400")
    assert web.raw(running.address, REQUEST).startswith(b"HTTP/1.1 200")
    assert monolith.seen[-1]["x-forwarded-for"] == "127.0.0.1"
    # And who is may not come without.
    with socket.create_connection(("127.0.0.1", running.port), timeout=5, source_address=("127.0.0.2", 0)) as link:
        link.sendall(REQUEST)
        try:
            assert link.recv(100) == b""
        except ConnectionResetError:
            pass
    assert len(monolith.seen) == 1
    assert running.metric("strangler_shed_requests_total", reason="proxy_header") == 1
