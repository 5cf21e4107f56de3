"""A living router is found whatever its configuration looks like, by every verb; and nobody else's is."""
import json
import os
import signal

import pytest

from conftest import Router, two_sides
from processes import run, wait_until


@pytest.fixture
def sides(upstream):
    return upstream("monolith"), upstream("profile")


ADMIN = {
    "custom socket": {"unix": "deep/own.sock"},
    "usual socket, and TCP": {"listen": "127.0.0.1:0"},
    "custom socket, and TCP": {"unix": "deep/own.sock", "listen": "127.0.0.1:0"},
}


class Found(Router):
    """A router whose admin address is not where anybody would look by themselves."""

    def __init__(self, folder, start, document, admin, name="routes.json"):
        self.folder, self._start, self.threads, self.socket = folder, start, 2, None
        self.file = folder / name
        if "unix" in admin:
            (folder / admin["unix"]).parent.mkdir(exist_ok=True)
        self.write({"version": 1, "listen": ["127.0.0.1:0"], "revision": 1, "admin": admin, **document})
        self.good = self.file.read_text()
        self.process = start("strangler-router", "--config", self.file, "--threads", 2, cwd=folder).ready()
        self.process.line("admin on")
        self.address = self.process.address

    @property
    def notice(self):
        return self.folder / f".{self.file.name}.router"

    def command(self, *arguments, **options):
        return run("strangler", *arguments, "--config", self.file, **options)

    def percent(self):
        return next(route["percent"] for route in json.loads(self.command("status", "-o", "json").stdout)["routes"]
                    if route["id"] == "profile")


def spoil(running, how):
    text = running.good
    if how == "bad":
        running.file.write_text("{\n")
    elif how == "empty":
        running.file.write_text("")
    elif how == "deleted":
        running.file.unlink()
    elif how == "a folder":
        running.file.unlink()
        running.file.mkdir()
    elif how == "another address":
        running.file.write_text(text.replace('"admin": {', '"admin": { "unix": "elsewhere.sock" }, "$comment": {'))
    elif how == "no address":
        running.file.write_text(text.replace('"admin": {', '"$comment": {'))


SPOILT = ["good", "bad", "empty", "deleted", "a folder", "another address", "no address"]


@pytest.mark.parametrize("admin", list(ADMIN))
@pytest.mark.parametrize("how", SPOILT)
def test_rollback_finds_the_router(tmp_path, start, sides, admin, how):
    running = Found(tmp_path, start, two_sides(*sides, percent=100), ADMIN[admin])
    spoil(running, how)
    result = running.command("rollback", "profile", "--reason", "drill")
    assert result.returncode == 0, result.stdout + result.stderr
    assert running.get("/api/profiles/1", headers={"X-User": "u"}).body == b"monolith"


@pytest.mark.parametrize("how", ["good", "bad", "deleted"])
def test_a_router_whose_socket_was_removed_is_found_on_tcp(tmp_path, start, sides, how):
    running = Found(tmp_path, start, two_sides(*sides, percent=100), ADMIN["custom socket, and TCP"])
    spoil(running, how)
    (tmp_path / "deep" / "own.sock").unlink()
    result = running.command("rollback", "profile")
    assert result.returncode == 0, result.stdout + result.stderr
    assert running.get("/api/profiles/1", headers={"X-User": "u"}).body == b"monolith"


@pytest.mark.parametrize("how", SPOILT)
def test_every_verb_finds_the_router(tmp_path, start, sides, how):
    running = Found(tmp_path, start, two_sides(*sides, percent=10), ADMIN["custom socket"])
    spoil(running, how)
    for verb in (["status"], ["status", "profile"], ["explain", "GET", "/api/profiles/1"], ["top", "--once"],
                 ["shift", "profile", "20", "--dry-run"], ["mirror", "profile", "5", "--dry-run"],
                 ["rollback", "--all", "--dry-run"], ["tap", "--limit", "0", "--help"]):
        result = running.command(*verb)
        assert result.returncode == 0, (verb, result.stdout, result.stderr)
    doctor = json.loads(running.command("doctor", "-o", "json").stdout)
    found = next(check for check in doctor["checks"] if check["name"] == "router")
    assert str(running.process.pid) in found["detail"], doctor


def test_a_notice_of_a_dead_router_is_passed_over_and_the_texts_name_the_configuration(tmp_path, start, sides):
    running = Found(tmp_path, start, two_sides(*sides, percent=10), ADMIN["custom socket"])
    assert json.loads(running.notice.read_text())["pid"] == running.process.pid
    running.process.kill()
    assert running.notice.exists()
    running.file.write_text("{")
    result = running.command("status")
    assert result.returncode == 69, result
    assert "has ended" in result.stderr and f"strangler-router --config {running.file}" in result.stderr, result.stderr


def test_a_clean_end_removes_the_notice_and_a_take_over_keeps_it_true(tmp_path, start, sides):
    running = Found(tmp_path, start, two_sides(*sides, percent=10), ADMIN["custom socket"])
    first = running.process
    second = start("strangler-router", "--config", running.file, "--threads", 2, "--takeover", cwd=tmp_path).ready()
    assert first.exit_status() == 0
    assert json.loads(running.notice.read_text())["pid"] == second.pid
    running.file.write_text("{")
    assert running.command("rollback", "--all").returncode == 0
    running.file.write_text(running.good)
    second.signal(signal.SIGTERM)
    assert second.exit_status() == 0
    assert not running.notice.exists()


def test_the_router_of_another_configuration_in_the_folder_is_never_asked(tmp_path, start, sides):
    (tmp_path / "run").mkdir()
    stranger = Found(tmp_path, start, two_sides(*sides, percent=100), {"unix": "run/router.sock"}, name="a.json")
    missing = tmp_path / "b.json"
    result = run("strangler", "rollback", "--all", "--config", missing)
    assert result.returncode == 69, result
    assert str(stranger.file) in result.stderr and "not asked" in result.stderr, result.stderr
    assert stranger.percent() == 100


def test_a_configuration_that_is_a_link_is_found_by_either_name(tmp_path, start, sides):
    (tmp_path / "real").mkdir()
    (tmp_path / "named").mkdir()
    link = tmp_path / "named" / "routes.json"
    os.symlink("../real/r.json", link)
    running = Found(tmp_path / "real", start, two_sides(*sides, percent=100), ADMIN["custom socket"], name="r.json")
    running.process.kill()
    (tmp_path / "named" / "deep").mkdir()
    process = start("strangler-router", "--config", link, cwd=tmp_path).ready()
    result = run("strangler", "rollback", "--all", "--config", tmp_path / "real" / "r.json")
    assert result.returncode == 0, result.stderr
    assert str(process.pid) in run("strangler", "status", "--config", link).stdout
    # Written through the link, which stays.
    assert link.is_symlink() and json.loads((tmp_path / "real" / "r.json").read_text())["routes"][0]["percent"] == 0
    assert wait_until(lambda: not list((tmp_path / "real").glob(".r.json.tmp*")), what="no temporaries")


def check(running, name, *arguments):
    checks = json.loads(running.command("doctor", "-o", "json", *arguments).stdout)["checks"]
    return next((found for found in checks if found["name"] == name), None)


def test_a_router_that_hangs_is_named_and_no_second_one_is_advised(tmp_path, start, sides):
    running = Found(tmp_path, start, two_sides(*sides, percent=10), ADMIN["custom socket"])
    running.process.signal(signal.SIGSTOP)
    try:
        found = check(running, "router", "--timeout", "100ms")
        asked = running.command("rollback", "--all", "--timeout", "100ms")
    finally:
        running.process.signal(signal.SIGCONT)
    assert found["result"] == "failed", found
    assert f"pid {running.process.pid} runs" in found["detail"] and "did not answer" in found["detail"], found
    assert f"kill -9 {running.process.pid}" in found["fix"], found
    assert asked.returncode == 4 and "strangler doctor" in asked.stderr, asked


def test_a_router_that_refuses_is_not_said_to_be_away(tmp_path, start, sides):
    (tmp_path / "token").write_text("a token of the tests\n")
    (tmp_path / "token").chmod(0o600)
    admin = {"listen": "127.0.0.1:0", "tokenFile": "token"}
    running = Found(tmp_path, start, two_sides(*sides, percent=10), admin)
    tcp = next(place for place in json.loads(running.notice.read_text())["admin"] if place.startswith("http:"))
    found = check(running, "router", "--admin", tcp)
    assert found["result"] == "failed" and "token" in found["detail"], found
    assert check(running, "router", "--admin", tcp, "--token-file", str(tmp_path / "token"))["result"] == "ok"


def test_a_rollback_that_moves_nobody_speaks_of_its_routes_only(tmp_path, start, sides):
    document = two_sides(*sides, percent=0)
    other = {**next(route for route in document["routes"] if route["id"] == "profile"), "id": "other", "percent": 50,
             "match": {"prefix": "/other", "methods": ["GET"]}}
    running = Found(tmp_path, start, {**document, "routes": [other, *document["routes"]]}, ADMIN["custom socket"])
    said = running.command("rollback", "profile").stdout
    assert said.startswith("profile is at 0% already; nothing was changed."), said
    running.process.kill()
    said = running.command("rollback", "profile").stdout
    assert said.startswith("profile is at 0% already; nothing was changed."), said


def test_without_a_router_every_next_step_can_be_taken(tmp_path, start, sides):
    running = Found(tmp_path, start, two_sides(*sides, percent=10), ADMIN["custom socket"])
    running.process.kill()
    for verb in (["shift", "profile", "20"], ["mirror", "profile", "5"], ["undo"]):
        result = running.command(*verb, "-o", "json")
        assert result.returncode == 0, result
        steps = [step["command"] for step in json.loads(result.stdout)["next_steps"]]
        assert steps[0] == f"strangler-router --config {running.file}", (verb, steps)
        assert not any(step.startswith("strangler status") for step in steps), (verb, steps)
    running.file.unlink()
    result = running.command("rollback", "--all")
    assert result.returncode == 0 and f"because there is no {running.file}" in result.stdout, result
