"""What is served and not on disk: kept, shown, written when it can be, and not undone by an older file."""
import json
import os
import signal
import subprocess
import threading

import pytest

import web
from conftest import Router, two_sides
from drill import at_once
from processes import run, wait_until
from small_disk import small_disk


@pytest.fixture
def sides(upstream):
    return upstream("monolith"), upstream("profile")


@pytest.fixture
def disk(tmp_path):
    """A file system of 512 KiB of its own; `disk("fill")`, `disk("free")`, `disk("ro")`, `disk("rw")` change its state."""
    with small_disk(tmp_path / "small", kibibytes=512) as small:
        def become(state):
            {"fill": small.fill, "free": small.free}.get(state, lambda: small.remount(state))()
        become.folder = small.folder
        yield become


def command(running, *arguments, **options):
    return run("strangler", *arguments, "--config", running.file, **options)


def percent(running):
    return running.admin("GET", "/v1/status").json()["routes"][0]["percent"]


def written(running):
    return running.document()["routes"][0].get("percent", 0)


def unwritten(running):
    return running.admin("GET", "/v1/status").json()["config"]["unwritten"]


def rolled_back_on_a_full_disk(disk, start, sides, was=50, first=()):
    running = Router(disk.folder, start, two_sides(*sides, percent=was if not first else 10))
    if first:
        assert command(running, *first).returncode == 0
    disk("fill")
    result = command(running, "rollback", "profile", "--reason", "it burns")
    assert result.returncode == 0, result.stderr
    assert "not on disk" in result.stdout
    assert percent(running) == 0 and written(running) == was
    return running


def test_everybody_is_told_and_it_is_written_by_itself(disk, start, sides):
    running = rolled_back_on_a_full_disk(disk, start, sides)
    revision = running.revision()
    assert running.metric("strangler_unwritten_revision") == revision
    assert running.admin("GET", "/readyz?verbose").json()["unwritten"]["kept"] == "journal"
    assert running.admin("GET", "/readyz").status == 200
    assert "it burns" in command(running, "status").stdout
    doctor = json.loads(command(running, "doctor", "-o", "json").stdout)
    assert next(check for check in doctor["checks"] if check["name"] == "on disk")["result"] == "failed"
    difference = command(running, "diff")
    assert "would undo a rollback" in difference.stdout and "it burns" in difference.stdout
    assert f"strangler apply {running.file}\n" not in difference.stdout
    assert "would undo a rollback" in command(running, "plan", running.file).stdout
    disk("free")
    wait_until(lambda: written(running) == 0, seconds=20, what="the rollback on disk")
    wait_until(lambda: unwritten(running) is None, what="nothing left to write")
    assert running.metric("strangler_unwritten_revision") == 0
    assert "No changes" in command(running, "diff").stdout
    assert "what is served is on disk" in running.process.errors()


def test_a_start_with_the_old_file_serves_the_rollback_and_says_so(disk, start, sides):
    running = rolled_back_on_a_full_disk(disk, start, sides)
    revision = running.revision()
    running.process.kill()
    running.begin()
    assert percent(running) == 0 and running.revision() == revision and written(running) == 50
    assert "rolled back before this start" in running.process.errors()
    assert unwritten(running)["rollbacks"][0]["reason"] == "it burns"
    disk("free")
    wait_until(lambda: written(running) == 0, seconds=20, what="the rollback on disk")
    running.process.kill()
    running.begin()
    assert percent(running) == 0 and unwritten(running) is None


def test_what_the_full_disk_kept_out_of_the_ledger_is_in_the_history_after_all(disk, start, sides):
    running = rolled_back_on_a_full_disk(disk, start, sides, first=("shift", "profile", "50.5"), was=50.5)
    running.process.kill()
    running.begin()
    disk("free")
    wait_until(lambda: written(running) == 0, seconds=20, what="the rollback on disk")
    newest = entries(running)[0]
    assert (newest["verb"], newest["reason"], newest["revision"]) == ("rollback", "it burns", running.revision()), newest
    assert "outside" not in {entry["verb"] for entry in entries(running)}


def test_an_older_file_is_refused_until_its_author_knows(disk, start, sides):
    running = rolled_back_on_a_full_disk(disk, start, sides)
    # Not the file that the router read, so it is its author's; and it has the percentage that the rollback took away.
    disk("free")
    disk("fill")
    text = running.file.read_text()
    with open(running.file, "r+") as file:
        file.write(text.replace('"version": 1', '"version" :1'))
    running.reload()
    wait_until(lambda: "would undo a rollback" in running.process.errors(), what="the refusal in the log")
    assert percent(running) == 0
    for arguments in (["apply", running.file], ["apply", running.file, "--dry-run"], ["undo"]):
        refused = command(running, *arguments, "--yes")
        assert refused.returncode == 5, (arguments, refused)
        assert "it burns" in refused.stderr and "--over-rollback" in refused.stderr
    result = command(running, "apply", running.file, "--over-rollback", "--yes")
    assert result.returncode == 0, result.stderr
    assert percent(running) == 50 and unwritten(running) is None


def test_an_edit_after_the_rollback_is_taken(disk, start, sides):
    running = rolled_back_on_a_full_disk(disk, start, sides)
    text = running.file.read_text()
    with open(running.file, "r+") as file:
        file.write(text.replace('"percent": 50', '"percent": 25'))
    later = running.file.stat().st_mtime_ns + 5_000_000_000
    os.utime(running.file, ns=(later, later))
    assert command(running, "apply", running.file, "--yes").returncode == 0
    assert percent(running) == 25 and unwritten(running) is None


def test_a_bad_file_that_is_mended_does_not_raise_what_was_rolled_back(router, sides):
    running = router(two_sides(*sides, percent=100))
    good = running.file.read_text()
    running.file.write_text("{")
    assert command(running, "rollback", "profile").returncode == 0
    assert unwritten(running) is not None
    running.file.write_text(good)
    running.reload()
    wait_until(lambda: written(running) == 0, what="the rollback in the mended file")
    assert percent(running) == 0 and unwritten(running) is None


def test_without_a_router_the_journal_counts(disk, start, sides):
    running = rolled_back_on_a_full_disk(disk, start, sides)
    running.process.kill()
    disk("free")
    refused = command(running, "apply", write(disk.folder / "next.json", running.file.read_text().replace("50", "60")), "--yes")
    assert refused.returncode == 5 and "would undo" in refused.stderr, refused
    assert "0%" in command(running, "shift", "profile", "20", "--dry-run").stdout
    assert command(running, "rollback", "profile").returncode == 0
    assert written(running) == 0
    running.begin()
    assert percent(running) == 0 and unwritten(running) is None


def write(path, text):
    path.write_text(text)
    return path


def test_on_a_read_only_disk_it_is_in_memory_only_and_nobody_takes_over(disk, start, sides):
    running = Router(disk.folder, start, two_sides(*sides, percent=50))
    disk("ro")
    assert "Changes cannot be written" in command(running, "status").stdout
    doctor = json.loads(command(running, "doctor", "-o", "json").stdout)
    assert "memory only" in next(check for check in doctor["checks"] if check["name"] == "on disk")["detail"]
    assert command(running, "shift", "profile", "60").returncode == 1
    result = command(running, "rollback", "profile")
    assert result.returncode == 0 and "a restart would forget it" in result.stdout
    assert unwritten(running)["kept"] == "memory"
    assert "now would forget it" in command(running, "status").stdout
    second = start("strangler-router", "--config", running.file, "--takeover")
    assert second.exit_status() == 69
    assert "neither on disk nor in its journal" in second.errors()
    assert percent(running) == 0
    disk("rw")
    wait_until(lambda: written(running) == 0, seconds=20, what="the rollback on disk")


def test_a_start_on_a_file_that_is_mounted_by_itself_says_what_will_become_of_changes(tmp_path, router, start, sides):
    running = router(two_sides(*sides, percent=50))
    running.process.kill()
    if os.geteuid() or subprocess.run(["mount", "--bind", running.file, running.file], capture_output=True).returncode:
        pytest.skip("a file can only be mounted by root, where mounting is allowed")
    try:
        running.begin()
        assert "memory only" in running.process.errors()
        assert "rename over a mount" in running.admin("GET", "/v1/status").json()["config"]["not_writable"]
        assert command(running, "rollback", "profile").returncode == 0
        assert unwritten(running)["kept"] == "journal"
    finally:
        subprocess.run(["umount", "-l", running.file])
    wait_until(lambda: written(running) == 0, seconds=20, what="the rollback on disk")


def test_a_take_over_brings_an_unwritten_rollback_along(disk, start, sides):
    running = rolled_back_on_a_full_disk(disk, start, sides)
    first = running.process
    second = start("strangler-router", "--config", running.file, "--takeover").ready()
    assert first.exit_status() == 0
    assert percent(running) == 0
    # The files that the first process leaves behind may have made room for it already.
    standing = unwritten(running)
    assert standing["kept"] == "journal" if standing else written(running) == 0
    disk("free")
    wait_until(lambda: written(running) == 0, seconds=20, what="the rollback on disk")
    assert second.popen.poll() is None


def test_a_file_behind_two_links_as_a_volume_has_it_is_written_through_them(tmp_path, start, sides):
    """The layout of a ConfigMap or of a Nix profile, in a folder that may be written."""
    data = tmp_path / "..2026_11_27"
    data.mkdir()
    os.symlink(data.name, tmp_path / "..data")
    os.symlink("..data/routes.json", tmp_path / "routes.json")
    running = Router(tmp_path, start, two_sides(*sides, percent=50))
    assert command(running, "shift", "profile", "60").returncode == 0
    assert command(running, "rollback", "profile").returncode == 0
    assert running.file.is_symlink() and (tmp_path / "..data").is_symlink()
    assert json.loads((data / "routes.json").read_text())["routes"][0]["percent"] == 0
    assert json.loads(running.file.read_text())["revision"] == running.revision()
    running.process.kill()
    # Without a router the same.
    assert command(running, "shift", "profile", "5").returncode == 0
    assert running.file.is_symlink() and written(running) == 5


# MARK: Commands that are cut off


def hanging(upstream):
    """A service that begins no answer before its gate is opened."""
    gate = threading.Event()

    def answer(_):
        gate.wait(30)
        return web.Upstream.ok("late")
    service = upstream("profile", answer)
    service.gate = gate
    return service


def entries(running):
    return json.loads(command(running, "history", "-o", "json").stdout)["entries"]


def in_flight(running):
    return running.admin("GET", "/v1/status").json()["routes"][0]["service"]["in_flight"]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_watches_leaves_a_whole_entry(router, upstream, start, how):
    service = hanging(upstream)
    running = router(two_sides(upstream("monolith"), service, percent=100))
    command(running, "shift", "profile", "99", "--yes")
    asking = threading.Thread(target=lambda: running.get("/api/profiles/1", headers={"X-User": "u"}))
    asking.start()
    wait_until(lambda: in_flight(running) == 1, what="a request on the service")
    watching = start("strangler", "rollback", "profile", "--wait", "60s", "--reason", "drill", "--config", running.file)
    watching.line("1 begun before still runs there")
    assert percent(running) == 0
    watching.signal(how)
    assert watching.exit_status() == 130
    newest = entries(running)[0]
    assert (newest["verb"], newest["reason"]) == ("rollback", "drill"), newest
    service.gate.set()
    asking.join(20)
    assert "outside" not in {entry["verb"] for entry in entries(running)}


def test_a_command_that_was_killed_is_in_the_history_as_what_it_was(router, sides):
    running = router(two_sides(*sides, percent=50))
    assert command(running, "shift", "profile", "60").returncode == 0
    # What a command sends that never lives to see the response.
    body = {"route": "profile", "actor": "night", "reason": "it burns"}
    assert running.admin("POST", "/v1/rollback", body).status == 200
    assert command(running, "shift", "profile", "5").returncode == 0
    verbs = [(entry["verb"], entry["who"], entry["reason"]) for entry in entries(running)]
    assert verbs[1] == ("rollback", "night", "it burns"), verbs
    assert [entry["revision"] for entry in entries(running)] == sorted(
        (entry["revision"] for entry in entries(running)), reverse=True)


def test_changes_at_once_are_nobodys_outside_ones(router, sides):
    running = router(two_sides(*sides, percent=50))
    assert command(running, "shift", "profile", "40").returncode == 0
    results = at_once(5, lambda number: command(running, "shift", "profile", str(10 + number)))
    assert [result.returncode for result in results] == [0] * 5, results
    found = entries(running)
    assert {entry["verb"] for entry in found} == {"shift"}
    assert sorted(entry["revision"] for entry in found) == list(range(found[-1]["revision"], found[-1]["revision"] + 6))


def test_beside_an_edited_file_only_what_is_accepted_is_advised(router, sides):
    running = router(two_sides(*sides, percent=40))
    document = running.document()
    document["routes"][0]["percent"] = 60
    running.write(document)
    answer = json.loads(command(running, "rollback", "profile", "-o", "json").stdout)
    assert "strangler undo" not in [step["command"] for step in answer["next_steps"]], answer
    running.reload()
    wait_until(lambda: "refused" in command(running, "status").stdout, what="the refused reload")
    told = json.loads(command(running, "status", "-o", "json").stdout)
    assert "reload it first" not in json.dumps(told["router"] if "router" in told else told), told
    steps = [step["command"] for step in told["next_steps"]]
    assert not any("validate" in step for step in steps) and f"strangler plan {running.file}" in steps, steps
    assert command(running, "plan", running.file).returncode == 0
    checks = {check["name"]: check for check in json.loads(command(running, "doctor", "-o", "json").stdout)["checks"]}
    assert checks["standing"]["fix"] is None, checks
    assert f'"revision": {unwritten(running)["revision"]}' in checks["on disk"]["fix"], checks
    # As it says.
    document["revision"] = unwritten(running)["revision"]
    running.write(document)
    running.reload()
    wait_until(lambda: not unwritten(running) and percent(running) == 60, what="the author's file")
