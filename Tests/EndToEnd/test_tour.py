"""The guided migration that `make demo` shows, from the first process to the last count."""
import re
import shutil

from conftest import ARTIFACTS
from processes import ROOT, run


def test_the_tour_ends_well_and_not_one_request_fails(tmp_path):
    shutil.copy(ROOT / "routes.json", tmp_path)
    shutil.copytree(ROOT / "parity", tmp_path / "parity")
    result = run("strangler", "--config", tmp_path / "routes.json", "demo", "tour", "--once", cwd=tmp_path, seconds=240)
    (ARTIFACTS / "tour.txt").write_text(result.stdout)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    assert re.search(r"[\d,]+ requests during the tour, and not one failed", result.stdout)
    assert "Parity holds" in result.stdout and "Parity does not hold" in result.stdout
