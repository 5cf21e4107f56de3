"""Users change sides with their rows and their writes: real stores with real triggers, the real agent, the real router."""
import json
import signal
import sqlite3
import threading
import time

import pytest

import web
from conftest import Router
from processes import run, wait_until
from test_holds import Users, bucket

SCHEMA = """
    PRAGMA journal_mode = WAL;
    CREATE TABLE profiles(user_id TEXT PRIMARY KEY NOT NULL, n INTEGER NOT NULL);
"""
USERS = 600


class Side:
    """An application over one of the stores: it counts for its users, and says so when the store refuses."""

    def __init__(self, path, side):
        self.path, self.side, self._local, self.refused = path, side, threading.local(), 0
        # SQLite has one writer, and those who wait for it sleep up to a tenth of a second: an application queues its
        # own.
        self._writing = threading.Lock()

    def connection(self):
        if not hasattr(self._local, "db"):
            self._local.db = sqlite3.connect(self.path, timeout=10, isolation_level=None)
        return self._local.db

    def answer(self, seen):
        user, db = seen["x-user"], self.connection()
        if self.side == "service" and not db.execute("SELECT 1 FROM _sf_key WHERE key = ?", (user,)).fetchone():
            return self.not_mine("legacy")
        if seen.method == "GET":
            row = db.execute("SELECT n FROM profiles WHERE user_id = ?", (user,)).fetchone()
            return web.Upstream.ok(f"{row[0] if row else 0}")
        try:
            with self._writing:
                row = db.execute(
                    "INSERT INTO profiles VALUES(?, 1) ON CONFLICT(user_id) DO UPDATE SET n = n + 1 RETURNING n",
                    (user,)).fetchone()
        except sqlite3.IntegrityError as error:
            assert "SF_FENCED" in str(error)
            self.refused += 1
            state = db.execute(
                "SELECT state FROM _sf_own WHERE lo <= ? ORDER BY lo DESC LIMIT 1", (bucket(user),)).fetchone()[0]
            # Who is fenced does not know whether the other side was granted, and sends nobody there.
            other = "legacy" if self.side == "service" else "service"
            return self.not_mine(other) if state == "follow" else self.not_mine(None)
        return web.Upstream.ok(f"{row[0]}")

    @staticmethod
    def not_mine(owner):
        headers = [f"x-strangler-owner: {owner}"] if owner else []
        return web.Upstream.ok("not mine", "421 Misdirected Request", headers)


class Estate:
    def __init__(self, folder, start, upstream):
        self.folder, self.start = folder, start
        self.source, self.target = folder / "monolith.db", folder / "service.db"
        for path in (self.source, self.target):
            sqlite3.connect(path).executescript(SCHEMA)
        with sqlite3.connect(self.source) as db:
            db.executemany("INSERT INTO profiles VALUES(?, 0)", ((f"u{number}",) for number in range(USERS)))
        self.sides = Side(self.source, "legacy"), Side(self.target, "service")
        legacy, service = (upstream(side.side, answer=side.answer) for side in self.sides)
        (folder / "data.json").write_text(json.dumps({"version": 1, "groups": {"profile": {
            "source": "monolith.db", "target": "service.db", "mode": "owned",
            "tables": [{"name": "profiles", "owner": "user_id"}]}}}))
        self.router = Router(folder, start, {
            "upstreams": {"monolith": {"endpoints": [legacy.address]}, "profile": {"endpoints": [service.address]}},
            "contexts": {"profile": {"keys": ["header:x-user"], "mode": "owned"}},
            "routes": [
                {"id": "profile", "match": {"prefix": "/api/profiles"}, "legacy": "monolith", "service": "profile",
                 "context": "profile", "percent": 0},
                {"id": "default", "match": {"prefix": "/"}, "legacy": "monolith"},
            ]}, threads=2)
        assert self.data("create").returncode == 0
        self.agent = self.sync()

    def sync(self):
        agent = self.start("strangler", "data", "sync", "--config", self.router.file)
        wait_until(lambda: json.loads(self.data("status", "-o", "json").stdout)["caught_up"], what="the copy")
        wait_until(lambda: self.gate("way back") == "passes", what="the way back")
        return agent

    def data(self, *arguments, **options):
        return run("strangler", "data", *arguments, "--config", self.router.file, **options)

    def command(self, *arguments, **options):
        return run("strangler", *arguments, "--config", self.router.file, **options)

    def gate(self, name):
        plan = json.loads(self.data("move", "profile", "--to", "50", "--dry-run", "-o", "json").stdout)
        return next(gate["verdict"] for gate in plan["gates"] if gate["gate"] == name)

    def move(self, *arguments):
        done = self.data(*arguments, "-o", "json", "--yes")
        assert done.returncode == 0, (done.stdout, done.stderr)
        return json.loads(done.stdout)

    def owned(self):
        """How many buckets each store says that the service owns, and the router's percentage."""
        answers = []
        for path in (self.source, self.target):
            with sqlite3.connect(path, timeout=10) as db:
                answers.append(db.execute("SELECT coalesce(sum(hi - lo + 1), 0) FROM _sf_own WHERE owner = 'B'").fetchone()[0])
        return answers + [self.router.document()["routes"][0]["percent"] * 10_000]

    def rows(self, path):
        with sqlite3.connect(path, timeout=10) as db:
            return db.execute("SELECT * FROM profiles ORDER BY user_id").fetchall()

    def equal(self):
        return self.rows(self.source) == self.rows(self.target)


@pytest.fixture
def estate(tmp_path, start, upstream):
    return Estate(tmp_path, start, upstream)


def test_users_go_to_the_service_and_home_again_under_load_and_nobody_notices(estate):
    slices = longest = 0
    with Users([estate.router.address]) as users:
        for goal, verb in ((10, "move"), (50, "move"), (100, "move"), (30, "move"), (0, "reverse")):
            seen = users.writes
            wait_until(lambda: users.writes > seen + 30 or users.failures, what="writes between two moves")
            moved = estate.move(verb, "profile", *(["--to", goal] if verb == "move" else []))
            assert moved["percent"] == goal and moved["slices"] > 0
            slices, longest = slices + moved["slices"], max(longest, moved["longest_pause_s"])
            assert estate.owned() == [goal * 10_000] * 3
        seen = users.writes
        wait_until(lambda: users.writes > seen + 30 or users.failures, what="writes after the last move")
    assert users.failures == []
    wait_until(estate.equal, what="equal stores")
    assert sum(n for _, n in estate.rows(estate.source)) == users.writes
    assert slices >= 7
    print(f"{slices} slices, {users.writes} writes, held for {longest * 1000:.0f} ms at most, requests of {users.longest * 1000:.0f} ms at most")


def test_a_dry_run_says_who_would_move_and_changes_nothing(estate):
    before = estate.router.file.read_bytes()
    plan = estate.data("move", "profile", "--to", "10", "--dry-run")
    moving = sum(bucket(f"u{number}") < 100_000 for number in range(USERS))
    assert plan.returncode == 0, plan.stdout
    assert f"would move profile [0,100000): {moving} users in 1 slice, monolith -> profile" in plan.stdout
    assert "HOLD" not in plan.stdout
    assert estate.router.file.read_bytes() == before and estate.owned() == [0, 0, 0]
    # Without an agent the last changes of a fenced user would never arrive.
    estate.agent.signal(signal.SIGKILL)
    wait_until(lambda: estate.gate("lag") == "holds", what="the agent's end")
    plan = estate.data("move", "profile", "--to", "10", "--dry-run")
    assert plan.returncode == 3 and "no agent carries profile" in plan.stdout
    refused = estate.data("move", "profile", "--to", "10", "--yes")
    assert refused.returncode == 3 and "cannot be moved: lag: no agent carries profile" in refused.stderr
    assert estate.owned() == [0, 0, 0]


def test_routes_of_an_owned_context_change_with_their_users_only(estate):
    shifted = estate.command("shift", "profile", "5", "--yes")
    assert shifted.returncode == 0 and "Moved profile from 0 % to 5 %" in shifted.stdout, shifted
    assert estate.owned() == [50_000] * 3
    document = json.loads(estate.router.file.read_text())
    document["routes"][0]["percent"] = 40
    other = estate.folder / "other.json"
    other.write_text(json.dumps(document))
    applied = estate.command("apply", other, "--yes")
    assert applied.returncode != 0 and "strangler data move profile --to 40" in applied.stderr
    answer = estate.router.admin("POST", "/v1/routes/profile/shift", json.dumps({"percent": 40}))
    assert answer.status == 422 and answer.json()["code"] == "mode_refuses"
    assert estate.owned() == [50_000] * 3
    rolled = estate.command("rollback", "profile", "--yes")
    assert rolled.returncode == 0, rolled
    assert estate.owned() == [0, 0, 0]
    # Everybody: routes of other contexts at once, users of this one with their rows.
    assert estate.command("shift", "profile", "+7", "--yes").returncode == 0
    assert estate.owned() == [70_000] * 3
    rolled = estate.command("rollback", "--all", "--yes")
    assert rolled.returncode == 0 and "Moved profile from 7 % to 0 %" in rolled.stdout, rolled
    assert estate.owned() == [0, 0, 0]


@pytest.mark.parametrize("verb", ["move", "reverse"])
def test_a_coordinator_that_is_killed_anywhere_is_finished_by_the_next(estate, verb):
    if verb == "reverse":
        estate.move("move", "profile", "--to", "100")
    with Users([estate.router.address], count=8) as users:
        for turn in range(6):
            goal = 100 if verb == "move" else 0
            mover = estate.start(
                "strangler", "data", "move", "profile", "--to", goal, "--yes", "--config", estate.router.file)
            time.sleep(0.15 + 0.07 * turn)  # Not a wait for anything: the moment of the kill is what varies.
            mover.signal(signal.SIGKILL)
            # The next one finishes what stands in the middle, and goes on to somewhere else.
            moved = estate.move("move", "profile", "--to", 20 + turn)
            assert estate.owned() == [(20 + turn) * 10_000] * 3, moved
        assert not [failure for failure in users.failures if " 503 " not in failure], users.failures
    estate.move("reverse", "profile")
    wait_until(estate.equal, what="equal stores")
    assert estate.owned() == [0, 0, 0]
    # A write that was answered with an error may have been made, one that was acknowledged is there.
    assert sum(n for _, n in estate.rows(estate.source)) >= users.writes


def test_two_coordinators_are_one_and_the_other_says_who(estate):
    holder = estate.folder / "data.json.moves.lock"
    import fcntl
    with open(holder, "w") as lock:
        lock.write("process 12 of somebody, which moves profile to 10 %\n")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = estate.data("move", "profile", "--to", "10", "--yes")
        assert second.returncode == 5
        assert "users are being moved already, by process 12 of somebody, which moves profile to 10 %" in second.stderr
    assert estate.move("move", "profile", "--to", "10")["percent"] == 10
