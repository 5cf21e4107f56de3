"""PixelPulse's processes under kill -9, SIGTERM and a full disk: what was acknowledged is there, once."""
import os
import signal
import sqlite3
import subprocess
import threading

import pytest

import estate
import web
from pictures import png, size
from processes import BIN, wait_until

# A picture whose blur takes about a second, whichever build it is.
LARGE = (260, 200) if BIN.name == "debug" else (2400, 1800)
LISTEN = ("--listen", "127.0.0.1:0")


def begin(start, name, tmp_path, *arguments, env=None):
    return start(f"pixelpulse-{name}", *LISTEN, "--data", tmp_path / name, *arguments, env=env).ready()


def account(start, tmp_path):
    """Somebody with an account, made by an auth service that shares the token key."""
    return estate.Person(begin(start, "auth", tmp_path).address).sign_up()


def sound(tmp_path, name):
    with sqlite3.connect(tmp_path / name / f"{name}.db") as database:
        return database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def rows(tmp_path, name, sql):
    with sqlite3.connect(f"file:{tmp_path / name / name}.db?mode=ro", uri=True) as database:
        return database.execute(sql).fetchall()


def workers(service, count):
    return wait_until(lambda: len(found := service.children()) == count and found, what=f"{count} worker processes")


def test_each_process_is_ready_soon_and_says_so_once(start, tmp_path):
    for name in ("monolith", "auth", "profile", "filter"):
        process = begin(start, name, tmp_path)
        assert web.request(process.address, "GET", "/healthz").status == 200
        assert web.request(process.address, "GET", "/readyz").status == 200
        assert len(process.lines) == 1
        # Password hashes and the token key are for this user alone.
        files = [*(tmp_path / name).iterdir(), tmp_path / "token.key"]
        assert all(file.stat().st_mode & 0o077 == 0 for file in files), files
        process.signal(signal.SIGTERM)
        assert process.exit_status() == 0


@pytest.mark.parametrize("name", ["monolith", "filter"])
def test_every_accepted_job_ends_although_the_process_is_killed_again_and_again(start, tmp_path, name):
    person = account(start, tmp_path)
    jobs, image = [], None
    for round in range(4):
        process = begin(start, name, tmp_path)
        person.address = process.address
        image = image or person.upload(png(80, 60))
        for _ in range(4):
            jobs.append(person.start_job(image, "blur"))
        if round == 2:
            wait_until(lambda: person.job(jobs[0])["state"] == "done", 60, "the first job")
        process.signal(signal.SIGKILL)
        process.exit_status()
        assert sound(tmp_path, name)
    process = begin(start, name, tmp_path)
    person.address = process.address
    for job in jobs:
        assert person.finished(job, 60)["state"] == "done"
    assert size(person.result(image)) == (80, 60)
    # Sixteen jobs of the same input have one result between them.
    assert rows(tmp_path, name, "SELECT count(DISTINCT result_sha256), count(*) FROM jobs") == [(1, 16)]
    assert rows(tmp_path, name, "SELECT count(*) FROM blobs") == [(2,)]
    assert sound(tmp_path, name)


def test_a_killed_workers_job_is_run_again_and_its_result_appears_once(start, tmp_path):
    person = account(start, tmp_path)
    service = begin(start, "filter", tmp_path, "--workers", 2)
    person.address = service.address
    first = workers(service, 2)
    image = person.upload(png(*LARGE))
    jobs = [person.start_job(image, "blur") for _ in range(4)]
    wait_until(lambda: any(person.job(job)["state"] == "running" for job in jobs), what="a running job")
    for pid in first:
        os.kill(pid, signal.SIGKILL)
    for job in jobs:
        assert person.finished(job, 120)["state"] == "done"
    assert max(person.job(job)["attempts"] for job in jobs) >= 2
    assert not set(workers(service, 2)) & set(first)
    assert rows(tmp_path, "filter", "SELECT state, count(*) FROM queue GROUP BY state") == [("done", 4)]
    metrics = web.request(service.address, "GET", "/metrics").body.decode()
    assert 'pixelpulse_jobs_total{queue="filter",result="done"} 4' in metrics
    assert 'pixelpulse_queue_depth{queue="filter"} 0' in metrics


@pytest.mark.parametrize("name", ["monolith", "filter"])
def test_a_picture_that_was_carried_here_gets_its_thumbnail_from_the_workers(start, tmp_path, name):
    other = "filter" if name == "monolith" else "monolith"
    person = account(start, tmp_path)
    source = begin(start, other, tmp_path)
    person.address = source.address
    image = person.upload(png(640, 480))
    there = person.ask("GET", f"/api/images/{image}/thumbnail")
    assert (there.status, there.headers["content-type"]) == (200, "image/jpeg")
    assert there.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert person.ask("GET", f"/api/images/{image}/thumbnail", headers={"If-None-Match": there.headers["etag"]}).status == 304
    process = begin(start, name, tmp_path)
    with sqlite3.connect(tmp_path / name / f"{name}.db", timeout=10) as database:
        database.execute("ATTACH ? AS source", (str(tmp_path / other / f"{other}.db"),))
        for table in ("blobs", "images"):
            database.execute(f"INSERT INTO {table} SELECT * FROM source.{table}")
    person.address = process.address
    first = person.ask("GET", f"/api/images/{image}/thumbnail")
    assert (first.status, first.headers["retry-after"]) == (404, "1") and first.json()["code"] == "not_made_yet"
    made = wait_until(lambda: (found := person.ask("GET", f"/api/images/{image}/thumbnail")).status == 200 and found, 20, "the thumbnail")
    # Both sides make the same bytes of the same picture.
    assert made.body == there.body and made.headers["etag"] == there.headers["etag"]
    assert len(made.body) < 20_000


def test_workers_end_with_their_service_however_it_ends(start, tmp_path):
    for number, status in ((signal.SIGTERM, 0), (signal.SIGKILL, -9)):
        service = begin(start, "filter", tmp_path, "--workers", 3)
        pids = workers(service, 3)
        service.signal(number)
        assert service.exit_status() == status
        wait_until(lambda: not any(os.path.exists(f"/proc/{pid}/exe") for pid in pids), what="the end of the workers")


def test_sigterm_finishes_or_gives_back_what_is_under_way(start, tmp_path):
    person = account(start, tmp_path)
    service = begin(start, "filter", tmp_path, "--workers", 2)
    person.address = service.address
    image = person.upload(png(*LARGE))
    jobs = [person.start_job(image, "blur") for _ in range(8)]
    wait_until(lambda: any(person.job(job)["state"] == "running" for job in jobs), what="a running job")
    service.signal(signal.SIGTERM)
    assert service.exit_status(12) == 0
    assert rows(tmp_path, "filter", "SELECT count(*) FROM queue WHERE state = 'leased'") == [(0,)]
    person.address = begin(start, "filter", tmp_path, "--workers", 2).address
    for job in jobs:
        ended = person.finished(job, 120)
        assert ended["state"] == "done" and ended["attempts"] == 1


def test_no_acknowledged_sign_up_is_lost_in_kills(start, tmp_path):
    acknowledged = []
    for round in range(8):
        process = begin(start, "monolith", tmp_path)

        def work(lane):
            for number in range(100):
                person = estate.Person(process.address, f"p{round}-{lane}-{number}@example.org")
                try:
                    acknowledged.append(person.sign_up())
                except (OSError, AssertionError):
                    return

        lanes = [threading.Thread(target=work, args=(lane,)) for lane in range(3)]
        for lane in lanes:
            lane.start()
        wait_until(lambda: len(acknowledged) > 6 * (round + 1), 30, "some accounts")
        process.signal(signal.SIGKILL)
        process.exit_status()
        for lane in lanes:
            lane.join()
    process = begin(start, "monolith", tmp_path)
    for person in acknowledged:
        person.address = process.address
        answer = person.ask("GET", f"/api/profiles/{person.id}")
        assert answer.status == 200, person.email
        assert person.ask("GET", "/api/auth/session").status == 200
    assert sound(tmp_path, "monolith")


def test_a_full_disk_is_said_to_be_full_and_nothing_is_half_written(start, tmp_path):
    disk = tmp_path / "monolith"
    disk.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("a small disk can only be made by root, where mounting is allowed")
    try:
        process = begin(start, "monolith", tmp_path)
        person = estate.Person(process.address).sign_up()
        # Noise: pictures that do not shrink.
        noise = [png(700, 500, shade) + os.urandom(700_000) for shade in range(12)]
        answers = [person.ask("POST", "/api/images", data, {"Content-Type": "image/png"}) for data in noise]
        assert answers[0].status == 201
        refused = [answer for answer in answers if answer.status != 201]
        assert refused and all(answer.status == 507 for answer in refused), [answer.status for answer in answers]
        assert refused[0].json()["code"] == "storage_full"
        stored = [answer.json()["id"] for answer in answers if answer.status == 201]
        gallery = person.ask("GET", f"/api/profiles/{person.id}/images").json()["images"]
        assert sorted(image["id"] for image in gallery) == sorted(stored)
        for image in stored:
            assert person.ask("GET", f"/api/images/{image}").status == 200
        process.signal(signal.SIGTERM)
        assert process.exit_status() == 0
        assert sound(tmp_path, "monolith")
    finally:
        subprocess.run(["umount", "-l", disk], check=False)


def test_a_login_flood_is_bounded_and_answers_every_request(start, tmp_path):
    process = begin(start, "auth", tmp_path)
    before = process.resident()
    statuses = []

    def knock(lane):
        person = estate.Person(process.address, f"nobody-{lane}@example.org")
        for _ in range(6):
            statuses.append(person.ask("POST", "/api/auth/login", {"email": person.email, "password": "wrong password"}).status)

    lanes = [threading.Thread(target=knock, args=(lane,)) for lane in range(12)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    assert len(statuses) == 72 and set(statuses) <= {401, 429, 503}
    # 19 MiB a hash, two at once for each core, and the allocator's slack.
    assert process.resident() - before < (2 * os.cpu_count() + 2) * 20 * 2**20


@pytest.mark.parametrize("way", ["status", "header", "body-value", "missing-field", "extra-field", "type", "delay"])
def test_a_debug_build_can_be_made_wrong_on_purpose(start, tmp_path, way):
    if BIN.name != "debug":
        pytest.skip("a release build cannot be made wrong")
    person = account(start, tmp_path)
    right = begin(start, "profile", tmp_path)
    good = web.request(right.address, "GET", f"/api/profiles/{person.id}", None, {"Authorization": f"Bearer {person.token}"})
    right.signal(signal.SIGTERM)
    right.exit_status()
    wrong = begin(start, "profile", tmp_path, env={"PIXELPULSE_WRONG": way})
    bad = web.request(wrong.address, "GET", f"/api/profiles/{person.id}", None, {"Authorization": f"Bearer {person.token}"})
    assert good.status == 200
    changed = {"status": bad.status != good.status, "header": bad.headers.get("x-wrong") == "1", "delay": bad.body == good.body}
    assert changed.get(way, bad.body != good.body)
