"""The project's own checks catch what they are for."""
import os
import re
import shutil
import subprocess

import pytest

from processes import BIN, ROOT


@pytest.fixture
def copy(tmp_path):
    """The parts of the project that scripts/check-imports reads."""
    for folder in ("Sources", "scripts", "docs"):
        shutil.copytree(ROOT / folder, tmp_path / folder, symlinks=True)
    return tmp_path


def check_imports(folder):
    return subprocess.run([folder / "scripts/check-imports"], capture_output=True, text=True)


def test_the_project_itself_is_clean(copy):
    result = check_imports(copy)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("room, line, reason", [
    ("Platform/HTTP", "import Router", "points up"),
    ("Domain/Routing", "package import Parity", "neighbour"),
    ("Services/Auth", "import Filter", "neighbour"),
    ("Router", "import Strangler", "points up"),
    ("Router", "internal import struct Foundation.Data", "Foundation stays out"),
    ("Router", "import FoundationEssentials", "FoundationEssentials stays out"),
    ("Domain/Routing", "import Glibc", "pure"),
    ("Domain/Routing", "import func Glibc.open", "pure"),
    ("Router", "@preconcurrency import SQLite", "not in scripts/layers.txt"),
    ("Router", "import Nonsense", "no room"),
])
def test_a_wrong_arrow_is_named_with_file_line_and_reason(copy, room, line, reason):
    file = copy / "Sources" / room / "Wrong.swift"
    file.write_text("// one\n" + line + "\n")
    result = check_imports(copy)
    assert result.returncode == 1
    assert f"Sources/{room}/Wrong.swift:2: error:" in result.stdout
    assert reason in result.stdout


def test_a_table_with_an_arrow_that_does_not_point_down_is_refused(copy):
    table = copy / "scripts/layers.txt"
    table.write_text(table.read_text().replace("Sources/Platform/JSON                 pure", "Sources/Platform/JSON pure HTTP"))
    result = check_imports(copy)
    assert result.returncode == 1 and "JSON → HTTP does not point down" in result.stdout


def verify_unit(file, units=None):
    """What systemd says of one unit file. It reads the machine's other units too and tells of theirs: only lines that name ours are about ours."""
    env = dict(os.environ, SYSTEMD_LOG_COLOR="0")
    # In front of the machine's own, which the unit's targets come from.
    if units:
        env["SYSTEMD_UNIT_PATH"] = f"{units}:"
    result = subprocess.run(["systemd-analyze", "verify", file], capture_output=True, text=True, env=env)
    return [line for line in result.stderr.splitlines() if re.search(rf"(^|[\s/]){re.escape(file.name)}\b", line)], result.stderr


needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze on this machine")


@needs_systemd
def test_systemd_understands_every_line_of_the_units_in_the_operations_guide(tmp_path):
    text = (ROOT / "docs/operations.md").read_text()
    units = re.findall(r"```ini\n(# /etc/systemd/system/([\w@]+)\.service.*?)```", text, re.DOTALL)
    assert len(units) == 2
    for unit, name in units:
        # An instance where the unit is a template, and a program that is there.
        file = tmp_path / f"{name}{'a' * name.endswith('@')}.service"
        file.write_text(unit.replace("/usr/local/bin", str(BIN)))
        # A word that it does not know is only told, and ignored.
        ours, said = verify_unit(file)
        assert ours == [], said


@needs_systemd
def test_a_broken_unit_of_somebody_else_is_not_ours(tmp_path):
    foreign, own = tmp_path / "machine", tmp_path / "own"
    for folder in (foreign, own):
        folder.mkdir()
    (foreign / "other.service").write_text("[Unit]\nNonsense=1\n[Service]\nType=oneshot\nExecStart=/bin/true\nStandardOutput=syslog\n")
    text = "[Unit]\nWants=other.service\nAfter=other.service\n[Service]\nExecStart=/bin/true\n"
    good, bad = own / "good.service", own / "bad.service"
    good.write_text(text)
    bad.write_text(text + "Restarts=always\n")
    ours, said = verify_unit(good, units=foreign)
    assert ours == []
    assert "other.service" in said, "systemd did not look at the unit beside it"
    ours, said = verify_unit(bad, units=foreign)
    assert any("Restarts" in line for line in ours), said
