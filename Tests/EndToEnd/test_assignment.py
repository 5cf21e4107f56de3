"""Who is served by which side, seen through real processes."""
import http.cookies
import json

import pytest

import web
from assignment import on_service, xxh64
from conftest import Router, two_sides
from processes import run

USERS = [f"user-{n}" for n in range(400)]


def test_the_second_computation_agrees_with_published_vectors():
    assert xxh64(b"") == 0xEF46DB3751D8E999
    assert xxh64(b"abc") == 0x44BC2CF5AD770999
    assert xxh64(b"Nobody inspects the spammish repetition") == 0xFBCEA83C8A378BF1


@pytest.fixture
def sides(upstream):
    return upstream("monolith"), upstream("profile")


def served_by(router, users=USERS):
    """user → the upstream that answered."""
    with_open = web.connection(router.address)
    try:
        return {user: web.request(with_open, "GET", "/api/profiles/1", headers={"X-User": user}).body.decode() for user in users}
    finally:
        with_open.close()


def shift(router, percent):
    answer = router.admin("POST", "/v1/routes/profile/shift", {"percent": percent})
    assert answer.status == 200, answer


def expected(percent, users=USERS):
    return {user: "profile" if on_service(user, percent) else "monolith" for user in users}


def test_every_user_is_where_the_specification_says_up_and_down_again(router, sides):
    running = router(two_sides(*sides), threads=2)
    for percent in (0, 1, 10, 50.5, 99.9999, 100, 50.5, 10, 0):
        shift(running, percent)
        assert served_by(running) == expected(percent), f"at {percent} %"


def test_zero_and_hundred_are_exact_for_thousands_of_keys(router, sides):
    running = router(two_sides(*sides))
    users = [f"u{n}" for n in range(3000)]
    assert set(served_by(running, users).values()) == {"monolith"}
    shift(running, 100)
    assert set(served_by(running, users).values()) == {"profile"}


def test_two_routers_and_a_restarted_one_decide_alike(router, sides, start, tmp_path):
    document = two_sides(*sides, percent=30)
    first = router(document)
    (tmp_path / "second").mkdir()
    second = Router(tmp_path / "second", start, document)
    decided = served_by(first)
    assert served_by(second) == decided == expected(30)
    first.process.kill()
    assert served_by(first.begin()) == decided


def test_routes_of_one_context_keep_a_user_on_one_side(router, sides):
    document = two_sides(*sides, percent=50)
    document["routes"].insert(1, {**document["routes"][0], "id": "images", "match": {"prefix": "/api/images"}})
    running = router(document)
    for user in USERS[:100]:
        answers = {running.get(path, headers={"X-User": user}).body for path in ("/api/profiles/1", "/api/images/2")}
        assert len(answers) == 1


def test_a_minted_cookie_counts_already_in_the_response_that_sets_it(router, sides):
    running = router(two_sides(*sides, percent=50))
    seen = set()
    for _ in range(40):
        answer = running.get("/api/profiles/1")
        cookie = http.cookies.SimpleCookie(answer.headers["Set-Cookie"])["strangler_id"].value
        side = answer.body.decode()
        assert side == ("profile" if on_service(cookie, 50) else "monolith")
        again = running.get("/api/profiles/1", headers={"Cookie": f"a=b; strangler_id={cookie}"})
        assert again.body.decode() == side and again.headers["Set-Cookie"] is None
        seen.add(side)
    assert seen == {"monolith", "profile"}


def test_without_a_key_the_share_is_exact_at_every_prefix(router, sides):
    document = two_sides(*sides, percent=25)
    document["contexts"]["profile"]["keys"] = ["header:x-user"]
    running = router(document)
    to_service = 0
    for n in range(1, 201):
        to_service += running.get("/api/profiles/1").body == b"profile"
        assert abs(to_service - n * 0.25) <= 1, f"after {n} requests"


@pytest.mark.parametrize("target, forwarded, by", [
    ("/api/profiles/7", "/api/profiles/7", "profile"),
    ("/x/../api/profiles/7", "/api/profiles/7", "profile"),
    ("/%61pi/profiles/7", "/%61pi/profiles/7", "profile"),
    ("//api//profiles/7", "/api/profiles/7", "profile"),
    ("/api/profiles/../other", "/api/other", "monolith"),
    ("/api/profilesx", "/api/profilesx", "monolith"),
    ("/api/profiles", "/api/profiles", "profile"),
    ("/api/profiles/a%2ab?q=%2e%2e/", "/api/profiles/a%2ab?q=%2e%2e/", "profile"),
])
def test_what_is_matched_is_what_is_forwarded(router, sides, target, forwarded, by):
    running = router(two_sides(*sides, percent=100))
    assert running.get(target).body.decode() == by
    assert [path for side in sides for path in side.paths()] == [forwarded]


@pytest.mark.parametrize("target", ["/api%2fprofiles/7", "/api/profiles/..;/x", "/a%00b", "/a\\b", "/a%5cb", "/../../x%2e%2e%2f"])
def test_a_path_with_two_readings_is_refused_and_reaches_nobody(router, sides, target):
    running = router(two_sides(*sides, percent=100))
    answer = web.raw(running.address, f"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 400 "), answer
    assert [path for side in sides for path in side.paths()] == []


def test_upstreams_see_who_asked_and_no_header_of_the_edge(router, sides):
    running = router({**two_sides(*sides), "expose": True})
    answer = running.get("/x", headers={
        "Host": "shop.example", "X-Forwarded-For": "6.6.6.6", "X-Strangler-Side": "service", "Connection": "X-Secret", "X-Secret": "1",
        "Keep-Alive": "9", "Proxy-Connection": "close", "TE": "gzip"})
    seen = sides[0].seen[0]
    assert seen["Host"] == "shop.example"
    assert seen["X-Forwarded-For"] == "127.0.0.1" and seen["X-Forwarded-Proto"] == "http" and seen["X-Forwarded-Host"] == "shop.example"
    assert seen["Via"] and seen["X-Request-Id"] and seen["Traceparent"]
    for gone in ("X-Strangler-Side", "X-Secret", "Keep-Alive", "Proxy-Connection", "TE"):
        assert seen[gone] is None, gone
    assert answer.headers["X-Strangler-Route"] == "default" and answer.headers["X-Strangler-Side"] == "legacy"
    assert answer.headers["X-Strangler-Revision"] == str(running.revision())


def test_mirrored_copies_reach_the_other_side_and_nobody_waits_for_them(router, upstream):
    held = upstream("profile", answer=lambda seen: None)
    legacy = upstream("monolith")
    running = router(two_sides(legacy, held, mirror={"percent": 100, "methods": ["GET"]}))
    for n in range(20):
        answer = running.get(f"/api/profiles/{n}", headers={"X-User": "u", "Host": "shop.example"})
        assert (answer.status, answer.body) == (200, b"monolith")
    from processes import wait_until
    wait_until(lambda: len(held.seen) >= 20, what="twenty copies")
    assert {seen["X-Strangler-Mirror"] for seen in held.seen} == {"1"}
    assert {seen["Host"] for seen in held.seen} == {"shop.example"}
    assert all(seen["X-Strangler-Mirror"] is None for seen in legacy.seen)


@pytest.mark.parametrize("before, after", [(20, 20), (50, 50), (10, 40)])
def test_a_plan_says_how_many_of_600_users_another_salt_moves(router, upstream, tmp_path, before, after):
    sides = upstream("monolith"), upstream("profile")
    running = router(two_sides(*sides, percent=before))
    users = [f"person-{n}" for n in range(600)]

    def side(user):
        return running.get("/api/profiles/1", headers={"X-User": user}).body.decode()
    was = {user: side(user) for user in users}
    wanted = two_sides(*sides, percent=after)
    wanted["contexts"]["profile"]["salt"] = "another"
    file = tmp_path / "wanted.json"
    file.write_text(json.dumps({**running.admin("GET", "/v1/routes").json(), **wanted}))
    plan = run("strangler", "plan", file, "--config", running.file, "-o", "json")
    moved = json.loads(plan.stdout)["changes"][0]["moved"]
    assert run("strangler", "apply", file, "--config", running.file, "--yes").returncode == 0
    went = {to: sum(was[user] != to and side(user) == to for user in users) for to in ("monolith", "profile")}
    for flow in moved["flows"]:
        share = flow["percent"] / 100
        # Four standard deviations of as many draws; buckets are computed, so this is so or not, always.
        assert abs(went[flow["to"]] - 600 * share) <= 4 * (600 * share * (1 - share)) ** 0.5, (flow, went)
    assert sum(went.values()) > 50 and not moved["exact"]
