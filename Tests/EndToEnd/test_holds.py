"""Users change sides while their requests wait: two routers on two loops each, and one who moves them as the protocol has it."""
import itertools
import json
import re
import threading
import time

import pytest

import processes
import web
from assignment import xxh64
from conftest import Router
from load import Crowd
from processes import wait_until

BUCKETS = 1_000_000


def bucket(user):
    return xxh64(user.encode()) % BUCKETS


class OwnedRouter(Router):
    """A router with one context whose users are owned by one side each."""

    def hold(self, first, behind, kind="writes", lease=5000, drain=2000):
        order = {"context": "profile", "from": first, "to": behind, "kind": kind, "lease": lease, "drain": drain, "actor": "test"}
        return self.admin("POST", "/v1/holds", json.dumps(order), {"content-type": "application/json"})

    def release(self, hold):
        return self.admin("DELETE", f"/v1/holds/{hold}")

    def holds(self):
        return self.admin("GET", "/v1/holds").json()["holds"]

    def publish(self, percent, epoch):
        """As the end of a move: percentage and epoch at once."""
        served = self.admin("GET", "/v1/routes")
        document = served.json()
        document["routes"][0]["percent"] = percent
        document["contexts"]["profile"]["epoch"] = epoch
        answer = self.admin("PUT", "/v1/routes", json.dumps(document), {"if-match": served.headers["etag"]})
        assert answer.status == 200, answer


class Stores:
    """The rows of two sides: who owns a bucket is decided here, as a fence in the store does, and every accepted write is counted."""

    def __init__(self, owned):
        self.lock, self.owned, self.fenced = threading.Lock(), owned, range(0)
        self.values, self.refused, self.served = {}, 0, {"legacy": 0, "service": 0}
        self.moves, self.late = [], []

    def side(self, user):
        return "service" if bucket(user) < self.owned else "legacy"

    def answer(self, side):
        def serve(seen):
            user = seen["x-user"]
            with self.lock:
                self.served[side] += 1
                epoch = int(seen["x-strangler-epoch"])
                # Who was held is sent by the table of the move, and so is everybody after.
                if any(bucket(user) in moved and epoch < number for moved, number in self.moves):
                    self.late.append((user, epoch))
                if seen.method == "GET":
                    # Rows that have not come yet are what a reader must not be sent to: it reads what its side had.
                    return web.Upstream.ok(f"{self.values.get(user, 0)}".encode())
                if self.side(user) != side or bucket(user) in self.fenced:
                    self.refused += 1
                    other = self.side(user)
                    return web.Upstream.ok(b"not mine", "421 Misdirected Request", [f"x-strangler-owner: {other}"])
                self.values[user] = self.values.get(user, 0) + 1
                return web.Upstream.ok(f"{self.values[user]}".encode())
        return serve


class Users(Crowd):
    """Each writes and reads its own number, one request after the other, by one of the routers, until it is told to end."""

    def __init__(self, addresses, count=24):
        self.failures, self.writes, self.longest = [], 0, 0.0
        super().__init__(self._user, ((f"u{number}", addresses[number % len(addresses)]) for number in range(count)))

    def _user(self, name, address):
        link, written = web.connection(address), 0
        while not self._stop.is_set():
            for method in ("POST", "GET"):
                began = time.monotonic()
                try:
                    link.request(method, "/api/profiles/1", body=b"{}" if method == "POST" else None, headers={"x-user": name})
                    answer = link.getresponse()
                    body = answer.read()
                except (OSError, EOFError, web.http.client.HTTPException) as error:
                    self._failed(f"{name} {method}: {error!r}")
                    return
                if answer.status != 200:
                    self._failed(f"{name} {method}: {answer.status} {body!r}")
                    return
                if method == "POST":
                    written += 1
                if int(body) != written:
                    self._failed(f"{name} {method} read {body!r} after {written} writes")
                    return
                with self._lock:
                    self.writes += method == "POST"
                    self.longest = max(self.longest, time.monotonic() - began)

    def _failed(self, what):
        with self._lock:
            self.failures.append(what)


def document(legacy, service, percent):
    return {
        "upstreams": {"monolith": {"endpoints": [legacy.address]}, "profile": {"endpoints": [service.address]}},
        "contexts": {"profile": {"keys": ["header:x-user"], "mode": "owned", "epoch": 7}},
        "routes": [
            {"id": "profile", "match": {"prefix": "/api/profiles"}, "legacy": "monolith", "service": "profile",
             "context": "profile", "percent": percent},
            {"id": "default", "match": {"prefix": "/"}, "legacy": "monolith"},
        ],
    }


@pytest.fixture
def estate(tmp_path, start, upstream):
    """estate(COUNT, percent): stores, and so many routers before them."""

    def begin(count=1, percent=50):
        stores = Stores(percent * 10_000)
        legacy = upstream("legacy", answer=stores.answer("legacy"))
        service = upstream("service", answer=stores.answer("service"))
        routers = []
        for number in range(count):
            folder = tmp_path / f"router{number}"
            folder.mkdir()
            routers.append(OwnedRouter(folder, start, document(legacy, service, percent), threads=2))
        return stores, routers

    return begin


def at_once(routers, ask):
    """Asks every router at the same time; the answers in their order."""
    answers = [None] * len(routers)

    def one(number):
        answers[number] = ask(routers[number])

    threads = [threading.Thread(target=one, args=(number,)) for number in range(len(routers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return answers


def move(stores, routers, percent, epoch):
    """One slice, to the service or back; returns the seconds for which its users waited at most."""
    first, behind = sorted((percent * 10_000, stores.owned))
    began = time.monotonic()
    holds = at_once(routers, lambda router: router.hold(first, behind))
    assert [hold.status for hold in holds] == [200] * len(routers), holds
    with stores.lock:
        stores.fenced = range(first, behind)
    wider = at_once(routers, lambda router: router.hold(first, behind, "all"))
    assert [hold.json()["state"] for hold in wider] == ["drained"] * len(routers)
    # The same ones: they have stood all the time.
    assert [hold.json()["id"] for hold in wider] == [hold.json()["id"] for hold in holds]
    with stores.lock:
        stores.owned, stores.fenced = percent * 10_000, range(0)
    at_once(routers, lambda router: router.publish(percent, epoch))
    with stores.lock:
        stores.moves.append((range(first, behind), epoch))
    ids = {router: hold.json()["id"] for router, hold in zip(routers, wider)}
    assert [released.status for released in at_once(routers, lambda router: router.release(ids[router]))] == [200] * len(routers)
    return time.monotonic() - began


def test_users_change_sides_under_load_and_nobody_notices(estate):
    stores, routers = estate(count=2, percent=0)
    pauses = []
    with Users([router.address for router in routers]) as users:
        for epoch, percent in enumerate((5, 20, 50, 100, 70, 30, 40, 0), start=8):
            seen = users.writes
            wait_until(lambda: users.writes > seen + 30 or users.failures, what="writes between two slices")
            pauses.append(move(stores, routers, percent, epoch))
        seen = users.writes
        wait_until(lambda: users.writes > seen + 30 or users.failures, what="writes after the last slice")
    assert users.failures == []
    assert sum(stores.values.values()) == users.writes
    # The fence is for what a router does not hold; here every router held.
    assert stores.refused == 0 and stores.late == []
    assert all(stores.served.values())
    released = sum(router.metric("strangler_held_requests_total", result="released") for router in routers)
    assert released > 0
    for router in routers:
        assert router.metric("strangler_held_requests", context="profile") == 0
        assert router.metric("strangler_held_requests_total", result="held_too_long") == 0
        assert router.metric("strangler_holds_total", result="released") == len(pauses)
    print(f"{len(pauses)} slices, {users.writes} writes, {released:.0f} requests waited,"
          f" slices of {max(pauses) * 1000:.0f} ms at most, requests of {users.longest * 1000:.0f} ms at most")


def test_a_router_that_was_not_asked_is_put_right_by_the_store(estate):
    stores, routers = estate(count=2, percent=50)
    told, stale = routers
    user = next(name for name in (f"u{number}" for number in range(1000)) if 250_000 <= bucket(name) < 500_000)
    move(stores, [told], 25, epoch=8)
    # The stale one still sends its user to the service, which says whose it is: sent there once, body and all.
    answer = web.request(stale.address, "POST", "/api/profiles/1", "{}", {"x-user": user})
    assert (answer.status, answer.body) == (200, b"1")
    assert stores.refused == 1
    assert stale.metric("strangler_misdirected_requests_total", result="redirected") == 1
    # While the user belongs to nobody, it is told to come again.
    with stores.lock:
        stores.fenced = range(BUCKETS)
    answer = web.request(stale.address, "POST", "/api/profiles/1", "{}", {"x-user": user})
    assert answer.status == 503 and answer.headers["retry-after"] == "1"
    assert answer.json()["reason"] == "misdirected"
    assert stale.metric("strangler_misdirected_requests_total", result="refused") == 1


def test_who_moves_users_dies_and_they_go_on(estate):
    stores, (router,) = estate()
    user = next(name for name in (f"u{number}" for number in range(1000)) if bucket(name) < 500_000)
    assert router.hold(0, 500_000, "all", lease=700).status == 200
    answer = web.request(router.address, "POST", "/api/profiles/1", "{}", {"x-user": user})
    assert (answer.status, answer.body) == (200, b"1")
    wait_until(lambda: "a hold ran out, and its requests go on" in router.process.errors(), what="the line in the log")
    assert router.metric("strangler_holds_total", result="expired") == 1
    assert router.holds() == []


def test_a_person_on_call_sees_who_holds_whom_and_lets_them_go(estate):
    stores, (router,) = estate()

    def strangler(*arguments):
        return processes.run("strangler", *arguments, "--config", router.file, "--admin", f"unix:{router.socket}")

    assert "No requests are held." in strangler("holds").stdout
    hold = router.hold(0, 10_000).json()
    said = strangler("holds").stdout
    assert re.search(r"Writes of profile \[0,10000\) are held by test, [0-4]\.\d s left", said) and f"strangler holds --release {hold['id']}" in said
    assert json.loads(strangler("holds", "-o", "json").stdout)["holds"][0]["kind"] == "writes"
    done = strangler("holds", "--release", hold["id"])
    assert done.returncode == 0 and "are no longer held: 0 requests had waited and go on" in done.stdout
    gone = strangler("holds", "--release", hold["id"])
    assert gone.returncode == 1 and "no requests are held" in gone.stderr
    rehearsed = json.loads(strangler("holds", "--rehearse", "profile", "-o", "json").stdout)
    assert rehearsed["context"] == "profile" and rehearsed["pause_ms"] < 1000
    assert strangler("holds", "--rehearse", "nothing").returncode == 1
    assert strangler("holds", "--rehearse", "profile", "--release", "1").returncode == 64


def test_a_take_over_in_the_middle_of_a_slice_waits_for_it(estate, start):
    stores, (router,) = estate()
    user = next(name for name in (f"u{number}" for number in range(1000)) if 250_000 <= bucket(name) < 500_000)
    hold = router.hold(250_000, 500_000).json()["id"]
    before = router.process
    router.process = start("strangler-router", "--config", router.file, "--threads", "2", "--takeover")
    wait_until(lambda: "take-over asked for" in before.errors(), what="the take-over")
    others = itertools.count()
    # Other buckets each time: the same ones again would be a hold that stands already.
    wait_until(lambda: (at := next(others)) is not None and router.hold(at, at + 1, lease=50).status == 503, what="no new holds")
    # The slice is finished by the one that holds it.
    assert router.hold(250_000, 500_000, "all").status == 200
    with stores.lock:
        stores.owned = 250_000
    router.publish(25, epoch=8)
    assert router.release(hold).status == 200
    router.process.ready()
    router.address = router.process.address
    assert before.exit_status(20) == 0
    answer = web.request(router.address, "POST", "/api/profiles/1", "{}", {"x-user": user})
    assert (answer.status, answer.body) == (200, b"1")
    assert stores.served == {"legacy": 1, "service": 0}
    assert router.hold(0, 5).status == 200
