"""The project's own checks catch what they are for."""
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


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze on this machine")
def test_systemd_understands_every_line_of_the_units_in_the_operations_guide(tmp_path):
    text = (ROOT / "docs/operations.md").read_text()
    units = re.findall(r"```ini\n(# /etc/systemd/system/([\w@]+)\.service.*?)```", text, re.DOTALL)
    assert len(units) == 2
    for unit, name in units:
        # An instance where the unit is a template, and a program that is there.
        file = tmp_path / f"{name}{'a' * name.endswith('@')}.service"
        file.write_text(unit.replace("/usr/local/bin", str(BIN)))
        result = subprocess.run(["systemd-analyze", "verify", file], capture_output=True, text=True)
        # A word that it does not know is only told, and ignored.
        assert (result.returncode, result.stderr) == (0, ""), result.stderr
