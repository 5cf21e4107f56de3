"""What parity run must not call proof: codings it cannot read, sides that are one process, routes that nothing asks."""
import gzip
import json
import os
import zlib

import pytest

import web
from processes import run


def answer(document, coding=None, type="application/json"):
    """What an upstream sends: JSON in a content coding."""
    body = json.dumps(document).encode() if not isinstance(document, bytes) else document
    pack = {"gzip": gzip.compress, "deflate": zlib.compress, "raw": lambda b: zlib.compress(b)[2:-4], None: bytes, "br": bytes}[coding]
    body = pack(body)
    fields = [f"Content-Type: {type}", *([f"Content-Encoding: {'deflate' if coding == 'raw' else coding}"] if coding else [])]
    return "\r\n".join(["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *fields]).encode() + b"\r\n\r\n" + body


STEP = {"name": "read", "request": {"path": "/api/profiles/1"}}


@pytest.fixture
def parity(tmp_path, upstream):
    """parity(left, right, …): a run against two answers, and what it said."""
    def compare(left, right, *words, steps=(STEP,), scenarios=None, routes=None, rules=None):
        sides = [upstream("old", answer=lambda seen: left), upstream("new", answer=lambda seen: right)]
        return against(sides[0].address, sides[1].address, *words, steps=steps, scenarios=scenarios, routes=routes, rules=rules)

    def against(left, right, *words, steps=(STEP,), scenarios=None, routes=None, rules=None):
        (tmp_path / "routes.json").write_text(json.dumps({
            "version": 1,
            "upstreams": {"old": {"endpoints": [left]}, "new": {"endpoints": [right]}},
            "routes": routes or [
                {"id": "profile", "match": {"prefix": "/api/profiles"}, "legacy": "old", "service": "new"},
                {"id": "default", "match": {"prefix": "/"}, "legacy": "old"}]}))
        (tmp_path / "parity").mkdir(exist_ok=True)
        (tmp_path / "parity" / "profile.json").write_text(json.dumps({
            "version": 1, "context": "profile", "routes": ["profile"], **({"rules": rules} if rules else {}),
            "scenarios": scenarios or [{"name": "reads", "steps": list(steps)}]}))
        done = run("strangler", "--config", tmp_path / "routes.json", "parity", "run", *words, "-o", "json")
        return done, json.loads(done.stdout) if done.stdout else None

    compare.against = against
    return compare


IGNORED = {"headers": {"content-encoding": "ignore"}}


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw"])
def test_a_coded_body_is_compared_by_what_it_says(parity, coding):
    done, said = parity(answer({"a": 1, "b": 2}, coding), answer({"b": 2, "a": 1.0}), "--despite-same", rules=IGNORED)
    assert (done.returncode, said["verdict"]) == (0, "match"), done.stdout
    done, said = parity(answer({"a": 1}, coding), answer({"a": 2}, coding), "--despite-same")
    step = said["scenarios"][0]["steps"][0]
    assert (done.returncode, [d["path"] for d in step["differences"]]) == (1, ["/a"])


def test_what_was_coded_can_be_captured(parity):
    steps = [{"name": "list", "request": {"path": "/api/profiles/1"}, "capture": {"id": "/id"}},
             {"name": "one", "request": {"path": "/api/profiles/{{id}}"}}]
    done, said = parity(answer({"id": "x"}, "gzip"), answer({"id": "x"}, "gzip"), "--despite-same", steps=steps)
    assert done.returncode == 0 and said["scenarios"][0]["steps"][1]["request"] == "GET /api/profiles/x"


def test_a_coding_that_cannot_be_undone_is_named(parity):
    done, said = parity(answer({"a": 1}, "br"), answer({"a": 2}, "br"), "--despite-same")
    assert done.returncode == 2 and 'content-encoding "br"' in said["scenarios"][0]["reason"]


def test_a_bomb_is_too_large_and_no_harm(parity):
    bomb = answer(b"0" * (100 << 20), "gzip")
    done, said = parity(bomb, bomb, "--despite-same")
    assert done.returncode == 2 and "can be kept" in said["scenarios"][0]["reason"]


@pytest.mark.parametrize("type", ["text/json", "TEXT/JSON; charset=UTF-8", "application/vnd.api+json"])
def test_json_has_several_names(parity, type):
    left, right = answer({"a": 1, "b": 2}, type=type), answer(b'{"b":2,"a":1}', type=type)
    done, _ = parity(left, right, "--despite-same")
    assert done.returncode == 0, done.stdout


def test_two_sides_that_are_one_process_prove_nothing(parity, upstream):
    done, said = parity(answer({"a": 1}), answer({"a": 1}))
    # Both upstreams listen in the process of this test.
    assert done.returncode == 2 and f"both listened to by process {os.getpid()}" in said["scenarios"][0]["reason"]
    one = upstream("one", answer=lambda seen: answer({"a": 1}))
    for words in ([], ["--despite-same"]):
        done, said = parity.against(one.address, one.address, *words)
        assert done.returncode == 2 and f"both sides are {one.address}" in said["scenarios"][0]["reason"]
    done = run("strangler", "parity", "run", "--against", f"{one.address},http://localhost:{one.port}", "--scenarios",
               "parity", cwd=os.path.dirname(done.args[2]))
    assert done.returncode == 2 and "both sides are" in done.stdout


def test_scenarios_that_are_left_out_are_named(parity):
    scenarios = [{"name": "reads", "steps": [STEP]}, {"name": "pixels", "modes": ["isolated"], "steps": [STEP]}]
    done, said = parity(answer({}), answer({}), "--despite-same", scenarios=scenarios)
    assert (done.returncode, said["left_out"]) == (0, [{"context": "profile", "name": "pixels", "modes": ["isolated"]}])
    text = run("strangler", "--config", done.args[2], "parity", "run", "--despite-same")
    assert "left out, for they are not for mode live:\n  profile · pixels (only in mode isolated)" in text.stdout


def test_a_route_that_no_scenario_asks_is_no_match(parity):
    routes = [{"id": "profile", "match": {"prefix": "/api/profiles"}, "legacy": "old", "service": "new"},
              {"id": "images", "match": {"prefix": "/api/images"}, "legacy": "old", "service": "new"},
              {"id": "default", "match": {"prefix": "/"}, "legacy": "old"}]
    done, said = parity(answer({}), answer({}), "--despite-same", routes=routes)
    assert done.returncode == 2 and said["gaps"] == ["no scenario that runs in mode live asks images"]
    assert {r["id"]: r["compared"] for r in said["routes"]} == {"profile": 1, "images": 0}
    # The one that is asked for has what it needs.
    assert parity(answer({}), answer({}), "profile", "--despite-same", routes=routes)[0].returncode == 0
    # A name alone is no evidence: its scenario is for the other mode.
    scenarios = [{"name": "other", "steps": [{"name": "root", "request": {"path": "/"}, "on": "legacy"}]},
                 {"name": "pixels", "modes": ["isolated"], "steps": [STEP]}]
    done, said = parity(answer({}), answer({}), "profile", "--despite-same", scenarios=scenarios)
    assert done.returncode == 2 and "no scenario that runs in mode live asks profile" in said["gaps"]


def test_a_json_path_for_text_is_an_error_with_its_place(parity):
    rules = {"body": [{"path": "/a", "check": "ignore"}]}
    done, said = parity(answer(b"text", type="text/plain"), answer(b"text", type="text/plain"), "--despite-same", rules=rules)
    assert done.returncode == 78
    assert "profile.json:1:" in said["diagnostics"][0] and "every answer it stands for has text/plain" in said["diagnostics"][0]
    done, said = parity(answer(b"text", type="text/plain"), answer(b"tex", type="text/plain"), "--despite-same", rules=rules)
    assert done.returncode == 1


def test_a_rule_that_hides_others_is_an_error_with_its_place(parity):
    rules = {"body": [{"path": "/items", "check": "type"}, {"path": "/items/*/id", "check": "id"}]}
    done, _ = parity(answer({}), answer({}), "--despite-same", rules=rules)
    place, = json.loads(done.stderr)["diagnostics"]
    assert done.returncode == 78 and 'the "type" of "/items" in line 1 looks at nothing beneath' in place
    assert "profile.json:1:" in place and place.endswith("^")


def test_a_coded_answer_can_be_made_wrong(start, upstream):
    right = upstream("right", answer=lambda seen: answer({"name": "Ada"}, "gzip"))
    proxy = start("strangler", "parity", "wrong-proxy", "--upstream", right.address, "--class", "value").ready()
    wrong = web.request(proxy.address, "GET", "/api/x")
    assert "content-encoding" not in wrong.headers and wrong.json() != {"name": "Ada"} and wrong.json().keys() == {"name"}
