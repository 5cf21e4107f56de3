"""PixelPulse's profiles move with their writes: a monolith that knows nothing of it, the profile service, one router."""
import json
import signal
import sqlite3

import pytest

import estate
from conftest import Router
from load import Crowd
from processes import run, wait_until

PEOPLE = 24


class Profiles:
    def __init__(self, folder, start):
        self.folder, self.start = folder, start
        self.monolith = start("pixelpulse-monolith", "--listen", "127.0.0.1:0", "--data", folder / "monolith",
                              "--token-key", folder / "token.key").ready()
        self.profile = start("pixelpulse-profile", "--listen", "127.0.0.1:0", "--data", folder / "profile",
                             "--token-key", folder / "token.key", "--owner", f"http://{self.monolith.address}").ready()
        self.people = [estate.Person(self.monolith.address).sign_up() for _ in range(PEOPLE)]
        images, sessions = ({"name": name, "catalogue": True} for name in ("images", "sessions"))
        (folder / "data.json").write_text(json.dumps({"version": 1, "groups": {"profile": {
            "source": "monolith/monolith.db", "target": "profile/profile.db", "mode": "owned",
            "tables": [{**estate.PROFILES, "owner": "user_id"}, images, sessions]}}}))
        document = estate.routes(self.monolith, self.profile)
        document["contexts"]["profile"] = {"keys": ["path:id"], "mode": "owned"}
        document["routes"][0]["match"] = {"template": "/api/profiles/{id}"}
        document["routes"][0]["percent"] = 0
        self.router = Router(folder, start, document, threads=2)
        assert self.command("data", "create").returncode == 0
        self.agent = start("strangler", "data", "sync", "--config", self.router.file)
        self.agent.line("syncing")
        wait_until(lambda: "way back" not in self.held(), what="both streams")
        for person in self.people:
            person.address = self.router.address

    def command(self, *arguments):
        return run("strangler", *arguments, "--config", self.router.file)

    def held(self):
        plan = self.command("data", "move", "profile", "--to", "50", "--dry-run", "-o", "json")
        return [gate["gate"] for gate in json.loads(plan.stdout)["gates"] if gate["verdict"] == "holds"]

    def is_listed(self, user):
        with sqlite3.connect(self.folder / "profile/profile.db", timeout=10) as db:
            return db.execute("SELECT count(*) FROM _sf_key WHERE key = ?", (user,)).fetchone() == (1,)

    def bios(self, side):
        path, column = (("monolith/monolith.db", "display_name") if side == "legacy" else ("profile/profile.db", "name"))
        with sqlite3.connect(self.folder / path, timeout=10) as db:
            return dict(db.execute(f"SELECT user_id, bio || {column} FROM profiles").fetchall())


class Writers(Crowd):
    """Each person changes the profile and reads it at once, over and over; what is read is what was written last."""

    def __init__(self, people):
        self.failures, self.writes, self.last = [], 0, {}
        super().__init__(self._write, ((person,) for person in people))

    def _write(self, person):
        turn, path = 0, f"/api/profiles/{person.id}"
        while not self._stop.is_set():
            turn += 1
            bio = f"{person.id} {turn}"
            changed = person.ask("PATCH", path, {"bio": bio})
            if changed.status == 200:
                self.last[person.id] = bio
            seen = person.ask("GET", path)
            if changed.status != 200 or seen.status != 200 or seen.json()["bio"] != bio:
                self.failures.append((changed.status, changed.body[:200], seen.status, seen.body[:200], bio))
                return
            self.writes += 1


@pytest.fixture
def profiles(tmp_path, start):
    return Profiles(tmp_path, start)


def test_profiles_move_to_their_service_and_home_while_their_owners_write(profiles):
    with Writers(profiles.people[:8]) as writers:
        for percent in ("1", "30", "100", "40"):
            moved = profiles.command("shift", "profile", percent, "--yes")
            assert moved.returncode == 0, moved
            seen = writers.writes
            wait_until(lambda: writers.writes > seen + 20 or writers.failures, what="writes after a move")
        home = profiles.command("rollback", "profile", "--yes")
        assert home.returncode == 0, home
    assert writers.failures == []
    wait_until(lambda: profiles.bios("legacy") == profiles.bios("service"), what="equal stores")
    for person, bio in writers.last.items():
        assert profiles.bios("legacy")[person].startswith(bio)
    verified = profiles.command("data", "verify")
    assert verified.returncode == 0, verified


def test_who_signs_up_while_the_service_owns_everybody_is_served_before_and_after_the_rows_came(profiles):
    assert profiles.command("shift", "profile", "100", "--yes").returncode == 0
    profiles.agent.signal(signal.SIGSTOP)
    people = [estate.Person(profiles.router.address).sign_up() for _ in range(5)]
    for person in people:
        # The service does not know them: it says whose they are, and the router asks there.
        path = f"/api/profiles/{person.id}"
        assert person.ask("PATCH", path, {"bio": "new here"}).status == 200
        assert person.ask("GET", path).json()["bio"] == "new here"
        assert person.id not in profiles.bios("service")
    profiles.agent.signal(signal.SIGCONT)
    wait_until(lambda: all(profiles.is_listed(person.id) for person in people), what="the new users' rows")
    for person in people:
        path = f"/api/profiles/{person.id}"
        assert person.ask("PATCH", path, {"bio": "at home"}).status == 200
        assert person.ask("GET", path).json()["bio"] == "at home"
        # Nobody else wrote that.
        assert profiles.bios("service")[person.id].startswith("at home")
    wait_until(lambda: profiles.bios("legacy") == profiles.bios("service"), what="equal stores")
