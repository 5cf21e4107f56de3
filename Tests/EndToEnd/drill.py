"""The estate of the drills: a monolith, a service, the agent between their stores, a router, and users who never stop asking."""
import json
import socket
import threading

import estate
import web
from assignment import on_service
from load import Load
from processes import run, wait_until

#: What each drill showed, printed when all have ended: name, requests, failed, what the file says, what is served.
ROWS = []


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Drill:
    """Everything that a team runs, on ports that stay the same when a part dies and comes back."""

    def __init__(self, folder, start, percent, config=None):
        self.folder, self._start = folder, start
        self.config = config or folder / "config"
        self.config.mkdir(exist_ok=True)
        self.file, self.data = self.config / "routes.json", self.config / "data.json"
        self.ports = {name: free_port() for name in ("monolith", "profile", "router")}
        self.monolith = self.begin("monolith")
        self.people = [estate.Person(self.monolith.address).sign_up() for _ in range(8)]
        self.profile = self.begin("profile")
        self.data.write_text(json.dumps({"version": 1, "groups": {"profile": {
            "source": str(folder / "monolith/monolith.db"), "target": str(folder / "profile/profile.db"),
            "tables": estate.tables("profiles", "images", "sessions")}}}))
        self.must("data", "create")
        self.must("data", "sync", "--once")
        self.file.write_text(json.dumps(self._document(percent), indent=2))
        self.router = self.begin_router()
        self.agent = self.begin_agent()

    def _document(self, percent):
        document = {
            "version": 1, "listen": [f"127.0.0.1:{self.ports['router']}"], "expose": True,
            # Away from where the command line looks by itself, and short enough for a socket's path.
            "admin": {"unix": "admin/r.sock"},
            **estate.routes(self.monolith, profile=self.profile, percent=percent),
        }
        (self.config / "admin").mkdir(exist_ok=True)
        document["contexts"]["profile"]["keys"] = ["header:x-user", "cookie:strangler_id"]
        document["routes"][0]["timeouts"] = {"connect": "250ms", "response": "30s"}
        return document

    # MARK: Processes

    def begin(self, name):
        owner = ["--owner", f"http://127.0.0.1:{self.ports['monolith']}"] if name != "monolith" else []
        return self._start(f"pixelpulse-{name}", "--listen", f"127.0.0.1:{self.ports[name]}", "--data", self.folder / name,
                           *owner, cwd=self.folder).ready()

    def begin_router(self):
        return self._start("strangler-router", "--config", self.file, "--threads", 2, cwd=self.folder).ready()

    def begin_agent(self):
        agent = self._start("strangler", "data", "sync", "--config", self.file, cwd=self.folder)
        agent.line("syncing")
        return agent

    def command(self, *arguments, seconds=60):
        return run("strangler", *arguments, "--config", self.file, cwd=self.folder, seconds=seconds)

    def must(self, *arguments, **options):
        result = self.command(*arguments, **options)
        assert result.returncode == 0, result.stdout + result.stderr
        return result

    def load(self, clients=6):
        person = self.people[0]
        return Load(f"127.0.0.1:{self.ports['router']}", clients=clients, path=f"/api/profiles/{person.id}")

    # MARK: What is so

    def written(self):
        """The percentage that the file says; None: there is no such file, or it says nothing."""
        try:
            return json.loads(self.file.read_text())["routes"][0].get("percent", 0)
        except (OSError, ValueError):
            return None

    def served(self):
        """The percentage that is served: the router's own word, and forty users who are on the sides that follow from it."""
        report = web.request(self.config / "admin/r.sock", "GET", "/v1/status").json()
        percent = next(route["percent"] for route in report["routes"] if route["id"] == "profile")
        for user in (f"one-{n}" for n in range(40)):
            answer = web.request(f"127.0.0.1:{self.ports['router']}", "GET", f"/api/profiles/{self.people[0].id}",
                                 headers={"X-User": user})
            assert answer.status == 200, answer
            side = "service" if on_service(user, percent) else "legacy"
            assert answer.headers["x-strangler-side"] == side, (user, percent)
        return percent

    def in_flight(self):
        """Requests under way on the service, by the router's own count."""
        report = web.request(self.config / "admin/r.sock", "GET", "/v1/status").json()
        return next(route["service"]["in_flight"] for route in report["routes"] if route["id"] == "profile")

    def rows_are_equal(self):
        """Compares every row of both stores, with the command that a person has for it."""
        wait_until(lambda: self.command("data", "verify").returncode == 0, seconds=20, what="the stores' rows to be equal")

    def restart(self):
        """SIGKILL for the router, and the same command line again."""
        self.router.kill()
        self.router = self.begin_router()

    def note(self, name, load, expected=None, after_restart=True):
        """Keeps a line of the table: after the drill, and after the router was killed and started once more."""
        if after_restart:
            self.restart()
        served, written = self.served(), self.written()
        ROWS.append((name, load.answers + len(load.failures), len(load.failures), written, served))
        if expected is not None:
            assert served == expected, (served, written)
            assert written == expected, (served, written)


def at_once(count, call):
    """`count` calls that begin together; their results in order."""
    barrier, results = threading.Barrier(count), [None] * count

    def one(number):
        barrier.wait()
        results[number] = call(number)
    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return results


def table():
    """The lines to print."""
    head = ("drill", "requests", "failed", "on disk", "served after a restart")
    cells = [(name, str(requests), str(failed), "-" if written is None else f"{written:g} %", f"{served:g} %")
             for name, requests, failed, written, served in ROWS]
    widths = [max(len(row[column]) for row in [head, *cells]) for column in range(len(head))]
    return ["  ".join(cell.ljust(width) if number == 0 else cell.rjust(width)
                      for number, (cell, width) in enumerate(zip(row, widths))) for row in [head, *cells]]
