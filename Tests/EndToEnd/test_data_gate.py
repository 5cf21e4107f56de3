"""Readers move only to a service that has the rows, by whatever verb, and they come back when the rows no longer follow."""
import json

import pytest

from processes import run, wait_until
from test_data import Stores


@pytest.fixture
def stores(tmp_path):
    return Stores(tmp_path)


def configuration(percent=0, group="all", **context):
    context = {"keys": ["header:x-user"], "mode": "reads", **context}
    reads = {"legacy": "m", "service": "s", "context": group}
    return {
        "upstreams": {"m": {"endpoints": ["127.0.0.1:9"]}, "s": {"endpoints": ["127.0.0.1:9"]}},
        "contexts": {group: context},
        "routes": [{"id": "a", "match": {"prefix": "/a", "methods": ["GET"]}, "percent": percent, **reads},
                   {"id": "b", "match": {"prefix": "/b", "methods": ["GET"]}, **reads},
                   {"id": "default", "match": {"prefix": "/"}, "legacy": "m"}]}


class Guarded:
    """A router, its stores, and the verbs that move readers."""

    def __init__(self, running, stores, start, folder):
        self.router, self.stores, self.start, self.folder = running, stores, start, folder

    def strangler(self, *arguments):
        return run("strangler", *arguments, "--config", self.router.file)

    def percents(self):
        document = self.router.admin("GET", "/v1/routes").json()
        return [route.get("percent", 0) for route in document["routes"] if "service" in route]

    def data(self):
        return self.router.admin("GET", "/v1/status").json()["data"][0]

    def wanted(self, change):
        document = self.router.admin("GET", "/v1/routes").json()
        change(document)
        file = self.folder / "wanted.json"
        file.write_text(json.dumps(document))
        return file

    def carry(self):
        """Copies, and leaves an agent that reports to the router."""
        assert self.stores.command("create").returncode == 0
        agent = self.start("strangler", "data", "sync", "--config", self.router.file)
        agent.line("syncing")
        wait_until(lambda: self.data()["state"] == "following", what="the first report")
        return agent


@pytest.fixture
def guarded(router, stores, start, tmp_path):
    stores.fill(20)
    return lambda **rest: Guarded(router(configuration(**rest)), stores, start, tmp_path)


def test_every_verb_that_gives_a_service_readers_asks_for_its_rows(guarded):
    it = guarded()

    def at(percent):
        return lambda document: document["routes"][0].update(percent=percent)
    refused = [it.strangler("shift", "a", "10"), it.strangler("shift", "a", "10", "--dry-run"),
               it.strangler("apply", it.wanted(at(10)), "--yes"), it.strangler("apply", it.wanted(at(10)), "--dry-run")]
    for answer in refused:
        assert answer.returncode == 3 and "nothing is installed for all" in answer.stderr, answer
    plan = it.strangler("plan", it.wanted(at(10)))
    assert plan.returncode == 0 and "apply would be refused" in plan.stdout, plan
    assert it.percents() == [0, 0]
    assert it.strangler("apply", it.wanted(at(10)), "--yes", "--despite-data").returncode == 0
    # The same percentage with another salt: other users come.
    salted = it.strangler("apply", it.wanted(lambda document: document["contexts"]["all"].update(salt="b")), "--yes")
    assert salted.returncode == 3, salted
    assert it.strangler("apply", it.wanted(at(5)), "--yes").returncode == 0
    # Undone, it would be at 10 again.
    undone = it.strangler("undo", "--yes")
    assert undone.returncode == 3 and "--despite-data" in undone.stderr, undone
    assert it.percents() == [5, 0]
    assert it.strangler("shift", "a", "1").returncode == 0
    assert it.strangler("rollback", "a").returncode == 0
    assert it.strangler("undo", "--yes", "--despite-data").returncode == 0
    assert it.percents() == [1, 0]


def test_with_no_router_the_file_is_guarded_alike(stores, tmp_path):
    file = tmp_path / "routes.json"
    file.write_text(json.dumps({**configuration(), "admin": {"unix": "nobody.sock"}}))

    def strangler(*arguments):
        return run("strangler", *arguments, "--config", file)
    assert strangler("shift", "a", "10").returncode == 3
    wanted = tmp_path / "wanted.json"
    wanted.write_text(json.dumps({**configuration(percent=10), "admin": {"unix": "nobody.sock"}}))
    assert strangler("apply", wanted, "--yes").returncode == 3
    assert strangler("apply", wanted, "--yes", "--despite-data").returncode == 0
    assert strangler("undo", "--yes").returncode == 0
    assert strangler("undo", "--yes").returncode == 3


@pytest.mark.parametrize("group, meant", [("al", "all"), ("All", "all"), ("wall", "all")])
def test_a_context_whose_group_has_another_name_is_told(guarded, group, meant):
    it = guarded(group=group)
    answer = it.strangler("shift", "a", "10")
    assert answer.returncode == 0
    assert "nothing checks that the service has the rows" in answer.stdout and f'did you mean "{meant}"?' in answer.stdout
    data = json.loads(it.strangler("shift", "a", "20", "-o", "json").stdout)["data"]
    assert data["unchecked"][0]["context"] == group and data["unchecked"][0]["did_you_mean"] == meant


def test_without_a_data_file_it_is_told_and_with_the_group_named_it_is_checked(guarded):
    it = guarded(group="readers")
    it.stores.file.rename(it.folder / "elsewhere.json")
    answer = it.strangler("apply", it.wanted(lambda document: document["routes"][0].update(percent=10)), "--yes")
    assert answer.returncode == 0 and "nothing checks that the service has the rows" in answer.stdout, answer
    (it.folder / "elsewhere.json").rename(it.stores.file)
    named = it.wanted(lambda document: document["contexts"]["readers"].update(data={"group": "all"}))
    assert it.strangler("apply", named, "--yes").returncode == 0
    refused = it.strangler("shift", "a", "20")
    assert refused.returncode == 3 and "nothing is installed for all" in refused.stderr, refused
    assert it.strangler("shift", "a", "5").returncode == 0


def test_a_stream_that_stops_brings_the_readers_back_and_is_the_first_sentence(guarded):
    it = guarded()
    it.carry()
    assert it.strangler("shift", "a", "40").returncode == 0
    with it.stores.connect() as db:
        db.execute("DROP TRIGGER _sf_users_ad")
        db.execute("INSERT INTO users VALUES('late', 'late@x', 1)")
    wait_until(lambda: it.percents() == [0, 0], what="the readers on legacy")
    assert it.router.metric("strangler_rollbacks_total", route="a", reason="data-stall") == 1
    assert it.router.metric("strangler_data_stalled", context="all") == 1
    status = json.loads(it.strangler("status", "-o", "json").stdout)
    assert status["sentence"].startswith("The rows of all do not arrive"), status["sentence"]
    assert not [step for step in status["next_steps"] if "shift" in json.dumps(step)], status["next_steps"]
    doctor = it.strangler("doctor", "--quiet")
    assert "The rows of all do not arrive" in doctor.stdout, doctor
    refused = it.strangler("shift", "b", "10")
    assert refused.returncode == 3, refused
    # Through the router alone, as a script would.
    answer = it.router.admin("POST", "/v1/routes/b/shift", {"percent": 10})
    assert answer.status == 409 and answer.json()["code"] == "data_stalled"
    history = it.router.admin("GET", "/v1/changes").json()
    assert "data" in json.dumps(history)
    # Mended, it may go on; nobody but a person raises it.
    assert it.stores.command("create").returncode == 0
    wait_until(lambda: it.data()["state"] == "following", what="the rows")
    assert it.percents() == [0, 0]
    assert it.strangler("shift", "a", "10").returncode == 0


def test_an_agent_that_dies_brings_the_readers_back(guarded):
    it = guarded()
    agent = it.carry()
    assert it.strangler("shift", "a", "40").returncode == 0
    agent.kill()
    wait_until(lambda: it.percents() == [0, 0], seconds=40, what="the readers on legacy")
    assert "has not reported" in it.data()["reason"]


def test_hold_only_tells(guarded):
    it = guarded(onStall="hold")
    agent = it.carry()
    assert it.strangler("shift", "a", "40").returncode == 0
    agent.kill()
    wait_until(lambda: it.data()["state"] == "stalled", seconds=40, what="the stall")
    assert it.percents() == [40, 0]
    status = it.strangler("status")
    assert "The rows of all do not arrive" in status.stdout.splitlines()[0], status
    assert "readers of a on the service see old ones" in status.stdout
    assert it.strangler("shift", "a", "50").returncode == 3
    assert it.strangler("shift", "a", "30").returncode == 0


def test_where_no_agent_reports_the_stores_are_looked_at(guarded):
    it = guarded()
    assert it.stores.command("create").returncode == 0
    # It knows of no router.
    agent = it.start("strangler", "data", "sync", "--data", it.stores.file, "--admin", f"unix:{it.folder}/nobody.sock")
    agent.line("syncing")
    wait_until(lambda: it.stores.status()["groups"][0]["agent"] and it.stores.status()["caught_up"], what="the copy")
    assert it.strangler("shift", "a", "40").returncode == 0
    assert it.data()["state"] == "unknown"
    assert "do not arrive" not in it.strangler("status").stdout
    with it.stores.connect() as db:
        db.execute("DROP TRIGGER _sf_users_ad")
    wait_until(lambda: it.stores.status()["groups"][0]["state"] == "stopped", what="the stop")
    assert "The rows of all do not arrive" in it.strangler("status").stdout.splitlines()[0]
    assert it.percents() == [40, 0], "a router that nobody told does nothing"


def test_a_data_file_elsewhere_is_looked_at_when_it_is_named(guarded, tmp_path):
    """By option and by environment, for every verb that looks at the stores; one that is named and not there is an error."""
    it = guarded()
    elsewhere = tmp_path / "other"
    elsewhere.mkdir()
    file = elsewhere / "rows.json"
    text = it.stores.file.read_text().replace('"monolith.db"', f'"{it.stores.source}"').replace(
        '"service.db"', f'"{it.stores.target}"')
    file.write_text(text)
    it.stores.file.unlink()
    wanted = it.wanted(lambda document: document["routes"][0].update(percent=10))
    for verb in (["shift", "a", "10"], ["apply", wanted, "--yes"]):
        named = it.strangler(*verb, "--data", file)
        assert named.returncode == 3 and "nothing is installed for all" in named.stderr, named
        surrounding = run("strangler", *verb, "--config", it.router.file, env={"STRANGLER_DATA": str(file)})
        assert surrounding.returncode == 3, surrounding
        missing = it.strangler(*verb, "--data", elsewhere / "none.json")
        assert missing.returncode == 78 and "none.json" in missing.stderr, missing
    assert "apply would be refused" in it.strangler("plan", wanted, "--data", file).stdout
    assert it.percents() == [0, 0]


def test_a_shift_waits_for_the_first_report_and_an_agent_that_dies_then_brings_the_readers_back(guarded):
    it = guarded()
    assert it.stores.command("create").returncode == 0
    assert it.stores.command("sync", "--once").returncode == 0
    agent = it.start("strangler", "data", "sync", "--config", it.router.file)
    agent.line("syncing")
    wait_until(lambda: it.stores.status()["groups"][0]["agent"], what="a living agent")
    shifted = it.strangler("shift", "a", "10")
    assert shifted.returncode == 0 and "nothing watches" not in shifted.stdout, shifted
    agent.kill()
    wait_until(lambda: it.percents() == [0, 0], seconds=30, what="the readers' way back")


def test_a_shift_that_nobody_watches_afterwards_is_told_so(guarded):
    """An agent that reports elsewhere: the rows are there now, and that is all that is known."""
    it = guarded()
    assert it.stores.command("create").returncode == 0
    assert it.stores.command("sync", "--once").returncode == 0
    agent = it.start("strangler", "data", "sync", "--data", it.stores.file, "--admin", "unix:/nonexistent.sock")
    agent.line("syncing")
    wait_until(lambda: it.stores.status()["groups"][0]["agent"], what="a living agent")
    shifted = it.strangler("shift", "a", "10", "-o", "json")
    assert shifted.returncode == 0, shifted
    assert json.loads(shifted.stdout)["data"]["unwatched"] == ["all"]
    assert 'nothing watches the rows of "all"' in it.strangler("shift", "b", "10").stdout
