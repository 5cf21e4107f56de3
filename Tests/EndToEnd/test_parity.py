"""Parity on the real monolith and services: it holds as they are, and every wrongness put into an answer is caught."""
import json
import signal

import pytest

from estate import tables as tables_of
import processes
from processes import Process, run

SERVICES = ["monolith", "auth", "filter", "profile"]
SCENARIOS = processes.ROOT / "parity"


@pytest.fixture(scope="module")
def estate(tmp_path_factory):
    """All four processes with stores of their own and one token key, and a routes.json that names them."""
    folder = tmp_path_factory.mktemp("parity")
    running = {}
    for name in SERVICES:
        running[name] = Process(f"pixelpulse-{name}", "--listen", "127.0.0.1:0", "--data", folder / name,
                                "--token-key", folder / "token.key", log=folder / f"{name}.log")
    document = json.loads((processes.ROOT / "routes.json").read_text())
    for name, process in running.items():
        document["upstreams"][name]["endpoints"] = [process.ready(30).address]
    (folder / "routes.json").write_text(json.dumps(document))
    yield folder, running, document
    for process in running.values():
        process.kill()


def parity_run(config, *arguments, seconds=120):
    """The finished command and its JSON answer."""
    done = run("strangler", "parity", "run", *arguments, "--config", config, "--scenarios", SCENARIOS,
               "--mode", "isolated", "-o", "json", seconds=seconds)
    assert done.returncode in (0, 1, 2), done.stderr
    return done, json.loads(done.stdout)


def differences(answer):
    return [d for s in answer["scenarios"] for step in s["steps"] for d in step["differences"]]


def test_parity_holds_between_monolith_and_services(estate):
    folder, _, _ = estate
    done, answer = parity_run(folder / "routes.json")
    assert differences(answer) == []
    assert [s["reason"] for s in answer["scenarios"] if s["verdict"] != "match"] == []
    assert (done.returncode, answer["verdict"]) == (0, "match")
    assert answer["comparisons"] >= 70
    assert {s["context"] for s in answer["scenarios"]} == {"auth", "filter", "profile"}


def test_parity_holds_on_an_estate_in_use(tmp_path, start):
    """Live mode: state is made on the monolith alone, and the sync agent carries it to the services."""
    document = json.loads((processes.ROOT / "routes.json").read_text())
    running = {}
    for name in SERVICES:
        owner = [] if name == "monolith" else ["--owner", f"http://{running['monolith'].address}"]
        running[name] = start(f"pixelpulse-{name}", "--listen", "127.0.0.1:0", "--data", tmp_path / name,
                              "--token-key", tmp_path / "token.key", *owner).ready(30)
        document["upstreams"][name]["endpoints"] = [running[name].address]
    config = tmp_path / "routes.json"
    config.write_text(json.dumps(document))
    tables = {"auth": ["users", "sessions"], "profile": ["profiles", "images", "sessions"],
              "filter": ["images", "blobs", "jobs", "sessions"]}
    (tmp_path / "data.json").write_text(json.dumps({"version": 1, "groups": {
        name: {"source": "monolith/monolith.db", "target": f"{name}/{name}.db",
               "tables": tables_of(*names)} for name, names in tables.items()}}))
    created = run("strangler", "data", "create", "--config", config)
    assert created.returncode == 0, created.stdout + created.stderr
    start("strangler", "data", "sync", "--config", config).line("syncing")
    done = run("strangler", "parity", "run", "--config", config, "--scenarios", SCENARIOS, "-o", "json", seconds=120)
    answer = json.loads(done.stdout)
    assert differences(answer) == []
    assert [s["reason"] for s in answer["scenarios"] if s["verdict"] != "match"] == []
    assert (done.returncode, answer["verdict"], answer["mode"]) == (0, "match", "live")


# The class of a difference is the name of the wrongness, but for these.
REPORTED = {"null": "type"}
# Where a response of the profile service has nothing to be wrong in that way, another service is.
CONTEXT = {"image": "filter"}
CLASSES = ["status", "content-type", "header", "value", "missing", "extra", "type", "null", "order", "length", "duplicate",
           "syntax", "image", "delay", "outcome"]


@pytest.mark.parametrize("wrongness", CLASSES)
def test_a_wrong_service_is_caught(estate, start, tmp_path, wrongness):
    folder, running, document = estate
    context = CONTEXT.get(wrongness, "profile")
    narrow = ["--path", "/api/profiles/01ARZ3NDEKTSV4RRFFQ69G5FAV/images"] if wrongness == "delay" else []
    proxy = start("strangler", "parity", "wrong-proxy", "--upstream", running[context].address, "--class", wrongness,
                  "--delay", "3s", *narrow).ready()
    document = json.loads(json.dumps(document))
    document["upstreams"][context]["endpoints"] = [proxy.address]
    config = tmp_path / "routes.json"
    config.write_text(json.dumps(document))
    done, answer = parity_run(config, context)
    found = differences(answer)
    expected = REPORTED.get(wrongness, wrongness)
    assert expected in {d["class"] for d in found}, (answer["verdict"], found)
    if wrongness == "extra":
        # A member that only the candidate has is shown and does not break parity by itself.
        assert {d["severity"] for d in found} == {"warn"} and done.returncode == 0
    else:
        assert (done.returncode, answer["verdict"]) == (1, "mismatch")
    proxy.signal(signal.SIGTERM)
    assert proxy.exit_status() == 0


def test_a_service_that_is_away_is_a_mismatch_and_an_absent_monolith_is_no_evidence(estate, tmp_path):
    folder, running, document = estate
    document = json.loads(json.dumps(document))
    config = tmp_path / "routes.json"
    # A port that was bound and closed: nobody listens there.
    import socket
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{closed.getsockname()[1]}"
    for away, status, verdict in [("profile", 1, "mismatch"), ("monolith", 2, "incomparable")]:
        changed = json.loads(json.dumps(document))
        changed["upstreams"][away]["endpoints"] = [nobody]
        config.write_text(json.dumps(changed))
        done, answer = parity_run(config, "profile")
        assert (done.returncode, answer["verdict"]) == (status, verdict)


def test_each_difference_is_printed_as_path_left_and_right(tmp_path):
    (tmp_path / "left.json").write_text(json.dumps({
        "status": 200, "headers": {"content-type": "application/json", "etag": "\"a\""},
        "body": {"id": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "by": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "name": "Ada", "tags": ["a", "b"]}}))
    (tmp_path / "right.json").write_text(json.dumps({
        "status": 200, "headers": {"content-type": "application/json", "etag": "\"b\""},
        "body": {"id": "01BX5ZZKBKACTAV9WEVGEMMVRZ", "by": "01BX5ZZKBKACTAV9WEVGEMMVS0", "name": "Eve", "tags": ["b", "a"]}}))
    (tmp_path / "rules.json").write_text(json.dumps(
        {"body": [{"path": "/id", "check": "id"}, {"path": "/by", "check": "id"}, {"path": "/tags", "check": "set"}]}))
    done = run("strangler", "parity", "compare", "left.json", "right.json", "--rules", "rules.json", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines() == [
        "The answers do not match: 2 differences.",
        "",
        "PATH   LEFT                          RIGHT                         CLASS     RULE",
        '/by    "01ARZ3NDEKTSV4RRFFQ69G5FAV"  "01BX5ZZKBKACTAV9WEVGEMMVS0"  identity  '
        'id (the left one stood for "01BX5ZZKBKACTAV9WEVGEMMVRZ")',
        '/name  "Ada"                         "Eve"                         value     exact',
    ]
    answer = json.loads(run("strangler", "parity", "compare", "left.json", "right.json", "--rules", "rules.json", "-o",
                            "json", cwd=tmp_path).stdout)
    assert [(d["path"], d["left"], d["right"]) for d in answer["differences"]][1] == ("/name", '"Ada"', '"Eve"')


@pytest.mark.parametrize("arguments, status, said", [
    (["compare", "left.json"], 64, "RIGHT"),
    (["compare", "left.json", "nowhere.json"], 78, "cannot read nowhere.json"),
    (["compare", "left.json", "bad.json"], 78, "bad.json:2:3: error: unknown key \"staus\"; did you mean \"status\"?"),
    (["run", "--against", "legacy"], 64, "--against"),
    (["run", "nonsense", "--against", "127.0.0.1:1,127.0.0.1:2", "--scenarios", str(SCENARIOS)], 64, "nonsense"),
    (["run", "--against", "127.0.0.1:1,127.0.0.1:2", "--scenarios", "."], 78, "error: "),
    (["wrong-proxy", "--upstream", "127.0.0.1:1", "--class", "smell"], 64, "smell"),
])
def test_bad_input_is_told_where_and_why(tmp_path, arguments, status, said):
    (tmp_path / "left.json").write_text('{"status": 200}')
    (tmp_path / "bad.json").write_text('{\n  "staus": 200}')
    done = run("strangler", "parity", *arguments, cwd=tmp_path)
    assert done.returncode == status, done.stdout + done.stderr
    assert said in done.stderr
