"""The sample estate as a person uses it: it outlives the death of its parts, and its load tells the router's limits from its own."""
import json
import os
import re
import shutil
import signal
import threading

import pytest

import web
from estate import PASSWORD
from processes import BIN, ROOT, run, wait_until


class Demo:
    """A `demo up` in a folder of its own, addressed as it advises itself: by STRANGLER_CONFIG."""

    def __init__(self, folder, start):
        shutil.copy(ROOT / "routes.json", folder)
        shutil.copytree(ROOT / "parity", folder / "parity")
        self.folder = folder / "run/demo"
        self.process = start("strangler", "--config", folder / "routes.json", "demo", "up", cwd=folder)
        # The advice comes last.
        wait_until(lambda: "Ctrl-C ends the demo" in self.process.errors(), 60, "the demo")
        self.config = next(word for word in self.process.errors().split() if word.startswith("STRANGLER_CONFIG=")).split("=")[1]
        assert f'export PATH="{(BIN / "strangler").resolve().parent}:$PATH"' in self.process.errors()
        self.page = self.process.line(r"page, behind the router +(http://\S+)")[1]

    def call(self, *words, seconds=60):
        return run("strangler", *words, env={"STRANGLER_CONFIG": self.config}, cwd="/", seconds=seconds)

    def pids(self):
        return {name: int(pid) for name, pid, _ in (line.split() for line in (self.folder / "pids").read_text().splitlines())}


@pytest.fixture
def demo(tmp_path, start):
    one = Demo(tmp_path, start)
    yield one
    one.process.signal(signal.SIGINT)
    one.process.exit_status(60)


def test_the_estate_outlives_each_of_its_parts(demo):
    """Every part is killed, and serves again as another process; the demo says so, and its verbs find it by the variable that it advises."""
    address = demo.page.removeprefix("http://")
    account = web.request(address, "POST", "/api/auth/signup", {"email": "a@example.org", "password": PASSWORD, "display_name": "A"}).json()
    before = demo.pids()
    assert set(before) == {"monolith", "auth", "filter", "profile", "data-sync", "router"}
    for name in before:
        result = demo.call("demo", "kill", name, "-o", "json")
        assert result.returncode == 0, (name, result.stdout, result.stderr, demo.process.errors())
        told = json.loads(result.stdout)
        assert (told["part"], told["pid"], told["pid_again"]) == (name, before[name], demo.pids()[name]) and told["pid"] != told["pid_again"]
    for name in before:
        assert f"{name} ended by itself (signal 9); it is started again in" in demo.process.errors()
    answer = web.request(address, "GET", f"/api/profiles/{account['user']['id']}")
    assert answer.status == 200 and answer.json()["display_name"] == "A"
    assert demo.process.popen.poll() is None
    # The other verbs find it by the same variable, the load too.
    result = demo.call("demo", "load", "--rate", "50", "--for", "1s", "-o", "json")
    assert result.returncode == 0, result.stdout + result.stderr
    assert demo.call("status").returncode == 0
    assert "no part of the demo" in demo.call("demo", "kill", "nobody").stderr
    assert "Would send SIGKILL to router" in demo.call("demo", "kill", "router", "--dry-run").stdout


def test_a_part_that_hangs_is_a_drill_too(demo):
    pid = demo.pids()["profile"]

    def state():
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0]

    assert demo.call("demo", "kill", "profile", "--signal", "STOP").returncode == 0
    wait_until(lambda: state() == "T", what="the part to hang")
    assert demo.call("demo", "kill", "profile", "--signal", "CONT").returncode == 0
    wait_until(lambda: state() != "T", what="the part to go on")
    assert demo.pids()["profile"] == pid


def test_a_demo_goes_down_by_the_variable_that_it_advises(demo):
    result = demo.call("demo", "down")
    assert result.returncode == 0, result.stderr
    demo.process.exit_status(60)
    assert not (demo.folder / "pids").exists()
    assert "no demo is up" in demo.call("demo", "kill", "profile").stderr


@pytest.fixture
def stalled(upstream, tmp_path):
    """A demo's folder whose router answers nobody until it is told to."""
    freed = threading.Event()

    def answer(seen):
        def send(link):
            freed.wait(30)
            link.sendall(web.Upstream.ok("late", headers=["X-Strangler-Side: legacy"]))
            return True
        return send

    one = upstream("router", answer)
    folder = tmp_path / "run/demo"
    (folder / "data").mkdir(parents=True)
    (folder / ".lock").write_text(f"{os.getpid()}\n")
    (folder / "data/samples.json").write_text("[]")
    yield one, folder, freed
    freed.set()


def load(start, folder, router, rate, span, **limits):
    """A load on that router, begun."""
    (folder / "routes.json").write_text(json.dumps({
        "version": 1, "listen": [router.address], "admin": {"unix": "router.sock"}, "limits": limits,
        "upstreams": {"monolith": {"endpoints": ["127.0.0.1:1"]}}, "routes": [{"id": "default", "match": {"prefix": "/"}, "legacy": "monolith"}]}))
    return start("strangler", "--config", folder / "routes.json", "demo", "load", "--rate", rate, "--for", span, "--arrivals", "fixed", "-o", "json")


def answer(process):
    """The JSON that it prints, whole."""
    process.line("^}$")
    return json.loads("\n".join(process.lines))


def test_requests_leave_when_they_are_due_whatever_the_router_does(stalled, start):
    """600 requests meet a router that answers none of them: all are sent, and each latency counts from when its request was due."""
    router, folder, freed = stalled
    it = load(start, folder, router, 300, "2s")
    wait_until(lambda: len(router.seen) == 600, 30, "every request")
    freed.set()
    status = it.exit_status(60)
    told = answer(it)
    assert (told["sent"], told["completed"], told["failed"], told["unsent"]) == (600, 600, 0, 0), it.output()
    assert status == 0 and told["sides"]["legacy"]["max_ms"] >= 1900


def test_what_the_generator_cannot_send_is_its_own_limit(stalled, start):
    """The router takes 100 connections from one address: the load keeps 90 under way, and says that the rest is its own doing."""
    router, folder, freed = stalled
    it = load(start, folder, router, 50, "6s", connectionsPerAddress=100)
    # Its line after five seconds.
    wait_until(lambda: re.search(r"in all 0 failed, [1-9]\d* not sent", it.errors()), 30, "requests that are not sent")
    assert len(router.seen) == 90
    freed.set()
    status = it.exit_status(60)
    told = answer(it)
    assert told["failed"] == 0 and told["sent"] + told["unsent"] == 300 and told["sent"] >= 90 and told["unsent"] > 0, it.output()
    assert status == 1
