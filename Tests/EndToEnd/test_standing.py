"""What `strangler status` says is so, and what it offers is accepted: real processes, from the first look to the last shift."""
import json
import shlex
import socket
import sqlite3
import threading

import pytest

from conftest import two_sides
from processes import run, wait_until
from web import Upstream, read_head

HELLO = b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture
def told(tmp_path):
    """told(router, *arguments): the document of `strangler status`."""
    def ask(it, *arguments):
        result = run("strangler", "--config", it.file, "status", "-o", "json", *arguments, cwd=tmp_path)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)
    return ask


def events_until(gate):
    """An upstream's answer that is a stream of events until the gate opens; everything else is answered at once."""
    def answer(seen):
        if seen.path != "/events":
            return Upstream.ok("fast")

        def stream(link):
            link.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                         b"9\r\ndata: 1\n\n\r\n")
            return gate.wait(120) and False
        return stream
    return answer


@pytest.mark.parametrize("threads", [1, 2])
def test_300_event_streams_keep_no_request_waiting(upstream, router, told, threads):
    gate = threading.Event()
    one = upstream("one", events_until(gate))
    it = router({"upstreams": {"one": {"endpoints": [one.address], "streams": 300}},
                 "routes": [{"id": "all", "match": {"prefix": "/"}, "legacy": "one"}]}, threads=threads)
    links = []
    try:
        for _ in range(300):
            link = socket.create_connection(("127.0.0.1", it.port))
            link.settimeout(20)
            link.sendall(HELLO)
            head, _ = read_head(link)
            assert head.startswith(b"HTTP/1.1 200"), head
            links.append(link)
        assert {it.get(f"/{number}").status for number in range(100)} == {200}
        assert "no upstream" in told(it)["sentence"] or "healthy" in told(it)["sentence"]

        refused = it.get("/events")
        assert refused.status == 503 and refused.json()["origin"] == "router"
        assert it.metric("strangler_shed_requests_total", reason="upstream_streams", upstream="one") == 1
        assert it.metric("strangler_upstream_connections", upstream="one", state="stream") == 300
        assert told(it)["sentence"] == ("1 request was refused in the last minute, because all 300 streams of one were in "
                                        "use: raise upstreams.one.streams.")
    finally:
        gate.set()
        for link in links:
            link.close()


def test_a_service_that_answers_only_500_is_the_first_sentence(upstream, router, told, tmp_path):
    broken = upstream("broken", lambda seen: b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")
    it = router(two_sides(upstream("monolith"), broken, percent=100), threads=2)
    for number in range(40):
        assert it.get(f"/api/profiles/{number}").status == 500
    document = told(it)
    assert document["sentence"].startswith("profile gives no good answer: all of its last ")
    assert [step["command"] for step in document["next_steps"]] == ["strangler rollback profile"]
    doctor = run("strangler", "--config", it.file, "doctor", cwd=tmp_path)
    assert doctor.returncode == 1 and "profile gives no good answer" in doctor.stdout
    assert run("strangler", "--config", it.file, "rollback", "profile", cwd=tmp_path).returncode == 0
    assert it.get("/api/profiles/1").body == b"monolith"
    assert told(it)["sentence"].startswith("Nothing has moved: 1 movable route, all on legacy")


def test_what_legacy_answers_for_a_service_that_is_gone_is_said(upstream, router, told):
    service = upstream("profile")
    it = router(two_sides(upstream("monolith"), service, percent=100))
    service.close()
    for number in range(20):
        assert it.get(f"/api/profiles/{number}").body == b"monolith"
    document = told(it, "profile")
    assert document["sentence"].endswith("monolith answers reads meanwhile."), document["sentence"]
    assert "nobody is left" not in json.dumps(document)


def test_each_step_that_is_offered_is_accepted(upstream, router, told, tmp_path):
    """From nothing to everything and back by what `status` offers, each of its steps run once."""
    document = two_sides(upstream("monolith"), upstream("profile"))
    document["contexts"]["reads"] = {"keys": ["client-ip"], "mode": "reads"}
    document["routes"].insert(0, {"id": "writes", "match": {"prefix": "/api/profiles", "methods": ["PATCH"]},
                                  "legacy": "monolith", "service": "profile", "context": "reads", "percent": 0})
    document["routes"][1]["mirror"] = {"percent": 0}
    it = router(document, threads=2)
    seen = []
    for _ in range(12):
        steps = [step["command"] for step in told(it)["next_steps"]]
        if not steps:
            break
        for command in [step for step in steps if "rollback" not in step]:
            result = run("strangler", "--config", it.file, *shlex.split(command)[1:], cwd=tmp_path)
            assert result.returncode == 0, (command, result)
            seen.append(command)
            if "shift" in command:
                break
    assert seen[-1] == "strangler shift profile 100" and it.document()["routes"][1]["percent"] == 100
    assert not any("writes" in command for command in seen), seen
    assert told(it)["sentence"].startswith("The one movable route is at 100% (1 more cannot move as it is configured)")


def test_a_refused_reload_is_told_until_a_good_one(upstream, router, told):
    it = router(two_sides(upstream("monolith"), upstream("profile")))
    good = it.file.read_text()
    it.write("{")
    it.reload()
    wait_until(lambda: it.metric("strangler_config_reloads_total", result="refused") == 1, what="a refused reload")
    document = told(it)
    assert document["sentence"].startswith("The last reload was refused, revision ")
    assert [step["command"] for step in document["next_steps"]] == [f"strangler validate {it.file}"]
    it.write(good)
    it.reload()
    wait_until(lambda: it.metric("strangler_config_reloads_total", result="accepted") == 1, what="a reload")
    assert told(it)["sentence"].startswith("Nothing has moved")


def test_a_bad_file_at_start_is_told_until_it_is_good(upstream, router, told):
    it = router(two_sides(upstream("monolith"), upstream("profile")))
    good = it.file.read_text()
    wait_until(lambda: any((it.folder / ".routes.json.good").glob("*")), what="a good copy")
    it.process.kill()
    it.write("{")
    it.begin()
    assert told(it)["sentence"].startswith("The file was bad at start: the newest good copy of it, revision ")
    it.write(good)
    it.reload()
    wait_until(lambda: it.metric("strangler_config_reloads_total", result="accepted") == 1, what="a reload")
    assert told(it)["sentence"].startswith("Nothing has moved")


def test_connections_that_are_refused_are_told_by_the_limit_of_clients(upstream, router, told):
    it = router({"limits": {"connectionsPerAddress": 3},
                 "upstreams": {"one": {"endpoints": [upstream("one").address]}},
                 "routes": [{"id": "all", "match": {"prefix": "/"}, "legacy": "one"}]})
    links = [socket.create_connection(("127.0.0.1", it.port)) for _ in range(4)]
    try:
        wait_until(lambda: it.metric("strangler_shed_requests_total", reason="connections") == 1, what="a refusal")
        assert told(it)["sentence"] == ("1 connection was refused in the last minute, because an address had all the 3 "
                                        "connections that one may have: raise limits.connectionsPerAddress.")
    finally:
        for link in links:
            link.close()


def test_a_shift_that_the_rows_would_hold_is_not_offered(upstream, router, told, tmp_path):
    document = two_sides(upstream("monolith"), upstream("profile"))
    document["contexts"]["profile"]["mode"] = "reads"
    document["routes"][0]["match"]["methods"] = ["GET", "HEAD"]
    it = router(document)
    for name in ("monolith.db", "profile.db"):
        with sqlite3.connect(tmp_path / name) as db:
            db.execute("CREATE TABLE users(id TEXT PRIMARY KEY NOT NULL, name TEXT)")
    (it.folder / "data.json").write_text(json.dumps({"version": 1, "groups": {"profile": {
        "source": str(tmp_path / "monolith.db"), "target": str(tmp_path / "profile.db"), "tables": [{"name": "users"}]}}}))
    document = told(it)
    assert "profile cannot be shifted now: nothing is installed for profile." in document["findings"]
    commands = [step["command"] for step in document["next_steps"]]
    assert commands == ["strangler data status profile"], commands
    refused = run("strangler", "--config", it.file, "shift", "profile", "1", cwd=tmp_path)
    assert refused.returncode == 3, refused
    assert run("strangler", "--config", it.file, *shlex.split(commands[0])[1:], cwd=tmp_path).returncode == 0
