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
    ("Router", "import Nonsense", "no module"),
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


@pytest.fixture
def small(tmp_path):
    """A project of nothing but scripts/check-traps; written(LINES) is what it says of a file with them."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/check-traps", tmp_path / "scripts")
    (tmp_path / "scripts/traps.txt").write_text("")
    (tmp_path / "Sources").mkdir()

    def written(*lines):
        (tmp_path / "Sources/Some.swift").write_text("func some() {\n" + "".join(f"    {line}\n" for line in lines) + "}\n")
        return check_traps(tmp_path)

    return written


def check_traps(folder):
    return subprocess.run([folder / "scripts/check-traps"], capture_output=True, text=True)


def test_no_line_of_the_project_may_trap_without_a_reason(copy):
    result = check_traps(copy)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("kind, lines", [
    # What ended a process once: seconds of a signed token.
    ("unit", ["let end = Timestamp(milliseconds: claims.expiresAt * 1_000)"]),
    ("unit", ["let size = 1024 * kibibytes"]),
    ("floating", ["let count = Int((share * 7).rounded())"]),
    ("floating", ["func f(_ ratio: Double) {", "    return Int(ratio)"]),
    ("counter", ["let next = newest.revision + 1"]),
    ("absolute", ["let distance = abs(left - right)"]),
    ("outside", ["guard let number = Int(text) else { return }", "let next = number + 1"]),
    ("outside", ["guard let number = root[name]?.int else { return }", "let gap = 7 - number"]),
    ("outside", ["let at = row.int(3)", "let past = -at"]),
    ("outside", ["if let first = Int(text), first < 9 {", "    return list[first]", "}"]),
    ("outside", ["let count = value.int ?? 0", "let zeros = [UInt8](repeating: 0, count: count)"]),
    ("outside", ["guard let end = UInt8(text) else { return }", "for place in 0..<end { visit(place) }"]),
])
def test_arithmetic_on_a_number_from_outside_is_named(small, kind, lines):
    result = small(*lines)
    assert result.returncode == 1
    assert f"Sources/Some.swift:{len(lines) + 1 - (lines[-1] == '}')}: error: {kind}:" in result.stdout


@pytest.mark.parametrize("line", [
    "let (product, overflows) = seconds.multipliedReportingOverflow(by: 1_000)", "let hash = word &* 31", "let day = 24 * 3_600",
    "let text = \"x * 1_000\"", "// x * 1_000", "let ratio = Double(part) * 100", "let count = Int(exactly: ratio.rounded())",
])
def test_what_cannot_trap_is_let_be(small, line):
    result = small(line)
    assert result.returncode == 0, result.stdout


def test_a_line_with_a_reason_passes_and_a_reason_without_its_line_does_not(small, tmp_path):
    (tmp_path / "scripts/traps.txt").write_text("Sources/Some.swift\n    let far = near * 1_000  # near is a digit\n")
    assert small("let far = near * 1_000").returncode == 0
    result = small("let far = near")
    assert result.returncode == 1 and "traps.txt:2: error: matches no line of Sources/Some.swift any more" in result.stdout
    (tmp_path / "scripts/traps.txt").write_text("Sources/Some.swift\n    let far = near * 1_000\n")
    assert small("let far = near * 1_000").returncode == 1


@pytest.fixture
def named(tmp_path):
    """A project of nothing but scripts/check-test-names; named(TEXT) is what it says of a file of tests."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/check-test-names", tmp_path / "scripts")
    (tmp_path / "Tests/SomeTests").mkdir(parents=True)

    def named(text):
        (tmp_path / "Tests/SomeTests/Some.swift").write_text("import Testing\n" + text)
        return subprocess.run([tmp_path / "scripts/check-test-names"], capture_output=True, text=True)

    return named


def test_every_test_of_the_project_has_a_sentence_for_its_name():
    result = subprocess.run([ROOT / "scripts/check-test-names"], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("text, line", [
    ("@Test func aShiftIsWritten() {}\n", 2),
    ('@Test("a shift is written") func shift() {}\n', 2),
    ('@Test("a shift is written") func `a shift is written`() {}\n', 2),
    ("@Test(arguments: [1, 2])\nfunc shift(_ number: Int) {}\n", 3),
    ('@Test(\n    "a shift is written", arguments: [(1, ")")])\n@MainActor private func `shift`(_ number: Int) {}\n', 4),
])
def test_a_test_with_another_kind_of_name_is_named(named, text, line):
    result = named(text)
    assert result.returncode == 1
    assert f"Tests/SomeTests/Some.swift:{line}: error: the name of a test" in result.stdout


@pytest.mark.parametrize("text", [
    "@Test func `a shift is written`() {}\n",
    '@Test(arguments: ["a", "func"])\n@MainActor func `a shift is written`(_ text: String) {}\nfunc helper() {}\n',
    "// @Test func aShiftIsWritten() {}\nfunc helper() {}\n",
])
def test_sentences_and_functions_that_are_no_tests_are_let_be(named, text):
    assert named(text).returncode == 0


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
