"""Completion in the shells themselves: what a key press offers."""
import json
import os
import pty
import re
import select
import shutil
import subprocess
import time

import pytest

from conftest import two_sides
from processes import BIN, run

ROUTES = ["profile", "default"]

BASH = r"""
source <(strangler completion bash)
COMP_LINE="$1" COMP_POINT=${#1}
read -ra COMP_WORDS <<<"$1"
[[ "$1" == *" " ]] && COMP_WORDS+=("")
# As readline breaks words.
for ((i = 0; i < ${#COMP_WORDS[@]}; i++)); do
    if [[ "${COMP_WORDS[i]}" == --*=* ]]; then
        COMP_WORDS=("${COMP_WORDS[@]:0:i}" "${COMP_WORDS[i]%%=*}" "=" "${COMP_WORDS[i]#*=}" "${COMP_WORDS[@]:i+1}")
        [[ -n "${COMP_WORDS[i+2]}" ]] || COMP_WORDS=("${COMP_WORDS[@]:0:i+2}" "${COMP_WORDS[@]:i+3}")
    fi
done
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_strangler 2>/dev/null
printf '%s\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def place(tmp_path, upstream):
    """A folder with routes.json, data.json and a file to name; its environment."""
    document = two_sides(upstream("monolith"), upstream("profile"))

    (tmp_path / "routes.json").write_text(json.dumps(
        {"version": 1, "listen": ["127.0.0.1:0"], "admin": {"unix": "run/none.sock"}, **document}))
    (tmp_path / "data.json").write_text(json.dumps({"version": 1, "groups": {"people": {}, "pictures": {}}}))
    (tmp_path / "next.json").write_text("{}")
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(tmp_path), "TERM": "dumb"}
    for name in ("STRANGLER_CONFIG", "STRANGLER_OUTPUT"):
        environment.pop(name, None)
    return tmp_path, environment


def in_bash(place, line):
    folder, environment = place
    done = subprocess.run(["bash", "--norc", "-c", BASH, "-", line], cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [word for word in done.stdout.splitlines() if word]


def in_fish(place, line):
    folder, environment = place
    script = "strangler completion fish | source; complete -C $argv[1]"
    done = subprocess.run(["fish", "--no-config", "-c", script, line], cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    return [word.split("\t")[0] for word in done.stdout.splitlines() if word]


def in_zsh(place, line):
    """Types the line and a key press into an interactive zsh on a terminal of its own; the functions of completion tell what they offer."""
    folder, environment = place
    (folder / "offers.zsh").write_text(
        "autoload -Uz compinit && compinit -D -u\n"
        "source <(strangler completion zsh)\n"
        # In place of the built-in one: what would be offered is written down.
        'compadd() { local -a words; words=("${(@P)@[-1]}"); print -rl -- "${words[@]}" > offered; builtin compadd "$@" }\n'
        '_files() { print -rl -- *(N) > offered }\n'
        # No sign of it on the line: the file says when it has run.
        "PS1=ready; bindkey '^I' expand-or-complete\n")
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execvpe("zsh", ["zsh", "-f", "-i"], environment)
    try:
        shown = b""
        def until(condition, seconds=20):
            nonlocal shown
            deadline = time.monotonic() + seconds
            while not condition():
                assert time.monotonic() < deadline, shown.decode(errors="replace")
                if select.select([terminal], [], [], 0.05)[0]:
                    shown += os.read(terminal, 4096)
        os.write(terminal, b" source ./offers.zsh; : > loaded\n")
        until(lambda: (folder / "loaded").exists())
        os.write(terminal, line.encode() + b"\t")
        until(lambda: (folder / "offered").exists() and (folder / "offered").read_text())
        return (folder / "offered").read_text().split()
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        os.close(terminal)


SHELLS = {"bash": in_bash, "zsh": in_zsh, "fish": in_fish}


@pytest.fixture(params=SHELLS)
def offered(request, place):
    """offered(LINE): the words that the shell offers at its end."""
    if not shutil.which(request.param):
        pytest.skip(f"{request.param} is not installed")
    return lambda line: SHELLS[request.param](place, line)


@pytest.mark.parametrize("line, expected", [
    ("strangler shift ", ROUTES), ("strangler shift pro", ["profile"]), ("strangler status ", ROUTES), ("strangler history d", ["default"]),
    ("strangler rollback --drain ", ROUTES), ("strangler tap --route ", ROUTES), ("strangler parity run profile ", ["default"]),
    ("strangler status -o ", ["table", "json"]), ("strangler status --output j", ["json"]),
    ("strangler parity run --mode ", ["live", "isolated"]), ("strangler tap --side s", ["service"]), ("strangler completion f", ["fish"]),
    ("strangler data verify ", ["people", "pictures"]), ("strangler data ver", ["verify"]), ("strangler --config routes.json shift ", ROUTES),
    ("strangler demo load --arrivals ", ["poisson", "fixed"]), ("strangler mirror profile --met", ["--methods"]),
], ids=lambda value: value if isinstance(value, str) else "")
def test_a_key_press_offers_routes_and_values(offered, line, expected):
    assert sorted(offered(line)) == sorted(expected)


def test_a_key_press_offers_files_where_one_is_wanted(offered):
    assert "next.json" in [word.strip() for word in offered("strangler plan ne")]


def test_an_option_with_its_value_in_one_word(place):
    assert in_bash(place, "strangler status --output=j") == ["json"]
    assert sorted(in_bash(place, "strangler status --output=")) == ["json", "table"]
    if shutil.which("fish"):
        assert in_fish(place, "strangler status --output=j") == ["--output=json"]


def test_every_verb_of_help_is_offered_and_nothing_hidden(place):
    offered = in_bash(place, "strangler ")
    listed = re.findall(r"^  ([a-z][a-z-]*)  ", run("strangler", "--help").stdout.split("commands:")[1].split("options:")[0], re.M)
    assert offered == listed and "completion-words" not in offered


def test_a_bad_file_offers_nothing_and_says_nothing(place):
    (place[0] / "routes.json").write_text("{")
    assert in_bash(place, "strangler shift ") == []


@pytest.mark.parametrize("shell", SHELLS)
def test_the_scripts_are_valid(place, shell):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    script = run("strangler", "completion", shell).stdout
    assert "completion-words" in script
    subprocess.run([shell, "-n"], input=script, text=True, check=True)
