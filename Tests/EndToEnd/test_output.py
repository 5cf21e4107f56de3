"""Where the output of a program goes: a full disk, a reader that left, a narrow screen, a closed descriptor."""
import json
import os
import re
import signal
import subprocess

import pytest

from conftest import two_sides
from processes import BIN, run, wait_until

PROGRAMS = ["strangler", "strangler-router", "pixelpulse-monolith", "pixelpulse-auth", "pixelpulse-filter",
            "pixelpulse-profile"]


def pages(*words):
    """The words that lead to every help page of strangler, this one first."""
    text = run("strangler", *words, "--help").stdout
    yield words
    section = re.search(r"^commands:\n((?:  .*\n)+)", text, re.M)
    for name in re.findall(r"^  ([a-z][a-z-]*)  ", section[1], re.M) if section else []:
        yield from pages(*words, name)


@pytest.fixture
def running(router, upstream):
    return router({**two_sides(upstream("monolith"), upstream("profile")), "accessLog": "access.log"})


@pytest.fixture
def full():
    with open("/dev/full", "w") as device:
        yield device


def strangler(running, *arguments, **options):
    return subprocess.Popen([BIN / "strangler", "--config", running.file, *arguments], text=True,
                            stderr=subprocess.PIPE, **options)


ENDLESS = [["tap"], ["logs"], ["logs", "--access"], ["top", "--interval", "50ms"], ["status", "--watch"],
           ["tap", "-o", "json"], ["top", "--interval", "50ms", "-o", "json"], ["status", "--watch", "-o", "json"]]


@pytest.mark.parametrize("words", ENDLESS, ids=" ".join)
def test_a_verb_that_watches_ends_with_its_reader(running, words):
    reading, writing = os.pipe()
    watching = strangler(running, *words, stdout=writing)
    os.close(writing)
    # Nothing is read, and nothing need be written: that the reader has gone is enough.
    os.close(reading)
    try:
        _, said = watching.communicate(timeout=20)
    finally:
        watching.kill()
    assert (watching.returncode, said) == (128 + signal.SIGPIPE, "")


def test_a_tap_that_is_cut_by_head_ends_by_itself(running):
    pipeline = subprocess.Popen(
        ["bash", "-c", 'set -o pipefail; "$@" | head -1', "-", BIN / "strangler", "--config", running.file, "tap"],
        stdout=subprocess.PIPE, text=True)
    try:
        def one_more():
            running.get("/one")
            return pipeline.poll() is not None
        wait_until(one_more, 20, "the end of the pipeline")
        assert len(pipeline.stdout.read().splitlines()) == 1
    finally:
        pipeline.kill()
    assert pipeline.returncode == 128 + signal.SIGPIPE


@pytest.mark.parametrize("words", ENDLESS + [
    ["status"], ["status", "-o", "json"], ["doctor"], ["diff"], ["validate"], ["schema"], ["history"], ["explain", "GET", "/"],
    ["fmt", "--dry-run"], ["init", "--dry-run"], ["completion", "bash"], ["shift", "profile", "5"], ["mirror", "profile", "on"],
    ["rollback", "--all"], ["top", "--once", "--interval", "20ms"], ["logs", "--access", "--once"],
], ids=" ".join)
def test_a_full_disk_is_told_and_ends_with_74(running, full, words):
    if words == ["logs", "--access", "--once"]:
        running.get("/one")
        wait_until(lambda: (running.folder / "access.log").read_text(), 10, "a line in the access log")
    # What watches has something to tell.
    process = strangler(running, *words, stdout=full)
    try:
        def one_more():
            running.get("/one")
            if words[0] == "logs":
                running.reload()
            return process.poll() is not None
        wait_until(one_more, 30, "the end of the command")
        said = process.stderr.read()
    finally:
        process.kill()
    assert (process.returncode, "No space left on device" in said) == (74, True), said
    if words[0] == "shift":
        assert "error: done, but" in said and running.document()["routes"][0]["percent"] == 5


def test_every_help_page_fits_80_columns_and_is_told_when_it_cannot_be_written(full):
    for words in pages():
        text = run("strangler", *words, "--help").stdout
        long = [line for line in text.splitlines() if len(line) > 80]
        assert text and not long, (words, long)
        end = subprocess.run([BIN / "strangler", *words, "--help"], stdout=full, stderr=subprocess.PIPE, text=True)
        assert end.returncode == 74 and "No space left" in end.stderr, words


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_tells_its_version_and_fits_80_columns(program, full):
    said = run(program, "--version")
    assert (said.returncode, said.stderr) == (0, "")
    assert re.fullmatch(program + r" \d+\.\d+\.\d+\n", said.stdout), said.stdout
    help = run(program, "--help")
    assert help.returncode == 0 and "--version" in help.stdout
    assert [line for line in help.stdout.splitlines() if len(line) > 80] == []
    for option in ("--version", "--help"):
        end = subprocess.run([BIN / program, option], stdout=full, stderr=subprocess.PIPE, text=True)
        assert end.returncode == 74 and "No space left on device" in end.stderr
    wrong = run(program, "--verison")
    assert wrong.returncode == 64 and "did you mean \"--version\"?" in wrong.stderr


def test_one_number_is_the_version_of_all(running):
    versions = {run(program, "--version").stdout.split()[1] for program in PROGRAMS}
    assert versions == {running.admin("GET", "/v1/status").json()["router"]["version"]}


def test_tables_fit_the_columns_that_are_asked_for(running):
    run("strangler", "--config", running.file, "shift", "profile", "5", "--reason", "a reason that is long enough to be broken " * 3)
    running.get("/api/profiles/1", headers={"x-user": "ada"})
    for words in [["status"], ["status", "profile"], ["history"], ["doctor"], ["explain", "GET", "/api/profiles/1"],
                  ["top", "--once", "--interval", "20ms"]]:
        for columns in (80, 60):
            done = run("strangler", "--config", running.file, *words, env={"COLUMNS": str(columns)})
            tables = [line for line in done.stdout.splitlines() if re.match(r"[A-Z]{3,}|profile|default|legacy|service", line)]
            assert tables and [line for line in tables if len(line) > columns] == [], (words, done.stdout)


def test_an_answer_is_not_written_into_a_socket_that_took_a_closed_number(running):
    done = subprocess.run(["bash", "-c", '"$@" >&-', "-", BIN / "strangler", "--config", running.file, "status"],
                          capture_output=True, text=True)
    assert done.returncode == 74 and "Bad file descriptor" in done.stderr


def test_reasons_do_not_reach_a_terminal_as_they_are(running):
    hostile = "\x1b[2J\u009b31m\u202ereason"
    assert run("strangler", "--config", running.file, "shift", "profile", "5", "--reason", hostile).returncode == 0
    text = run("strangler", "--config", running.file, "history").stdout
    assert not set("\x1b\u009b\u202e") & set(text) and r"\x1b[2J\x9b31m\u{202e}reason" in text
    entry = json.loads(run("strangler", "--config", running.file, "history", "-o", "json").stdout)["entries"][0]
    assert entry["reason"] == hostile
    assert not set("\x1b\u009b\u202e") & set(running.process.errors()), "the router's own log"
