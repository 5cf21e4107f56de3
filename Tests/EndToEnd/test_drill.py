"""Drills for the one on call: each part dies, hangs or runs out of room under load, and going back works in each of these states.

`make drill` runs these alone. What each showed is printed at the end: requests, failed ones, the file, and what a router that is
killed and started again serves.
"""
import json
import os
import signal
import subprocess

import pytest

from drill import Drill, at_once
from processes import wait_until
from small_disk import small_disk


@pytest.fixture
def estate_at(tmp_path, start):
    """estate_at(PERCENT): the whole estate with the profile route there."""
    return lambda percent, **options: Drill(tmp_path, start, percent, **options)


def answered(load, more=200):
    """Waits until the load has seen this many more answers."""
    count = load.answers + more
    wait_until(lambda: load.answers >= count, seconds=30, what="answers under load")


def is_of_a_dead_router(failure):
    """A connection that ended or was refused; never an answer with a wrong status."""
    return not failure[:3].isdigit()


def test_drill_kill_the_router(estate_at):
    drill = estate_at(50)
    with drill.load() as load:
        for _ in range(3):
            answered(load)
            drill.restart()
        answered(load)
    assert all(is_of_a_dead_router(failure) for failure in load.failures), load.failures[:5]
    drill.note("kill -9 of the router, three times at 50 %", load, expected=50)


def test_drill_kill_the_router_right_behind_a_rollback(estate_at):
    drill = estate_at(100)
    with drill.load() as load:
        answered(load)
        drill.must("rollback", "profile", "--reason", "drill")
        drill.restart()
        answered(load)
    assert all(is_of_a_dead_router(failure) for failure in load.failures), load.failures[:5]
    drill.note("rollback, then kill -9 of the router", load, expected=0)


def test_drill_kill_the_service_at_100(estate_at):
    drill = estate_at(100)
    with drill.load() as load:
        answered(load)
        drill.profile.kill()
        answered(load)
        drill.must("rollback", "profile", "--reason", "drill")
        answered(load)
    assert not load.failures, load.failures[:5]
    drill.note("kill -9 of the service at 100 %, rollback", load, expected=0)


def test_drill_kill_the_monolith_behind_a_service_at_100(estate_at):
    drill = estate_at(100)
    with drill.load() as load:
        answered(load)
        drill.monolith.kill()
        answered(load)
        drill.monolith = drill.begin("monolith")
        answered(load)
        drill.must("rollback", "profile", "--reason", "drill")
        answered(load)
    assert not load.failures, load.failures[:5]
    drill.rows_are_equal()
    drill.note("kill -9 of the monolith, start, rollback", load, expected=0)


def test_drill_kill_the_agent(estate_at):
    """The follower no longer gets rows: readers are brought back to legacy by default, and the sentence says why."""
    drill = estate_at(0)
    drill.must("shift", "profile", "100")
    with drill.load() as load:
        answered(load)
        drill.agent.kill()
        wait_until(lambda: drill.written() == 0, seconds=30, what="the readers' way back")
        status = drill.command("status")
        assert "profile" in status.stdout.splitlines()[0], status.stdout
        answered(load)
    assert not load.failures, load.failures[:5]
    drill.agent = drill.begin_agent()
    drill.rows_are_equal()
    drill.note("kill -9 of the agent at 100 %", load, expected=0)


def test_drill_kill_a_command_in_the_middle_of_a_change(estate_at):
    """Whatever the command lived to see: the file is whole, and it says what is served."""
    drill = estate_at(50)
    with drill.load() as load:
        answered(load)
        for percent in (60, 70, 80):
            command = drill._start("strangler", "shift", "profile", percent, "--config", drill.file, "--despite-data",
                                   cwd=drill.folder)
            wait_until(lambda: command.popen.poll() is not None or drill.written() == percent, what="the change")
            command.kill()
            assert drill.written() in (percent - 10, percent)
        answered(load)
    assert not load.failures, load.failures[:5]
    drill.must("rollback", "profile", "--reason", "drill")
    drill.note("kill -9 of three commands, rollback", load, expected=0)


def test_drill_a_hung_service_at_100(estate_at):
    """Going back is answered while the service still hangs: the answer does not wait for what hangs on it."""
    drill = estate_at(100)
    with drill.load() as load:
        answered(load)
        drill.profile.signal(signal.SIGSTOP)
        try:
            wait_until(lambda: drill.in_flight() > 0, what="a request that hangs on the service")
            went_back = drill.must("rollback", "profile", "--reason", "drill", "-o", "json")
            report = json.loads(went_back.stdout)
            assert report["in_flight"] > 0, report
            assert drill.served() == 0
        finally:
            drill.profile.signal(signal.SIGCONT)
        answered(load)
    assert not load.failures, load.failures[:5]
    drill.note("SIGSTOP of the service at 100 %, rollback", load, expected=0)


def test_drill_a_full_disk(tmp_path, estate_at):
    """A rollback that no disk has room for is kept all the same, and written as soon as there is room."""
    with small_disk(tmp_path / "small") as disk:
        drill = estate_at(100, config=tmp_path / "small")
        with drill.load() as load:
            answered(load)
            disk.fill()
            drill.must("rollback", "profile", "--reason", "drill")
            assert drill.served() == 0 and drill.written() == 100
            assert "not on disk" in drill.command("status").stdout
            answered(load)
            drill.restart()
            assert drill.served() == 0, "a start with a full disk forgot the rollback"
            answered(load)
            disk.free()
            wait_until(lambda: drill.written() == 0, seconds=30, what="the rollback on disk")
            assert "not on disk" not in drill.command("status").stdout
        assert all(is_of_a_dead_router(failure) for failure in load.failures), load.failures[:5]
        drill.note("rollback on a full disk, restart, room again", load, expected=0)
        drill.router.kill()


@pytest.mark.parametrize("what", ["bad", "empty", "deleted", "edited"])
def test_drill_rollback_whatever_the_file_looks_like(estate_at, what):
    drill = estate_at(100)
    with drill.load() as load:
        answered(load)
        text = drill.file.read_text()
        if what == "deleted":
            drill.file.unlink()
        elif what == "edited":
            drill.file.write_text(text.replace("250ms", "251ms"))
        else:
            drill.file.write_text("{" if what == "bad" else "")
        drill.must("rollback", "profile", "--reason", "drill")
        assert drill.served() == 0
        answered(load)
        drill.restart()
        answered(load)
    assert all(is_of_a_dead_router(failure) for failure in load.failures), load.failures[:5]
    drill.note(f"rollback with a configuration that is {what}", load)
    assert drill.served() == 0


def test_drill_a_file_that_cannot_be_replaced(tmp_path, estate_at):
    """A file that is mounted by itself, as containers do it: changes live in memory, and everybody is told."""
    drill = estate_at(100)
    if os.geteuid() or subprocess.run(["mount", "--bind", drill.file, drill.file], capture_output=True).returncode:
        pytest.skip("a file can only be mounted by root, where mounting is allowed")
    try:
        with drill.load() as load:
            answered(load)
            drill.must("rollback", "profile", "--reason", "drill")
            assert drill.served() == 0
            answered(load)
            drill.restart()
            assert drill.served() == 0, "a start forgot the rollback"
            answered(load)
        assert all(is_of_a_dead_router(failure) for failure in load.failures), load.failures[:5]
    finally:
        subprocess.run(["umount", "-l", drill.file])
    wait_until(lambda: drill.written() == 0, seconds=30, what="the rollback on disk")
    drill.note("rollback with a file mounted by itself", load, expected=0)


def test_drill_six_rollbacks_at_once_beside_a_pipeline_that_shifts(estate_at):
    drill = estate_at(50)
    with drill.load() as load:
        answered(load)

        def call(number):
            if number < 6:
                return drill.command("rollback", *(["--all"] if number % 2 else ["profile"]), "--reason", f"drill {number}")
            return [drill.command("shift", "profile", "+1", "--despite-data") for _ in range(5)]
        *rollbacks, shifts = at_once(7, call)
        assert [result.returncode for result in rollbacks] == [0] * 6, [result.stderr for result in rollbacks]
        assert {result.returncode for result in shifts} <= {0, 5}, [result.stderr for result in shifts]
        drill.must("rollback", "--all", "--reason", "drill")
        answered(load)
    assert not load.failures, load.failures[:5]
    drill.note("six rollbacks at once beside a shifting pipeline", load, expected=0)
