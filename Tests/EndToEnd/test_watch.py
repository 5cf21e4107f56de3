"""strangler top, tap and logs on a running router: a terminal that is given back, and lines as they happen."""
import json
import os
import pty
import signal
import subprocess
import threading

import pytest

from conftest import two_sides
from processes import BIN, run, wait_until


@pytest.fixture
def running(router, upstream):
    return router({**two_sides(upstream("monolith"), upstream("profile")), "accessLog": "access.log"})


class Terminal:
    """A program on a pseudo-terminal, with what it showed."""

    def __init__(self, *arguments):
        self.shown = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execv(BIN / "strangler", ["strangler", *map(str, arguments)])

    def read_until(self, text):
        while text not in self.shown:
            self.shown += os.read(self.fd, 4096)

    def exit_status(self):
        try:
            while more := os.read(self.fd, 4096):
                self.shown += more
        except OSError:
            pass  # EIO: the other end is closed
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_top_on_a_terminal_gives_the_screen_back_on_ctrl_c(running):
    terminal = Terminal("--config", running.file, "top", "--interval", "50ms")
    terminal.read_until(b"RATE/S")
    os.write(terminal.fd, b"\x03")
    assert terminal.exit_status() == 130
    assert terminal.shown.count(b"\x1b[?25l") == terminal.shown.count(b"\x1b[?25h") == 1, "the cursor is hidden"
    assert terminal.shown.endswith(b"\x1b[?25h\x1b[?1049l")


def test_status_on_a_terminal_is_written_over_until_ctrl_c(running):
    terminal = Terminal("--config", running.file, "status", "--watch")
    terminal.read_until(b"ROUTE")
    # Home, and no screen is cleared before it is written.
    assert terminal.shown.startswith(b"\x1b[H") and b"\x1b[2J" not in terminal.shown
    terminal.read_until(b"\x1b[J\x1b[H")
    os.write(terminal.fd, b"\x03")
    assert terminal.exit_status() == 130


def test_top_in_a_pipe_is_plain_text_or_lines_of_json(running):
    running.get("/")
    plain = run("strangler", "--config", running.file, "top", "--count", "2", "--interval", "20ms")
    assert plain.returncode == 0 and "\x1b" not in plain.stdout and plain.stdout.count("ROUTE") == 2
    lines = run("strangler", "--config", running.file, "top", "--count", "2", "--interval", "20ms", "-o", "json")
    assert [json.loads(line)["restarted"] for line in lines.stdout.splitlines()] == [False, False]


def test_tap_shows_live_exchanges_and_ends_at_its_limit(running):
    tap = subprocess.Popen(
        [BIN / "strangler", "--config", running.file, "tap", "--path-prefix", "/wanted", "--limit", "3", "-o", "json"],
        stdout=subprocess.PIPE, text=True)
    try:
        # Until it taps, requests go by unseen.
        def one_more():
            running.get("/other")
            running.get("/wanted?secret=1")
            return tap.poll() is not None
        wait_until(one_more, 20, "the end of the tap")
        lines = [json.loads(line) for line in tap.stdout]
    finally:
        tap.kill()
        tap.wait()
    assert tap.returncode == 0
    assert [line["path"] for line in lines] == ["/wanted"] * 3


def test_logs_follow_the_router_until_ctrl_c(running):
    logs = subprocess.Popen([BIN / "strangler", "--config", running.file, "logs"], stdout=subprocess.PIPE, text=True)
    try:
        seen = []
        # A change is told to whoever listens already: again, until one was told.
        threading.Thread(target=lambda: seen.extend(iter(logs.stdout.readline, "")), daemon=True).start()
        percents = iter(range(1, 100))
        def one_more():
            run("strangler", "--config", running.file, "shift", "profile", next(percents), "--reason", "look")
            return any("(look): profile percent" in line for line in seen)
        wait_until(one_more, 30, "a line about a change")
        logs.send_signal(signal.SIGINT)
        assert logs.wait(10) == 130
    finally:
        logs.kill()
        logs.wait()


def test_logs_of_access_are_those_of_the_file(running):
    running.get("/here")
    def told():
        return run("strangler", "--config", running.file, "logs", "--access", "--once").stdout
    wait_until(lambda: "/here" in told(), 10, "the line of the request")
