"""The page, in a real browser, by real clicks, through the router."""
import pytest

import browser
import estate
from conftest import ARTIFACTS
from pictures import png
from processes import wait_until


@pytest.fixture
def chromium(tmp_path):
    if reason := browser.missing():
        pytest.skip(reason)
    opened = browser.Browser(tmp_path / "chromedriver.log")
    yield opened
    opened.close()


def test_a_person_signs_up_uploads_filters_and_finds_it_in_the_gallery(chromium, start, router, tmp_path):
    monolith = start("pixelpulse-monolith", "--listen", "127.0.0.1:0", "--data", tmp_path / "monolith").ready()
    running = router(estate.routes(monolith))
    picture = tmp_path / "picture.png"
    picture.write_bytes(png(320, 200))
    page = chromium
    page.open(f"http://{running.address}/")

    page.type("#email", "ada@example.org")
    page.type("#password", "short")
    page.click("#submit-enter")
    wait_until(lambda: page.text("#notice"), what="the refusal of a short password")
    page.type("#password", estate.PASSWORD)
    page.type("#name", "Ada")
    page.click("#submit-enter")
    wait_until(lambda: page.text("#who") == "Ada", what="the name of the person who signed up")

    page.type("#file", picture)
    page.click("#submit-upload")
    page.shown("#editor")
    wait_until(lambda: page.script("return document.querySelector('#original').naturalWidth") == 320, what="the picture on the page")
    page.click("#filter option[value='sepia']")
    page.click("#submit-apply")
    wait_until(lambda: "done" in page.text("#job"), 30, "the job to be done")
    wait_until(lambda: page.script("return document.querySelector('#result').naturalWidth") == 320, what="the filtered picture")
    wait_until(lambda: page.text("#gallery li") == "sepia", what="the gallery")
    wait_until(lambda: page.script("return document.querySelector('#gallery img').naturalWidth") == 320, what="the picture in the gallery")
    page.screenshot(ARTIFACTS / "page.png")

    # A reload keeps the session; leaving ends it.
    page.open(f"http://{running.address}/")
    wait_until(lambda: page.text("#who") == "Ada", what="the session after a reload")
    page.click("#logout")
    page.shown("#welcome")
    refused = [text for text in page.complaints() if "401" not in text and "422" not in text]
    assert refused == []
