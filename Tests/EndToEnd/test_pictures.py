"""Pictures as attacks and as loads, on the monolith and on the filter service: what one upload, one reader or one account may cost."""
import socket
import threading
import time

import pytest

import estate
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
