"""kill -9 of each process of PixelPulse: what was acknowledged is there again."""
import os
import signal
import sqlite3

import pytest

import estate
import web
from pictures import has_pixels_other_than, png
from processes import wait_until


@pytest.fixture
def begin(start, tmp_path):
    """begin(NAME): a process of PixelPulse on its data folder; the same folder every time."""
    def one(name, *arguments):
        process = start(f"pixelpulse-{name}", "--listen", "127.0.0.1:0", "--data", tmp_path / name, *arguments).ready()
        process.data = tmp_path / name
        return process
    return one


def store_is_sound(folder):
    for file in folder.glob("*.db"):
        with sqlite3.connect(file) as store:
            assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)], file


def test_the_monolith_keeps_what_it_acknowledged(begin):
    monolith = begin("monolith")
    for _ in range(3):
        person = estate.Person(monolith.address).sign_up()
        image = person.upload(png(64, 48, shade=40))
        job = person.start_job(image, "sepia")
        monolith.kill()
        store_is_sound(monolith.data)
        monolith = begin("monolith")
        person.address = monolith.address
        assert person.finished(job)["state"] == "done"
        assert has_pixels_other_than(person.result(image), png(64, 48, shade=40))
        assert estate.Person(monolith.address, person.email).log_in().id == person.id


def test_a_killed_monolith_behind_the_router_is_answered_for_and_taken_up_again(begin, router):
    monolith = begin("monolith")
    running = router(estate.routes(monolith))
    person = estate.Person(running.address).sign_up()
    monolith.kill()
    answer = person.ask("GET", f"/api/profiles/{person.id}")
    assert answer.status in (502, 503) and answer.json()["origin"] == "router"
    again = begin("monolith")
    document = running.document()
    document["upstreams"]["monolith"]["endpoints"] = [again.address]
    running.write(document)
    running.reload()
    wait_until(lambda: person.ask("GET", f"/api/profiles/{person.id}").status == 200, what="the monolith behind the router")


def test_a_killed_worker_has_its_job_run_again_and_its_result_appears_once(begin):
    monolith = begin("monolith")
    service = begin("filter", "--owner", f"http://{monolith.address}", "--workers", 2)
    person = estate.Person(monolith.address).sign_up()
    person.address = service.address
    image = person.upload(png(1200, 900))
    jobs = [person.start_job(image, "aesthetic") for _ in range(6)]
    for _ in range(3):
        workers = wait_until(service.children, what="worker processes")
        os.kill(workers[0], signal.SIGKILL)
        wait_until(lambda: workers[0] not in service.children(), what="the end of the worker")
    ended = [person.finished(job, 90) for job in jobs]
    assert {job["state"] for job in ended} == {"done"}
    results = {person.ask("GET", f"/api/images/{image}/result?job={job}").body for job in jobs}
    assert len(results) == 1, "the same filter on the same picture gave different results"
    service.kill()
    store_is_sound(service.data)


def test_the_filter_service_keeps_every_accepted_job_over_its_own_death(begin):
    monolith = begin("monolith")
    owner = ("--owner", f"http://{monolith.address}", "--workers", 2)
    person = estate.Person(monolith.address).sign_up()
    service = begin("filter", *owner)
    person.address = service.address
    image = person.upload(png(800, 600))
    jobs = []
    for _ in range(3):
        jobs += [person.start_job(image, "blur") for _ in range(3)]
        service.kill()
        store_is_sound(service.data)
        service = begin("filter", *owner)
        person.address = service.address
    assert {person.finished(job, 90)["state"] for job in jobs} == {"done"}


def test_workers_give_back_or_finish_their_jobs_on_sigterm(begin):
    monolith = begin("monolith")
    owner = ("--owner", f"http://{monolith.address}", "--workers", 1)
    person = estate.Person(monolith.address).sign_up()
    service = begin("filter", *owner)
    person.address = service.address
    image = person.upload(png(1200, 900))
    jobs = [person.start_job(image, "aesthetic") for _ in range(4)]
    service.signal(signal.SIGTERM)
    assert service.exit_status(15) == 0
    service = begin("filter", *owner)
    person.address = service.address
    assert {person.finished(job, 60)["state"] for job in jobs} == {"done"}


@pytest.mark.parametrize("name", ["auth", "profile", "filter"])
def test_a_killed_service_starts_again_on_a_sound_store(begin, name):
    for _ in range(3):
        service = begin(name)
        assert web.request(service.address, "GET", "/healthz").status == 200
        service.kill()
        store_is_sound(service.data)
    assert web.request(begin(name).address, "GET", "/readyz").status == 200
