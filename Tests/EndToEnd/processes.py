"""Processes under test: started on port 0, their address read back from their own lines, none left behind."""
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BIN = pathlib.Path(os.environ.get("STRANGLER_BIN", ROOT / ".build/release")).resolve()


def wait_until(condition, seconds=10, what="the condition"):
    """The first true value of `condition()`; a bounded wait, never a bare sleep."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        time.sleep(0.01)


class Process:
    """One executable of the project, with its output kept. `under`: a command that runs it, such as valgrind."""

    def __init__(self, name, *arguments, log, env=None, cwd=None, under=()):
        self.name, self.log = name, pathlib.Path(log)
        self.lines = []
        self._more = threading.Condition()
        self._errors = open(self.log, "ab")
        self.started = time.monotonic()
        self.popen = subprocess.Popen(
            [*under, BIN / name, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._errors,
            env={**os.environ, **(env or {})}, cwd=cwd, start_new_session=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.popen.stdout:
            with self._more:
                self.lines.append(line.decode(errors="replace").rstrip("\n"))
                self._more.notify_all()
        with self._more:
            self._more.notify_all()

    def line(self, pattern, seconds=15):
        """The first match among the lines of standard output, waited for."""
        def found():
            return next((m for m in (re.search(pattern, text) for text in self.lines) if m), None)
        with self._more:
            deadline = time.monotonic() + seconds
            while not (match := found()):
                left = deadline - time.monotonic()
                if left <= 0 or self.popen.poll() is not None and not found():
                    raise AssertionError(f"{self.name}: no line like {pattern!r} (exit status {self.popen.poll()})\n{self.output()}")
                self._more.wait(min(left, 0.1))
            return match

    def ready(self, seconds=15):
        """Waits for "listening on http://HOST:PORT", and keeps the port."""
        self.port = int(self.line(r"listening on http://[^ ]*:(\d+)", seconds)[1])
        self.address = f"127.0.0.1:{self.port}"
        return self

    @property
    def pid(self):
        return self.popen.pid

    def output(self, last=4000):
        return "\n".join(self.lines)[-last:] + "\n" + self.errors()[-last:]

    def errors(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def signal(self, number):
        self.popen.send_signal(number)

    def exit_status(self, seconds=15):
        """Waits for the end; negative: the signal that ended it."""
        return self.popen.wait(seconds)

    def kill(self):
        """SIGKILL to it and to what it started, and waits until it is gone."""
        try:
            os.killpg(self.popen.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.popen.wait(10)
        self._errors.close()

    def resident(self):
        """Resident memory in bytes."""
        with open(f"/proc/{self.pid}/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))

    def forget_peak(self):
        """`peak` counts from now on."""
        pathlib.Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def peak(self):
        """Most resident memory so far, in bytes."""
        with open(f"/proc/{self.pid}/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))

    def children(self):
        """Process ids of what it started itself, from whichever thread."""
        lists = pathlib.Path(f"/proc/{self.pid}/task").glob("*/children")
        return sorted(int(child) for one in lists for child in one.read_text().split())


def run(name, *arguments, seconds=60, env=None, cwd=None, input=None):
    """Runs an executable of the project to its end, as in a pipe: whatever the width of the terminal that the tests run on."""
    here = {key: value for key, value in os.environ.items() if key != "COLUMNS"}
    return subprocess.run([BIN / name, *map(str, arguments)], capture_output=True, text=True, timeout=seconds, input=input,
                          env={**here, "NO_COLOR": "1", **(env or {})}, cwd=cwd)
