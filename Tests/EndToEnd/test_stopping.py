"""The end of a router, gentle and hard, and how fast it goes back."""
import json
import signal
import threading
import time

import pytest

import web
from conftest import ARTIFACTS, two_sides
from load import Load
from processes import wait_until


def slow(seconds, body=b"late"):
    """An upstream that answers after a while."""
    def answer(seen):
        def later(link):
            time.sleep(seconds)
            link.sendall(web.Upstream.ok(body))
            return True
        return later
    return answer


def test_sigterm_lets_every_answer_finish_and_exits_zero(router, upstream):
    monolith = upstream("monolith", answer=slow(1.0, b"x" * 100_000))
    running = router(two_sides(monolith, upstream("profile")), threads=2)
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(running.get("/slow"))) for _ in range(20)]
    idle = web.connection(running.address)
    idle.connect()
    for thread in threads:
        thread.start()
    wait_until(lambda: len(monolith.seen) == 20, what="twenty requests in flight")
    began = time.monotonic()
    running.process.signal(signal.SIGTERM)
    for thread in threads:
        thread.join(15)
    assert [answer.status for answer in answers] == [200] * 20
    assert {len(answer.body) for answer in answers} == {100_000}
    assert running.process.exit_status(15) == 0
    assert time.monotonic() - began < 10
    idle.close()
    with pytest.raises(OSError):
        web.request(running.address, "GET", "/")


def test_sigterm_under_load_cuts_no_answer(router, upstream):
    running = router(two_sides(upstream("monolith"), upstream("profile"), percent=50), threads=2)
    with Load(running.address) as load:
        wait_until(lambda: load.answers > 200, what="traffic")
        running.process.signal(signal.SIGTERM)
        assert running.process.exit_status(15) == 0
    # After the end a client finds the port closed, or its idle connection gone before the next request was taken. A
    # response that had begun and stopped would be IncompleteRead or a status of the router's own.
    cut = [failure for failure in load.failures if not failure.startswith(("ConnectionRefused", "RemoteDisconnected", "ConnectionReset", "BrokenPipe"))]
    assert cut == []


def test_readiness_turns_false_first(router, upstream):
    monolith = upstream("monolith", answer=slow(1.0))
    running = router(two_sides(monolith, upstream("profile")))
    assert running.admin("GET", "/readyz").status == 200
    waiting = threading.Thread(target=running.get)
    waiting.start()
    wait_until(lambda: monolith.seen, what="a request in flight")
    running.process.signal(signal.SIGTERM)
    wait_until(lambda: running.admin("GET", "/readyz").status == 503, seconds=1, what="not ready while draining")
    waiting.join(10)
    assert running.process.exit_status(15) == 0


def test_a_second_sigterm_ends_it_at_once(router, upstream):
    monolith = upstream("monolith", answer=slow(8))
    running = router(two_sides(monolith, upstream("profile")))
    waiting = threading.Thread(target=lambda: pytest.raises(Exception, running.get), daemon=True)
    waiting.start()
    wait_until(lambda: monolith.seen, what="a request in flight")
    running.process.signal(signal.SIGTERM)
    wait_until(lambda: running.admin("GET", "/readyz").status == 503, what="draining")
    assert running.process.popen.poll() is None
    began = time.monotonic()
    running.process.signal(signal.SIGTERM)
    running.process.exit_status(5)
    assert time.monotonic() - began < 2


def test_a_killed_router_comes_back_with_the_last_acknowledged_shift(router, upstream):
    running = router(two_sides(upstream("monolith"), upstream("profile")))
    assert running.admin("POST", "/v1/routes/profile/shift", {"percent": 100}).status == 200
    running.process.kill()
    running.begin()
    assert running.get("/api/profiles/1", headers={"X-User": "u"}).body == b"profile"


def test_rollback_under_load_is_observed_by_the_time_it_answers(router, upstream):
    service = upstream("profile")
    running = router(two_sides(upstream("monolith"), service, percent=100), threads=2)
    with Load(running.address) as load:
        wait_until(lambda: len(service.seen) > 200, what="traffic on the service")
        began = time.monotonic()
        answer = running.admin("POST", "/v1/rollback", {"route": "profile"})
        took = time.monotonic() - began
        assert answer.status == 200, answer
        served = len(service.seen)
        after = load.answers
        wait_until(lambda: load.answers > after + 200, what="traffic after the rollback")
        assert len(service.seen) == served, "a request reached the service after the rollback had answered"
    assert load.failures == [] and load.reconnects == 0
    assert running.document()["routes"][0]["percent"] == 0
    (ARTIFACTS / "rollback.json").write_text(json.dumps({"answered_after_ms": took * 1000, **answer.json()}, indent=2))
