"""The two proxies of the keep-alive race, their clients, and who watches how many connections they hold."""
import json
import pathlib
import socket
import sys
import threading

from entrants import Entrant, free_port, missing, program

ESTABLISHED = "01"


def router(folder, upstream, options):
    port, place = free_port(), folder / "router"
    place.mkdir()
    (place / "routes.json").write_text(json.dumps({
        "version": 1, "listen": [f"127.0.0.1:{port}"], "admin": {"unix": "router.sock"},
        "upstreams": {"monolith": {"endpoints": [f"127.0.0.1:{upstream}"]}},
        "routes": [{"id": "default", "match": {"prefix": "/"}, "legacy": "monolith"}]}))
    built = pathlib.Path(options.router).resolve()
    if not built.exists():
        sys.exit(f"Benchmarks/keepalive: error: no {built}; run make release first")
    return Entrant.start("router", "0-1", [built, "--config", place / "routes.json", "--threads", "1"], port, folder)


def nginx(folder, upstream, options):
    found = program("nginx")
    if not found:
        return missing("nginx", "scripts/deps build bench installs it")
    port, place = free_port(), folder / "nginx"
    (place / "logs").mkdir(parents=True)
    (place / "nginx.conf").write_text(f"""
        daemon off; master_process off; worker_processes 1; pid {place}/pid; error_log {place}/errors crit;
        events {{ worker_connections 4096; }}
        http {{
            access_log off; keepalive_requests 1000000; keepalive_timeout 75s;
            client_body_temp_path {place}/a; proxy_temp_path {place}/b; fastcgi_temp_path {place}/c; uwsgi_temp_path {place}/d; scgi_temp_path {place}/e;
            upstream one {{ server 127.0.0.1:{upstream}; keepalive 64; }}
            server {{ listen 127.0.0.1:{port}; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;
                location / {{ proxy_pass http://one; }} }}
        }}""")
    return Entrant.start("nginx", "0-1", [found, "-p", place, "-c", place / "nginx.conf"], port, folder)


class Client:
    """One keep-alive connection, opened anew when it was cut."""

    def __init__(self, port):
        self.port, self.link = port, None

    def ask(self, method, number=0):
        """The status, or why there is none."""
        body = b"x" * 64 if method == "POST" else b""
        head = f"{method} /race?{number} HTTP/1.1\r\nHost: race.example\r\n" + (f"Content-Length: {len(body)}\r\n" if body else "")
        try:
            if self.link is None:
                self.link = socket.create_connection(("127.0.0.1", self.port), 15)
                self.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.link.sendall(head.encode() + b"\r\n" + body)
            return self.answer()
        except OSError as error:
            self.close()
            return str(error) or type(error).__name__

    def answer(self):
        got = b""
        while b"\r\n\r\n" not in got:
            got += self.more()
        head, rest = got.split(b"\r\n\r\n", 1)
        fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:])}
        if b"chunked" in fields.get(b"transfer-encoding", b"").lower():
            while not rest.endswith(b"0\r\n\r\n"):
                rest += self.more()
        while len(rest) < int(fields.get(b"content-length", b"0")):
            rest += self.more()
        if fields.get(b"connection", b"").lower() == b"close":
            self.close()
        return head.split(b" ", 2)[1].decode()

    def more(self):
        got = self.link.recv(65536)
        if not got:
            raise ConnectionError("cut")
        return got

    def close(self):
        if self.link:
            self.link.close()
        self.link = None


class Watch:
    """The most connections to a port, and the most processes behind it, while it lasts."""

    def __init__(self, servers):
        self.servers = servers
        self.held = dict.fromkeys(servers, 0)
        self.workers = dict.fromkeys(servers, 0)
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()

    def look(self):
        turn = 0
        while not self.ended.wait(0.025):
            rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
            for name, server in self.servers.items():
                suffix = f":{server.port:04X}"
                self.held[name] = max(self.held[name], sum(row[2].endswith(suffix) and row[3] == ESTABLISHED for row in rows))
                if turn % 8 == 0:
                    self.workers[name] = max(self.workers[name], server.workers())
            turn += 1
