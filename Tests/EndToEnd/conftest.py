"""Fixtures: real executables on port 0 in temporary folders. What a test starts is killed when the test ends."""
import json
import pathlib
import signal

import pytest

import drill
import processes
import web
from processes import Process, wait_until

ARTIFACTS = processes.ROOT / "artifacts"


def pytest_configure(config):
    ARTIFACTS.mkdir(exist_ok=True)


def pytest_report_header(config):
    return f"executables: {processes.BIN}"


def pytest_terminal_summary(terminalreporter):
    """What the drills showed."""
    if drill.ROWS:
        lines = drill.table()
        (ARTIFACTS / "drill.txt").write_text("\n".join(lines) + "\n")
        terminalreporter.section("drills")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture
def start(tmp_path):
    """start(NAME, argument, …): a running executable of the project."""
    running = []

    def begin(name, *arguments, **options):
        log = options.pop("log", tmp_path / f"{name}-{len(running)}.log")
        process = Process(name, *arguments, log=log, **options)
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()


@pytest.fixture
def upstream():
    """upstream(NAME, answer=…): an upstream in this process, see web.Upstream."""
    opened = []

    def begin(*arguments, **options):
        opened.append(web.Upstream(*arguments, **options))
        return opened[-1]

    yield begin
    for one in opened:
        one.close()


class Router:
    """A running router with its configuration file and its admin socket."""

    def __init__(self, folder, start, document, threads=1):
        self.folder, self._start, self.threads = pathlib.Path(folder), start, threads
        self.file, self.socket = self.folder / "routes.json", self.folder / "router.sock"
        self.write(document)
        self.begin()

    def begin(self):
        self.process = self._start("strangler-router", "--config", self.file, "--threads", self.threads).ready()
        self.port, self.address = self.process.port, self.process.address
        wait_until(self.socket.exists, what="the admin socket")
        return self

    def write(self, document):
        """As a person's editor would: the text in place, no revision kept."""
        if isinstance(document, dict):
            document = {"version": 1, "listen": ["127.0.0.1:0"], "admin": {"unix": str(self.socket)}, **document}
            document = json.dumps(document, indent=2)
        self.file.write_text(document)

    def document(self):
        return json.loads(self.file.read_text())

    def revision(self):
        return self.admin("GET", "/v1/status").json()["revision"]

    def reload(self):
        self.process.signal(signal.SIGHUP)

    def admin(self, method, path, body=None, headers=None):
        return web.request(self.socket, method, path, body, headers)

    def get(self, path="/", **options):
        return web.request(self.address, "GET", path, **options)

    def metrics(self):
        return self.admin("GET", "/metrics").body.decode()

    def metric(self, name, **labels):
        """The sum of a metric's samples that carry these labels."""
        total = 0.0
        for line in self.metrics().splitlines():
            if line.startswith(name) and line[len(name):len(name) + 1] in ("{", " "):
                if all(f'{key}="{value}"' in line for key, value in labels.items()):
                    total += float(line.rsplit(" ", 1)[1])
        return total


@pytest.fixture
def router(tmp_path, start):
    """router({"upstreams": …, "routes": …}): a running router."""
    return lambda document, threads=1: Router(tmp_path, start, document, threads)


def two_sides(legacy, service, percent=0, **route):
    """The smallest configuration of a migration: one route on two sides, and everything else on the old one."""
    return {
        "upstreams": {"monolith": {"endpoints": [legacy.address]}, "profile": {"endpoints": [service.address]}},
        "contexts": {"profile": {"keys": ["header:x-user", "cookie:strangler_id"], "mode": "stateless"}},
        "routes": [
            {"id": "profile", "match": {"prefix": "/api/profiles"}, "legacy": "monolith", "service": "profile",
             "context": "profile", "percent": percent, **route},
            {"id": "default", "match": {"prefix": "/"}, "legacy": "monolith"},
        ],
    }
