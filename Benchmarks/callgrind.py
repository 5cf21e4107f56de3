"""The release router under callgrind while clients ask in step: what its instructions are for (instructions), which functions run (scripts/link-order)."""
import collections
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "Tests/EndToEnd"))
import processes  # noqa: E402
from kinds import KINDS, configuration, exchange  # noqa: E402

CLIENTS = 16


def profile(folder, kind, requests, from_start=False, ask=lambda folder: None):
    """Self cost by mangled function of at least so many requests of a kind, and how many they were; `from_start`: all that the process did.
    `ask` may ask more of the running router, whose files are in the folder."""
    if not shutil.which("valgrind"):
        sys.exit(f"{sys.argv[0]}: error: no valgrind; `scripts/deps build bench` installs it")
    out = folder / f"{kind}.callgrind"
    under = ["valgrind", "--tool=callgrind", "--demangle=no", f"--instr-atstart={'yes' if from_start else 'no'}", f"--callgrind-out-file={out}"]
    # Valgrind cannot read the debugging information of this toolchain; the names of functions stay.
    stripped = folder / "strangler-router"
    subprocess.run(["strip", "-g", "-o", stripped, processes.BIN / "strangler-router"], check=True)
    upstream = processes.Process("bench-upstream", "127.0.0.1:0", log=folder / "upstream.log").ready()
    router = processes.Process(stripped, "--config", configuration(folder, upstream.address), "--threads", 1,
                               log=folder / "router.log", under=under).ready(60)
    try:
        links = [socket.create_connection(("127.0.0.1", router.port), 30) for _ in range(CLIENTS)]
        rounds = -(-requests // len(links))

        def in_step(times):
            for _ in range(times):
                exchange(links, KINDS[kind].encode())

        def instrument(state):
            if not from_start:
                subprocess.run(["callgrind_control", "-i", state, str(router.pid)], check=True, capture_output=True)

        in_step(20)
        instrument("on")
        in_step(rounds)
        ask(folder)
        instrument("off")
        for link in links:
            link.close()
        router.signal(signal.SIGTERM)
        router.exit_status(60)
    finally:
        router.kill()
        upstream.kill()
    return costs(out), rounds * len(links)


def costs(path):
    """Self cost by function, of a file in callgrind's format: names are given once and abbreviated by number from then on."""
    names, total, current, isCall = {}, collections.Counter(), None, False
    for line in path.read_text(errors="replace").splitlines():
        if named := re.match(r"(c?fn)=(\(\d+\)) ?(.*)", line):
            kind, number, name = named.groups()
            if name:
                # 'N: the Nth level of a function that calls itself.
                names[number] = re.sub(r"'\d+$", "", name)
            if kind == "fn":
                current = names[number]
        elif line.startswith("calls="):
            isCall = True
        elif line[:1] in "+-*0123456789" and line:
            # The line behind `calls=` is what the callee cost.
            if not isCall and current:
                total[current] += int(line.split()[1])
            isCall = False
    return total
