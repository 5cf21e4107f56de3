"""Pictures as attacks and as loads, on the monolith and on the filter service: what one upload, one reader or one account may cost."""
import socket
import threading
import time

import pytest

import pictures
from processes import wait_until
from test_pixelpulse import account, begin

MIB = 2**20
SIDES = pytest.mark.parametrize("name", ["monolith", "filter"])


@pytest.fixture
def served(start, tmp_path):
    """Somebody with an account, and a process of that name."""
    def make(name, *arguments):
        person = account(start, tmp_path)
        process = begin(start, name, tmp_path, *arguments)
        person.address = process.address
        return person, process
    return make


def send(person, picture, kind="image/png"):
    begun = time.monotonic()
    answer = person.ask("POST", "/api/images", picture, {"Content-Type": kind}, timeout=60)
    return answer, time.monotonic() - begun


@SIDES
@pytest.mark.parametrize("picture, size, status", [
    pytest.param(lambda: pictures.claiming(0x7FFF_FFF0), 0, 422, id="49 bytes that claim 2 GiB"),
    pytest.param(lambda: pictures.claiming(0x7FFF_FFF0, b"IDAT"), 0, 422, id="data that claims 2 GiB"),
    pytest.param(lambda: pictures.inflating(400, 7_000_000), 4, 201, id="400 texts of 7 MB each"),
    pytest.param(lambda: pictures.jpeg_of_scans(4_000, 4_000, 499), 0, 422, id="499 scans"),
    pytest.param(lambda: pictures.jpeg_of_scans(2_000, 2_000, 50), 4 * 4_000_000, 201, id="50 scans"),
    pytest.param(lambda: pictures.plain(3_000, 2_000), 4 * 6_000_000, 201, id="6 million pixels"),
    pytest.param(lambda: pictures.plain(2_000, 2_000, 16, 1), 4 * 4_000_000, 201, id="16 bits, interlaced"),
    pytest.param(lambda: pictures.noise(2_000, 2_000), 4 * 4_000_000, 201, id="12 MB of noise"),
])
def test_an_upload_costs_four_times_its_pixels_at_most(served, name, picture, size, status):
    person, process = served(name)
    send(person, pictures.png(8, 8))
    data = picture()
    before = process.resident()
    process.forget_peak()
    answer, seconds = send(person, data)
    assert answer.status == status, answer
    cost = process.peak() - before
    print(f"{len(data)} bytes: {cost / MIB:.0f} MiB, {seconds:.1f} s")
    assert cost <= 4 * size + 32 * MIB
    assert seconds < 8


@SIDES
@pytest.mark.parametrize("data, kind", [
    (b"GIF89a" + bytes(40), "image/gif"), (b"GIF89a" + bytes(40), "image/png"), (b"GIF87a" + bytes(40), "application/octet-stream"),
    (b"RIFF\x20\0\0\0WEBPVP8 " + bytes(40), "image/webp"), (b"RIFF\x20\0\0\0WEBPVP8 " + bytes(40), "image/jpeg"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"), (b"hello", "image/png")])
def test_what_is_no_picture_here_is_told_what_is_accepted(served, name, data, kind):
    person, _ = served(name)
    answer, _ = send(person, data, kind)
    assert (answer.status, answer.json()["code"]) == (415, "unsupported_format")
    assert "PNG" in answer.json()["detail"] and "JPEG" in answer.json()["detail"]
    if data[:3] == b"GIF" and kind != "image/gif":
        assert "a GIF picture" in answer.json()["detail"]


@SIDES
def test_readers_that_stall_do_not_hold_the_picture(served, name):
    person, process = served(name)
    image = person.upload(pictures.noise(2_000, 2_000))
    before = process.resident()
    links = []
    try:
        for _ in range(60):
            link = socket.create_connection(("127.0.0.1", process.port))
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            link.sendall(f"GET /api/images/{image} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            links.append(link)
        for link in links:
            link.settimeout(30)
            assert link.recv(16).startswith(b"HTTP/1.1 200")
        # Somebody who reads is served meanwhile, and sees every byte.
        assert person.ask("GET", f"/api/images/{image}").headers["content-length"] == "12002983"
        cost = process.resident() - before
        print(f"60 stalled readers: {cost / MIB:.0f} MiB")
        assert cost < 32 * MIB
    finally:
        for link in links:
            link.close()


@SIDES
def test_slow_uploads_of_one_account_leave_room_for_everybody_else(served, name, start, tmp_path):
    person, process = served(name)
    other = account(start, tmp_path)
    other.address = process.address
    links = []
    try:
        statuses = []
        for _ in range(16):
            link = socket.create_connection(("127.0.0.1", process.port))
            link.sendall(f"POST /api/images HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {person.token}\r\nContent-Type: image/png\r\n"
                         "Content-Length: 1000000\r\nExpect: 100-continue\r\n\r\n".encode())
            link.settimeout(30)
            links.append(link)
            statuses.append(int(link.recv(4096)[9:12]))
        # An account has its share, and the rest of its uploads wait; nobody else's do.
        assert statuses == [100] * 6 + [429] * 10
        answer, seconds = send(other, pictures.png(8, 8))
        assert answer.status == 201
    finally:
        for link in links:
            link.close()
    wait_until(lambda: send(person, pictures.png(8, 8))[0].status == 201, what="a place for the account again")


@SIDES
def test_accounts_wait_for_one_job_of_each_other_and_not_for_all(served, name, start, tmp_path):
    person, process = served(name, *(("--jobs", 1) if name == "monolith" else ("--workers", 1)))
    other = account(start, tmp_path)
    other.address = process.address
    heavy = person.upload(pictures.png(400, 300))
    light = other.upload(pictures.png(8, 8))
    theirs = [person.start_job(heavy, "blur") for _ in range(16)]
    mine = other.finished(other.start_job(light, "sepia"))
    ended = [person.finished(job)["finished_at"] for job in theirs]
    meanwhile = [end for end in ended if mine["created_at"] < end <= mine["finished_at"]]
    later = [end for end in ended if end > mine["finished_at"]]
    print(f"of {len(ended)} jobs {len(meanwhile)} ended while the other account's one waited, {len(later)} after it")
    # The one that was being worked on, and perhaps one whose end falls into the same millisecond.
    assert len(meanwhile) <= 2 and len(later) >= 3
