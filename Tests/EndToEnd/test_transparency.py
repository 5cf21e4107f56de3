"""What a monolith receives and its clients get, with a router in between and without: the same, but for differences that are named.

Each request and each answer of the lists goes directly to a recording upstream, and then through a real router. Every difference must match an
allowance that the case names, with its reason (transparency_allowances.py); an allowance that does not show fails too. What was found stands in
artifacts/transparency.txt.
"""
import re

import pytest

import transparency
import transparency_answers
import transparency_requests
from conftest import ARTIFACTS, Router
from processes import Process
from transparency_allowances import ALLOWED, ALWAYS

CASES = {f"{kind} {name}": case for kind, cases in (("request", transparency_requests.CASES), ("answer", transparency_answers.CASES)) for name, case in cases.items()}
CONFIGURATIONS = {
    "default": {},
    "trusting": {"trustedPeers": ["127.0.0.1"]},
    "kept slashes": {"paths": {"escapedSlashes": "keep"}},
    "tolerant": {},
}


class Bench:
    """A recording upstream, and a router before it for each configuration, started when a case asks for it."""

    def __init__(self, folder):
        self.folder, self.recorder, self.routers, self.running, self.report = folder, transparency.Recorder(), {}, [], []

    def start(self, name, *arguments, **options):
        process = Process(name, *arguments, log=self.folder / f"{len(self.running)}.log", **options)
        self.running.append(process)
        return process

    def router(self, name):
        if name not in self.routers:
            folder = self.folder / name.replace(" ", "-")
            folder.mkdir(exist_ok=True)
            upstream = {"endpoints": [self.recorder.address]}
            if name == "tolerant":
                upstream["tolerance"] = "legacy"
            self.routers[name] = Router(folder, self.start, {
                **CONFIGURATIONS[name], "upstreams": {"monolith": upstream}, "routes": [{"id": "default", "match": {"prefix": "/"}, "legacy": "monolith"}]})
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
    (ARTIFACTS / "transparency.txt").write_text("\n".join(one.report) + "\n")


def test_every_allowance_is_named_by_a_case():
    assert set(ALLOWED) == {name for case in CASES.values() for name in case.allow}
    assert len(transparency_requests.CASES) >= 150 and len(transparency_answers.CASES) >= 60


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
    bench.report.append(f"{name}" + (f" [{case.router}]" if case.router != "default" else ""))
    for each, by in judged:
        if by not in ALWAYS:
            bench.report.append(f"  {each}\n      {by + ': ' + ALLOWED[by][1] if by else 'NOT ALLOWED'}")
    unnamed = [each for each, by in judged if by is None]
    assert not unnamed, "not allowed:\n  " + "\n  ".join(unnamed)
    assert not unused, f"allowed and not seen: {', '.join(unused)}"
