"""The documents of the APIs and the servers say the same: what a document accepts is accepted, what it refuses is refused, and every answer
is one that it promises. Requests are made from the documents (schemathesis), with one seed and a bounded number of them."""
import json
import pathlib
import shutil
import subprocess
import sys

import pytest

import processes
import web
from conftest import two_sides
from estate import Person
from processes import wait_until

DOCS = processes.ROOT / "docs"
ADMIN = json.loads((DOCS / "admin.openapi.json").read_text())
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
PROGRAM = shutil.which("schemathesis", path=pathlib.Path(sys.executable).parent)
needs_schemathesis = pytest.mark.skipif(not PROGRAM, reason="schemathesis needs Python 3.11 or later")

# Beyond the schema of a request: the state of the server decides. What has the right form may be refused with these
# alone,
STATE = ["2xx", "3xx", 404, 409, 412, 422, 503]
# and what has the wrong form with these: of the form, and of what is looked at before it.
FORM = [400, 404, 405, 412, 413, 415, 422, 428]


def operations(document):
    return [(path, method, operation) for path, entry in document["paths"].items()
            for method, operation in entry.items() if method in METHODS]


def conforms(document, address, folder, *more, examples=15, accepted=(), refused=()):
    """Runs schemathesis; fails with what it found. `accepted`, `refused`: statuses more that right and wrong forms may get."""
    (folder / "schemathesis.toml").write_text(
        f"[checks.positive_data_acceptance]\nexpected-statuses = {STATE + list(accepted)}\n"
        f"[checks.negative_data_rejection]\nexpected-statuses = {FORM + list(refused)}\n"
        "[checks.missing_required_header]\nexpected-statuses = [400, 428]\n")
    (folder / "document.json").write_text(json.dumps(document))
    done = subprocess.run(
        [PROGRAM, "--config-file", "schemathesis.toml", "run", "document.json", "--url", f"http://{address}",
         "--checks", "all", "--exclude-checks", "ignored_auth", "--phases", "coverage,fuzzing", "--max-examples", str(examples),
         "--seed", "1", "--request-timeout", "10", "--continue-on-failure", "--output-sanitize", "false", *more],
        cwd=folder, capture_output=True, text=True, timeout=240)
    found = done.stdout[done.stdout.find("= FAILURES ="):] if "= FAILURES =" in done.stdout else done.stdout[-6000:]
    assert done.returncode == 0, found + done.stderr
    assert " passed" in done.stdout, done.stdout[-2000:]


@pytest.fixture
def admin(router, upstream):
    """The address of a live router's admin API."""
    document = two_sides(upstream("monolith"), upstream("profile"), percent=10, mirror={"percent": 0, "methods": ["GET"]})
    document["contexts"]["profile"]["mode"] = "stateless"
    running = router({**document, "admin": {"unix": "router.sock", "listen": "127.0.0.1:0"}})
    running.admin_address = running.process.line(r"admin on http://(\S+)")[1]
    return running


@needs_schemathesis
def test_the_admin_api_accepts_and_refuses_what_its_document_says(admin, tmp_path):
    document = json.loads(json.dumps(ADMIN))
    for path, method, operation in operations(ADMIN):
        # Responses that do not end, and the end of the router: tested apart.
        if "text/event-stream" in str(operation["responses"]) or path == "/v1/drain":
            del document["paths"][path][method]
    # Names that are there, so that more than refusals is seen.
    for path in document["paths"]:
        for operation in document["paths"][path].values():
            for parameter in operation.get("parameters", []):
                if parameter["name"] in ("id", "route"):
                    parameter["examples"] = {"there": {"value": "profile"}}
    (tmp_path / "conformance").mkdir()
    conforms(document, admin.admin_address, tmp_path / "conformance")


@pytest.mark.parametrize("path, method", [(p, m) for p, m, _ in operations(ADMIN) if p.startswith("/v1/")], ids=str)
def test_what_the_admin_document_does_not_list_is_refused(admin, path, method):
    operation = ADMIN["paths"][path][method]
    place = path.replace("{id}", "profile").replace("{revision}", "1")
    def ask(query="", method=method.upper(), **options):
        return web.request(admin.admin_address, method, place + query, **options)
    before = admin.document()
    unknown = ask("?dryrun=true", body=b"{}")
    assert (unknown.status, unknown.json()["code"]) == (400, "bad_request") and "dryrun" in unknown.json()["detail"]
    flags = [p["name"] for p in operation.get("parameters", []) if p.get("schema", {}).get("enum") == [True, False, 1, 0]]
    for name in flags:
        assert ask(f"?{name}=yes", body=b"{}").status == 400
        assert ask(f"?{name}=true&{name}=false", body=b"{}").status == 400
    listed = {m.upper() for m in ADMIN["paths"][path]} | ({"HEAD"} if "get" in ADMIN["paths"][path] else set())
    for other in {"GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"} - listed:
        refused = ask(method=other)
        assert refused.status == 405 and set(refused.headers["allow"].split(", ")) == listed - {"HEAD"}, other
    if "requestBody" in operation:
        wrong = ask(body=b"<percent>1</percent>", headers={"Content-Type": "text/xml", "If-Match": "*"})
        assert (wrong.status, wrong.json()["code"]) == (415, "unsupported_media_type")
        assert ask(body=b"{", headers={"If-Match": "*"}).status in (400, 422)
        assert ask(body=b"[]", headers={"If-Match": "*"}).status in (400, 422)
    assert admin.document() == before


def test_a_body_as_curl_sends_it_unasked_is_read(admin):
    done = web.request(admin.admin_address, "POST", "/v1/rollback", b'{"all": true}',
                       {"Content-Type": "application/x-www-form-urlencoded"})
    assert done.status == 200 and admin.document()["routes"][0]["percent"] == 0


@pytest.mark.parametrize("query, status", [
    ("?route=nosuch", 404), ("?side=both", 400), ("?status=700", 400), ("?method=FETCH", 400), ("?min_duration=5", 400),
    ("?sample=0", 400), ("?limit=0", 400), ("?limit=+5", 400), ("?unknown=1", 400), ("?route=profile&route=profile", 400)])
def test_a_tap_that_its_document_refuses_is_refused(admin, query, status):
    assert web.request(admin.admin_address, "GET", "/v1/tap" + query).status == status


def test_a_drain_answers_as_its_document_says(admin):
    said = web.request(admin.admin_address, "POST", "/v1/drain").json()
    schema = ADMIN["components"]["schemas"]["DrainAnswer"]
    assert set(schema["required"]) <= set(said) <= set(schema["properties"])
    assert admin.process.exit_status() == 0


# PixelPulse: the monolith, and each service for the paths that it takes over.
PIXELPULSE = json.loads((DOCS / "pixelpulse.openapi.json").read_text())
PATHS = {"monolith": "/api/", "auth": "/api/auth/", "profile": "/api/profiles/", "filter": ("/api/filters", "/api/images", "/api/jobs")}


@needs_schemathesis
@pytest.mark.parametrize("name", PATHS)
def test_pixelpulse_accepts_and_refuses_what_its_document_says(start, tmp_path, name):
    keys = ["--token-key", tmp_path / "token.key"]
    monolith = start("pixelpulse-monolith", "--listen", "127.0.0.1:0", "--data", tmp_path / "monolith", *keys).ready(30)
    person = Person(monolith.address).sign_up()
    server = monolith
    if name != "monolith":
        server = start(f"pixelpulse-{name}", "--listen", "127.0.0.1:0", "--data", tmp_path / name, *keys,
                       "--owner", f"http://{monolith.address}").ready(30)
    document = json.loads(json.dumps(PIXELPULSE))
    # A log-out ends the session of all that follows: tested apart.
    document["paths"] = {path: entry for path, entry in document["paths"].items()
                         if path.startswith(PATHS[name]) and path != "/api/auth/logout"}
    for path, entry in document["paths"].items():
        if path.startswith("/api/profiles/"):
            entry["parameters"][0]["examples"] = {"mine": {"value": person.id}}
    # Pictures are judged by their bytes, whatever they are called, so a right form may be refused with 415.
    pictures = {"/api/images": document["paths"].pop("/api/images")} if "/api/images" in document["paths"] else {}
    authorization = ["-H", f"Authorization: Bearer {person.token}"]
    for folder, paths, more in (("most", document["paths"], []), ("pictures", pictures, [415])):
        if paths:
            (tmp_path / folder).mkdir()
            conforms({**document, "paths": paths}, server.address, tmp_path / folder, *authorization, examples=5,
                     accepted=[401, 403, 429, *more], refused=[401, 403, 429])


def test_a_log_out_answers_as_its_document_says(start, tmp_path):
    monolith = start("pixelpulse-monolith", "--listen", "127.0.0.1:0", "--data", tmp_path / "monolith").ready(30)
    person = Person(monolith.address).sign_up()
    listed = PIXELPULSE["paths"]["/api/auth/logout"]["post"]["responses"]
    assert person.ask("POST", "/api/auth/logout").status == 204 and "204" in listed
    assert web.request(monolith.address, "POST", "/api/auth/logout").status == 401 and "401" in listed


@pytest.mark.parametrize("name", ["monolith", "auth"])
def test_a_misspelt_member_of_an_account_is_refused_by_both_sides(start, tmp_path, name):
    server = start(f"pixelpulse-{name}", "--listen", "127.0.0.1:0", "--data", tmp_path / name).ready(30)
    said = web.request(server.address, "POST", "/api/auth/signup",
                       {"email": "a@example.org", "password": "correct horse", "dispaly_name": "A"})
    assert (said.status, said.json()["field"]) == (422, "dispaly_name")
