"""An edit of routes.json leaves the same bytes whether a running router makes it or the command line alone."""
import pytest

from conftest import Router
from processes import run

DOCUMENT = """{{
  "version": 1, "revision": 7,
  "listen": ["127.0.0.1:0"], "admin": {{ "unix": "{socket}" }},
  "upstreams": {{
    "monolith": {{ "endpoints": ["127.0.0.1:9"] }}, "profile": {{ "endpoints": ["127.0.0.1:10"] }}
  }},
  "contexts": {{ "free": {{ "keys": ["header:x-user"], "mode": "stateless" }} }},
  "routes": [
    {{ "id": "plain", "match": {{ "prefix": "/plain" }}, "legacy": "monolith", "service": "profile", "context": "free",
      "percent": 12.5000 }},
    {{ "id": "bare", "match": {{ "prefix": "/bare" }}, "legacy": "monolith", "service": "profile", "context": "free" }},
    {{ "id": "copied", "match": {{ "prefix": "/copied" }}, "legacy": "monolith", "service": "profile",
      "context": "free",   "percent": 1e1,
      "mirror": {{ "percent": 5, "methods": ["GET"], "body": "1KiB", "timeout": "3s" }} }},
    {{ "id": "default", "match": {{ "prefix": "/" }}, "legacy": "monolith" }}
  ]
}}
"""

EDITS = [
    *[["shift", name, percent]
      for name in ("plain", "bare", "copied") for percent in ("0", "0.0001", "10", "12.5", "100", "+0.1", "-0")],
    ["shift", "plain", "-12.5"],
    *[["mirror", name, percent, *methods]
      for name in ("bare", "copied") for percent in ("0", "off", "5", "33.3333", "on")
      for methods in ([], ["--methods", "GET"], ["--methods", "GET,HEAD"], ["--methods", "get, post"])],
    ["rollback", "plain"], ["rollback", "bare"], ["rollback", "copied"], ["rollback", "--all"],
    ["shift", "plain", "40", "--reason", 'because "it" is'], ["shift", "plain", "40", "--dry-run"],
    ["mirror", "copied", "40", "--dry-run"], ["rollback", "--all", "--dry-run"],
]


@pytest.mark.parametrize("numbered", [True, False], ids=["with its revision", "without a revision"])
def test_the_router_and_the_command_line_write_the_same_bytes(start, tmp_path, numbered):
    live, offline = tmp_path / "live", tmp_path / "offline"
    live.mkdir()
    offline.mkdir()
    text = DOCUMENT.format(socket="router.sock")
    if not numbered:
        text = text.replace(' "revision": 7,', "")
    running = Router(live, start, text)
    for edit in EDITS:
        # The router counts on; the file is put back as it was, under the number that it has now.
        before = text.replace('"revision": 7', f'"revision": {running.revision() + 1}') if numbered else text
        running.file.write_text(before)
        assert running.admin("POST", "/v1/reload").status == 200
        (offline / "routes.json").write_text(before)
        by_router = run("strangler", *edit, "--config", running.file)
        by_itself = run("strangler", *edit, "--config", offline / "routes.json")
        assert by_router.returncode == by_itself.returncode, (edit, by_router.stderr, by_itself.stderr)
        wrote, written = running.file.read_text(), (offline / "routes.json").read_text()
        if not numbered:
            # The router counts what it serves, the file has no number before its first edit.
            wrote, written = (without_revision(one) for one in (wrote, written))
        assert wrote == written, edit


def without_revision(text):
    head, found, tail = text.rpartition('"revision": ')
    return head + found + tail.lstrip("0123456789") if found else text
