"""What a router takes: start, memory. The figures go to artifacts/footprint.json; only memory is asserted, time is reported."""
import json
import statistics
import time

import web
from conftest import ARTIFACTS, two_sides


def test_an_idle_router_is_small_and_starts_quickly(router, upstream):
    running = router(two_sides(upstream("monolith"), upstream("profile")))
    starts = []
    for _ in range(5):
        running.process.kill()
        began = time.monotonic()
        running.process = running._start("strangler-router", "--config", running.file)
        running.process.ready()
        assert web.request(running.process.address, "GET", "/").status == 200
        starts.append((time.monotonic() - began) * 1000)
    resident = running.process.resident()
    (ARTIFACTS / "footprint.json").write_text(json.dumps({
        "start_to_first_answer_ms": {"median": round(statistics.median(starts), 1), "all": [round(s, 1) for s in starts]},
        "resident_idle_mib": round(resident / 1048576, 1)}, indent=2))
    assert resident < 16 * 1048576
