"""routes.json: reloaded under load, refused when wrong, whole after every crash."""
import json
import random
import threading
import time

import pytest

import web
from conftest import Router, two_sides
from load import Load
from processes import run, wait_until
from small_disk import small_disk


@pytest.fixture
def sides(upstream):
    return upstream("monolith"), upstream("profile")


def test_eight_reloads_under_load_fail_nothing_and_close_no_connection(router, sides):
    running = router(two_sides(*sides, percent=50), threads=2)
    with Load(running.address) as load:
        for n in range(8):
            before, revision = load.answers, running.revision()
            running.write(two_sides(*sides, percent=10 * n))
            running.reload()
            wait_until(lambda: running.revision() > revision, what=f"reload {n}")
            wait_until(lambda: load.answers > before + 50, what="traffic on the new table")
    assert load.failures == []
    assert load.reconnects == 0


def test_shifts_under_load_fail_nothing_and_close_no_connection(router, sides):
    running = router(two_sides(*sides), threads=2)
    with Load(running.address) as load:
        for n in range(30):
            assert running.admin("POST", "/v1/routes/profile/shift", {"percent": (n * 37) % 101}).status == 200
    assert load.failures == [] and load.reconnects == 0 and load.answers > 100


def bad_documents(good):
    text = json.dumps(good, indent=2)
    return {
        "empty": "",
        "blank": " \n",
        "torn": text[:len(text) // 2],
        "nothing inside": "{}",
        "no routes": json.dumps({**good, "routes": []}),
        "unknown key": text.replace('"percent"', '"precent"', 1),
        "unknown upstream": text.replace('"service": "profile"', '"service": "profil"', 1),
        "percentage above 100": text.replace('"percent": 50', '"percent": 101', 1),
        "two routes of one id": text.replace('"id": "default"', '"id": "profile"', 1),
        "text after the end": text + "x",
        "not UTF-8": None,
    }


@pytest.mark.parametrize("kind", list(bad_documents({"routes": []})))
def test_a_bad_document_is_refused_with_its_place_and_the_last_good_one_serves(router, sides, kind):
    running = router(two_sides(*sides, percent=50))
    good = running.document()
    text = bad_documents(good)[kind]
    if text is None:
        running.file.write_bytes(running.file.read_bytes() + b"\xff\xfe")
    else:
        running.file.write_text(text)
    revision = running.revision()
    running.reload()
    wait_until(lambda: f"{running.file.name}:" in running.process.errors(), what="the reason in the log")
    assert running.revision() == revision
    assert running.get("/api/profiles/1", headers={"X-User": "u"}).status == 200
    checked = run("strangler-router", "--config", running.file, "--check")
    assert checked.returncode == 78, checked
    place = [part for part in checked.stderr.replace("\n", " ").split(" ") if part.startswith(str(running.file)) or "routes.json:" in part]
    assert place and all(piece.isdigit() for piece in place[0].rstrip(":").rsplit(":", 2)[1:]), checked.stderr
    # And it goes on: a good document is taken again.
    running.write(two_sides(*sides, percent=100))
    running.reload()
    wait_until(lambda: running.get("/api/profiles/1", headers={"X-User": "u"}).body == b"profile", what="the good document")


def test_a_mistyped_key_gets_caret_and_suggestion(router, sides, tmp_path):
    running = router(two_sides(*sides, percent=50))
    running.file.write_text(running.file.read_text().replace('"percent"', '"precent"', 1))
    text = run("strangler-router", "--config", running.file, "--check").stderr
    assert "precent" in text and "^" in text and "percent" in text.replace("precent", "")


def test_a_start_with_a_bad_file_never_serves_without_routes(router, sides, start):
    running = router(two_sides(*sides, percent=50))
    running.process.kill()
    running.file.write_text("{")
    process = start("strangler-router", "--config", running.file)
    ended = wait_until(lambda: process.popen.poll() is not None or any("listening on" in line for line in process.lines), what="a start or a refusal")
    assert ended
    if process.popen.poll() is None:
        address = process.ready().address
        assert web.request(address, "GET", "/", headers={"X-User": "u"}).body == b"monolith"
    else:
        assert process.popen.returncode == 78
        assert "routes.json:" in process.errors()


def test_the_file_is_whole_after_every_sigkill_in_the_middle_of_changes(router, sides):
    running = router(two_sides(*sides))
    chance = random.Random(7)
    for _ in range(15):
        def change():
            try:
                for n in range(10_000):
                    running.admin("POST", "/v1/routes/profile/shift", {"percent": n % 101})
            except (OSError, web.http.client.HTTPException):
                pass
        changing = threading.Thread(target=change)
        before = running.file.stat().st_mtime_ns
        changing.start()
        wait_until(lambda: running.file.stat().st_mtime_ns != before, what="a first change")
        time.sleep(chance.random() * 0.05)  # the moment of the kill is the point
        running.process.kill()
        changing.join(20)
        document = running.document()
        assert len(document["routes"]) == 2
        running.begin()
        # A change that was acknowledged, or the one under way, is served: what is on disk.
        assert running.admin("GET", "/v1/routes").json()["routes"][0]["percent"] == document["routes"][0]["percent"]


def test_a_stale_writer_is_told_so(router, sides):
    running = router(two_sides(*sides))
    tag = running.admin("GET", "/v1/routes").headers["ETag"]
    assert running.admin("POST", "/v1/routes/profile/shift", {"percent": 5}).status == 200
    answer = running.admin("PUT", "/v1/routes", running.document(), {"If-Match": tag})
    assert answer.status == 412, answer
    assert running.document()["routes"][0]["percent"] == 5


def test_an_edit_by_hand_is_never_overwritten_by_a_shift(router, sides):
    running = router(two_sides(*sides))
    edited = running.document()
    edited["routes"][0]["percent"] = 42
    running.file.write_text(json.dumps(edited))
    answer = running.admin("POST", "/v1/routes/profile/shift", {"percent": 5})
    assert answer.status == 409, answer
    assert running.document()["routes"][0]["percent"] == 42


@pytest.fixture
def disk(tmp_path):
    with small_disk(tmp_path / "small") as small:
        yield small


def test_a_full_disk_refuses_the_change_keeps_the_file_and_serves_on(disk, start, sides):
    running = Router(disk.folder, start, two_sides(*sides))
    before = running.file.read_bytes()
    disk.fill()
    answer = running.admin("POST", "/v1/routes/profile/shift", {"percent": 100})
    assert answer.status >= 500, answer
    assert running.file.read_bytes() == before
    assert running.get("/api/profiles/1", headers={"X-User": "u"}).body == b"monolith"
    disk.free()
    assert running.admin("POST", "/v1/routes/profile/shift", {"percent": 100}).status == 200
    assert running.get("/api/profiles/1", headers={"X-User": "u"}).body == b"profile"
