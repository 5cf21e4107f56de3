"""The release router under callgrind while clients ask in step: what its instructions are for (instructions), which functions run (scripts/release-layout)."""
import collections
import re
import shutil
import signal
import subprocess
import sys

from kinds import KINDS, exchange
from served import connect, processes, served

CLIENTS = 16


def profile(folder, kind, requests, from_start=False, ask=lambda folder: None, program=None):
    """Self cost by mangled function of at least so many requests of a kind, and how many they were; `from_start`: all that the process did.
    `ask` may ask more of the running router, whose files are in the folder; `program` is another router than the release build's."""
    if not shutil.which("valgrind"):
        sys.exit(f"{sys.argv[0]}: error: no valgrind; `scripts/deps build test` installs it")
    out = folder / f"{kind}.callgrind"
    under = ["valgrind", "--tool=callgrind", "--demangle=no", f"--instr-atstart={'yes' if from_start else 'no'}", f"--callgrind-out-file={out}"]
    # Valgrind cannot read the debugging information of this toolchain; the names of functions stay.
    stripped = folder / "strangler-router"
    subprocess.run(["strip", "-g", "-o", stripped, program or processes.BIN / "strangler-router"], check=True)
    with served(folder, stripped, under=under) as router:
        links = [connect(router) for _ in range(CLIENTS)]
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
