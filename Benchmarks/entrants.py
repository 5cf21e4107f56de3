"""Who takes part in the benchmark, each set up for the same work on one thread.

/api/…    proxied, half of it to each of two upstreams          /mirror/…   proxied to the first, and copied to the second
Keep-alive to clients and upstreams, `X-Forwarded-For` added, no access log. Sensible tuning, not exhaustive.
"""
import glob
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TICK = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port, path, seconds=10):
    """Waits until `path` is answered with 200; the answer."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as link:
                link.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
                got = b""
                while chunk := link.recv(65536):
                    got += chunk
                if got.startswith(b"HTTP/1.1 200 "):
                    return got
        except OSError:
            pass
        if time.monotonic() > deadline:
            sys.exit(f"Benchmarks: error: nothing answers 200 on port {port} for {path}")
        time.sleep(0.02)


class Entrant:
    started = []

    def __init__(self, name, process, port):
        self.name, self.process, self.port = name, process, port

    @classmethod
    def start(cls, name, cpu, command, port, folder):
        command = ["taskset", "-c", str(cpu), *map(str, command)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(folder / f"{name}.log", "wb"))
        cls.started.append(process)
        return cls(name, process, port)

    def cpu(self):
        """User and system seconds so far."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) / TICK, int(fields[12]) / TICK

    def resident(self):
        """Resident memory in MiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def program(name):
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")


def missing(name, how):
    print(f"note: {name} is left out: {how}", file=sys.stderr)


def router(folder, legacy, service):
    built = ROOT / ".build/release/strangler-router"
    if not built.exists():
        sys.exit(f"Benchmarks: error: no {built.relative_to(ROOT)}; run make release first")
    port = free_port()
    place = folder / "router"
    place.mkdir()
    sides = {"legacy": "legacy", "service": "service"}
    (place / "routes.json").write_text(json.dumps({
        "version": 1, "listen": [f"127.0.0.1:{port}"], "admin": {"unix": "router.sock"},
        "upstreams": {"legacy": {"endpoints": [f"127.0.0.1:{legacy}"]}, "service": {"endpoints": [f"127.0.0.1:{service}"]}},
        "contexts": {"drawn": {"keys": [], "mode": "stateless"}},
        "limits": {"connections": 20_000, "connectionsPerAddress": 20_000, "requestsPerConnection": 1_000_000_000},
        "routes": [{"id": "api", "match": {"prefix": "/api"}, **sides, "percent": 50, "context": "drawn"},
                   {"id": "mirror", "match": {"prefix": "/mirror"}, **sides, "percent": 0, "mirror": {"percent": 100, "methods": ["GET"]}},
                   {"id": "default", "match": {"prefix": "/"}, "legacy": "legacy"}]}))
    return Entrant.start("router", 0, [built, "--config", place / "routes.json", "--threads", "1"], port, folder)


def table(name, folder, ports, routes, threads, port=None):
    """A router with that many routes in its table and that many loops, free to use both cores."""
    port = port or free_port()
    place = folder / name
    place.mkdir()
    sides = {"legacy": "legacy", "service": "service"}
    more = [{"id": f"more-{number}", "match": {"prefix": f"/more/{number % 100}/{number}"}, **sides, "percent": 50, "context": "drawn"} for number in range(routes - 2)]
    (place / "routes.json").write_text(json.dumps({
        "version": 1, "listen": [f"127.0.0.1:{port}"], "admin": {"unix": "router.sock"},
        "upstreams": {name: {"endpoints": [f"127.0.0.1:{at}"]} for name, at in zip(sides, ports)},
        "contexts": {"drawn": {"keys": [], "mode": "stateless"}}, "limits": {"requestsPerConnection": 1_000_000_000},
        "routes": [*more, {"id": "api", "match": {"prefix": "/api"}, **sides, "percent": 50, "context": "drawn"}, {"id": "default", "match": {"prefix": "/"}, "legacy": "legacy"}]}))
    command = [ROOT / ".build/release/strangler-router", "--config", place / "routes.json", "--threads", threads]
    entrant = Entrant.start(name, "0,1", command, port, folder)
    answers(port, "/api/200", 30)
    return entrant


def nginx(folder, legacy, service):
    found = program("nginx")
    if not found:
        return missing("nginx", "scripts/deps build bench installs it")
    port = free_port()
    place = folder / "nginx"
    (place / "logs").mkdir(parents=True)
    pass_on = 'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;'
    (place / "nginx.conf").write_text(f"""
        daemon off; master_process off; worker_processes 1; worker_rlimit_nofile 20000; pid {place}/pid; error_log {place}/errors crit;
        events {{ worker_connections 8192; multi_accept on; use epoll; }}
        http {{
            access_log off; keepalive_requests 100000000; keepalive_timeout 75s; tcp_nodelay on; server_tokens off;
            client_body_temp_path {place}/a; proxy_temp_path {place}/b; fastcgi_temp_path {place}/c; uwsgi_temp_path {place}/d; scgi_temp_path {place}/e;
            proxy_buffers 16 32k; proxy_buffer_size 16k; proxy_busy_buffers_size 64k; proxy_max_temp_file_size 0;
            upstream legacy {{ server 127.0.0.1:{legacy}; keepalive 256; keepalive_requests 100000000; }}
            upstream service {{ server 127.0.0.1:{service}; keepalive 256; keepalive_requests 100000000; }}
            split_clients "$connection:$connection_requests" $side {{ 50% service; * legacy; }}
            server {{ listen 127.0.0.1:{port} backlog=4096; {pass_on}
                location /api/ {{ proxy_pass http://$side; }}
                location /mirror/ {{ mirror /copy; proxy_pass http://legacy; }}
                location = /copy {{ internal; proxy_pass http://service$request_uri; }} }}
        }}""")
    return Entrant.start("nginx", 0, [found, "-p", place, "-c", place / "nginx.conf"], port, folder)


def haproxy(folder, legacy, service):
    found = program("haproxy")
    if not found:
        return missing("haproxy", "scripts/deps build bench installs it")
    port = free_port()
    config = folder / "haproxy.cfg"
    config.write_text(f"""
global
    nbthread 1
    maxconn 4096
defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    option forwardfor
    option http-keep-alive
    http-reuse always
frontend all
    bind 127.0.0.1:{port}
    default_backend both
backend both
    balance roundrobin
    server legacy 127.0.0.1:{legacy}
    server service 127.0.0.1:{service}
""")
    return Entrant.start("haproxy", 0, [found, "-db", "-f", config], port, folder)


def envoy(folder, legacy, service):
    packed = glob.glob(str(ROOT / ".venv-bench/lib/python3*/site-packages/envoy/_bin/envoy"))
    found = os.environ.get("ENVOY_BIN") or shutil.which("envoy") or (packed[0] if packed else None)
    if not found:
        return missing("envoy", "make bench-peers fetches it, or set ENVOY_BIN")
    port = free_port()
    limits = {"thresholds": [{"max_connections": 8192, "max_requests": 8192, "max_pending_requests": 8192}]}
    clusters = [{"name": name, "type": "STATIC", "connect_timeout": "2s", "circuit_breakers": limits, "load_assignment": {
        "cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address(at)}}]}]}}
        for name, at in (("legacy", legacy), ("service", service))]
    halves = {"weighted_clusters": {"clusters": [{"name": "legacy", "weight": 50}, {"name": "service", "weight": 50}]}}
    copied = {"cluster": "legacy", "request_mirror_policies": [{"cluster": "service"}]}
    kind = "type.googleapis.com/envoy.extensions.filters"
    manager = {
        "@type": f"{kind}.network.http_connection_manager.v3.HttpConnectionManager", "stat_prefix": "in", "use_remote_address": True,
        "generate_request_id": False,
        "http_filters": [{"name": "router", "typed_config": {"@type": f"{kind}.http.router.v3.Router", "suppress_envoy_headers": True}}],
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [
            {"match": {"prefix": "/api/"}, "route": halves}, {"match": {"prefix": "/mirror/"}, "route": copied}]}]}}
    chain = {"filters": [{"name": "http", "typed_config": manager}]}
    config = folder / "envoy.json"
    config.write_text(json.dumps({"static_resources": {
        "listeners": [{"address": address(port), "filter_chains": [chain]}], "clusters": clusters}}))
    return Entrant.start("envoy", 0, [found, "-c", config, "--concurrency", "1", "--disable-hot-restart", "-l", "error"], port, folder)


def address(port):
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


starters = {"router": router, "nginx": nginx, "haproxy": haproxy, "envoy": envoy}
