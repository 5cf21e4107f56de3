"""What a monolith receives and its clients get, with a router in between and without: the same, but for differences that are named.

Each request and each answer of the lists goes directly to a recording upstream, and then through a real router with the configuration that
`strangler init` writes (answers also through one that is strict with its upstream). Every difference must match an
allowance that the case names, with its reason (transparency_allowances.py); an allowance that does not show fails too. What was found stands in
artifacts/transparency.txt.
"""
import json
import re

import pytest

import transparency
import transparency_answers
import transparency_requests
from conftest import ARTIFACTS, Router
from processes import Process, run
from recorder import Recorder
from transparency_allowances import ALLOWED, ALWAYS

CASES = {f"{kind} {name}": case for kind, cases in (("request", transparency_requests.CASES), ("answer", transparency_answers.CASES)) for name, case in cases.items()}
# What each changes of the file that `strangler init` writes.
CONFIGURATIONS = {
    "as init writes it": {},
    "trusting": {"trustedPeers": ["127.0.0.1"]},
    "kept slashes": {"paths": {"escapedSlashes": "keep"}},
    "strict": {},
}


class Bench:
    """A recording upstream, and a router before it for each configuration, started when a case asks for it."""

    def __init__(self, folder):
        self.folder, self.recorder, self.routers, self.running, self.report = folder, Recorder(), {}, [], []

    def start(self, name, *arguments, **options):
        process = Process(name, *arguments, log=self.folder / f"{len(self.running)}.log", **options)
        self.running.append(process)
        return process

    def router(self, name):
        if name not in self.routers:
            folder = self.folder / name.replace(" ", "-")
            folder.mkdir(exist_ok=True)
            made = run("strangler", "--config", folder / "routes.json", "init", "--force", "--monolith", self.recorder.address)
            assert made.returncode == 0, made.stderr
            document = {**json.loads((folder / "routes.json").read_text()), **CONFIGURATIONS[name], "listen": ["127.0.0.1:0"],
                        "admin": {"unix": str(folder / "router.sock")}}
            if name == "strict":
                document["upstreams"]["monolith"]["tolerance"] = "strict"
            self.routers[name] = Router(folder, self.start, document)
        return self.routers[name]

    def close(self):
        for process in self.running:
            process.kill()
        self.recorder.close()


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    one = Bench(tmp_path_factory.mktemp("transparency"))
    yield one
    one.close()
    always = [f"  {name}: {reason}" for name, (_, reason) in ALWAYS.items()]
    (ARTIFACTS / "transparency.txt").write_text("\n".join(["in nearly every exchange", *always, *one.report]) + "\n")


def test_every_allowance_is_named_by_a_case():
    assert set(ALLOWED) == {name for case in CASES.values() for name in case.allow}
    assert len(transparency_requests.CASES) >= 150 and len(transparency_answers.CASES) >= 60


def test_what_is_always_allowed_shows_in_a_plain_request(bench):
    case = CASES["request method: GET"]
    router = bench.router(case.router)
    direct = transparency.send(bench.recorder.address, bench.recorder, case)
    judged, _ = judge(case, transparency.differences(direct, transparency.send(router.address, bench.recorder, case)))
    assert {by for _, by in judged} == set(ALWAYS)


def judge(case, found):
    """For each difference the allowance that it matches, or None; and the allowances that did not show."""
    names = {**ALWAYS, **{name: ALLOWED[name] for name in case.allow}}
    judged = [(each, next((name for name, (pattern, _) in names.items() if re.match(pattern, each)), None)) for each in found]
    return judged, [name for name in case.allow if name not in {by for _, by in judged}]


@pytest.mark.parametrize("name", CASES)
def test_nothing_changes_but_what_is_named(bench, name):
    case = CASES[name]
    router = bench.router(case.router)
    direct = transparency.send(bench.recorder.address, bench.recorder, case)
    routed = transparency.send(router.address, bench.recorder, case)
    judged, unused = judge(case, transparency.differences(direct, routed))
    bench.report.append(f"{name} [{case.router}]")
    for each, by in judged:
        if by not in ALWAYS:
            bench.report.append(f"  {each}\n      {by + ': ' + ALLOWED[by][1] if by else 'NOT ALLOWED'}")
    unnamed = [each for each, by in judged if by is None]
    assert not unnamed, "not allowed:\n  " + "\n  ".join(unnamed)
    assert not unused, f"allowed and not seen: {', '.join(unused)}"
