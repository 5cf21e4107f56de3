"""The page, in a real browser, by real clicks, through the router."""
import os

import pytest

import browser
import estate
import web
from conftest import ARTIFACTS
from pictures import png
from processes import wait_until

ENTER, TAB = "\ue007", "\ue004"


@pytest.fixture
def chromium(tmp_path):
    if reason := browser.missing():
        pytest.skip(reason)
    opened = browser.Browser(tmp_path / "chromedriver.log")
    yield opened
    opened.close()


@pytest.fixture
def site(start, router, tmp_path):
    """The address of the page, behind a router that tells which side served."""
    monolith = start("pixelpulse-monolith", "--listen", "127.0.0.1:0", "--data", tmp_path / "monolith").ready()
    return router(estate.routes(monolith) | {"expose": True}).address


@pytest.fixture
def page(chromium, site):
    chromium.open(f"http://{site}/")
    return chromium


def enter(page, email, name=None, password=estate.PASSWORD):
    """By the form that is chosen."""
    page.fill("#email", email)
    page.fill("#password", password)
    if name:
        page.fill("#name", name)
    page.click("#submit-enter")
    page.shown("#studio")


def upload(page, file):
    page.type("#file", file)
    page.click("#submit-upload")
    page.shown("#editor")
    wait_until(lambda: "Uploaded" in page.text("#notice"), what="the word that the picture is there")


def picture(tmp_path, width=320, height=200, name="picture.png"):
    file = tmp_path / name
    file.write_bytes(png(width, height))
    return file


def image_requests(page):
    """Paths of pictures that the page asked for."""
    return page.script("return performance.getEntriesByType('resource').map(e => new URL(e.name).pathname).filter(p => p.startsWith('/api/images'))")


def in_sight(page, css):
    return page.script("const r = document.querySelector(arguments[0]).getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight && r.height > 0", css)


def width_of(page, css):
    return page.script("return document.querySelector(arguments[0])?.naturalWidth", css)


def test_a_person_signs_up_uploads_filters_and_finds_it_in_the_gallery(page, site, tmp_path):
    page.type("#email", "ada@example.org")
    page.type("#password", "short")
    page.click("#submit-enter")
    wait_until(lambda: page.text("#notice"), what="the refusal of a short password")
    assert page.focus() == "password"
    enter(page, "ada@example.org", "Ada")
    wait_until(lambda: page.text("#who") == "Ada", what="the name of the person who signed up")

    upload(page, picture(tmp_path))
    wait_until(lambda: width_of(page, "#original") == 320, what="the picture on the page")
    page.click("#filter option[value='sepia']")
    page.click("#submit-apply")
    wait_until(lambda: "done" in page.text("#job"), 30, "the job to be done")
    wait_until(lambda: width_of(page, "#result") == 320, what="the filtered picture")
    wait_until(lambda: page.text("#gallery li") == "sepia", what="the gallery")

    # A reload keeps the session; leaving ends it.
    page.open(f"http://{site}/")
    wait_until(lambda: page.text("#who") == "Ada", what="the session after a reload")
    page.click("#logout")
    page.shown("#welcome")
    # A thumbnail that was asked for before it was made is the one thing that may be missing.
    assert [text for text in page.complaints() if "thumbnail" not in text] == []


def test_a_first_visit_is_refused_nothing(page):
    page.shown("#welcome")
    assert page.complaints() == []
    assert page.script("return performance.getEntriesByType('resource').filter(e => e.name.includes('/api/')).length") == 0


def test_the_next_person_sees_nothing_of_the_one_before(page, tmp_path):
    enter(page, "ada@example.org", "Ada")
    upload(page, picture(tmp_path))
    page.fill("#profile-bio", "secrets of Ada")
    page.click("#submit-profile")
    wait_until(lambda: "saved" in page.text("#notice"), what="the profile to be saved")
    # A response for Ada that comes when she has left: held back until somebody else is here.
    page.script("""
        const real = window.fetch;
        window.fetch = (path, ...rest) => path.includes('/images?') ? new Promise((resolve) => {
            window.release = () => { window.fetch = real; real(path, ...rest).then(resolve); } }) : real(path, ...rest);
        loadGallery(visit).catch((error) => { window.late = error.constructor.name; });""")
    held = page.script("return fetch === window.fetch")
    assert held
    page.click("#logout")
    page.shown("#welcome")
    left = page.script("return document.body.innerHTML + [...document.querySelectorAll('input, textarea')].map(i => i.value).join()")
    assert "Ada" not in left and "ada@" not in left and "/api/images" not in left and "blob:" not in left
    page.click("#choose-signup")
    page.script("const release = window.release; window.fetch = ((real) => real)(window.fetch); window.kept = release")
    page.fill("#email", "bob@example.org")
    page.fill("#password", estate.PASSWORD)
    page.script("window.kept()")
    page.click("#submit-enter")
    wait_until(lambda: page.text("#who") == "bob", what="the next person")
    wait_until(lambda: page.script("return window.late") == "Late", what="the late answer to be dropped")
    page.shown("#gallery-empty")
    assert page.script("return document.querySelectorAll('#gallery li').length") == 0
    assert page.script("return document.querySelector('#profile-bio').value") == ""
    assert page.script("return document.querySelector('#editor').hidden")


def test_a_session_that_ended_leads_to_the_log_in_and_back(page, site):
    enter(page, "ada@example.org", "Ada")
    wait_until(lambda: page.script("return document.querySelector('#profile-name').value") == "Ada", what="the profile")
    page.fill("#profile-bio", "typed for a long time")
    web.request(site, "POST", "/api/auth/logout", headers={"Authorization": f"Bearer {page.cookie('pp_session')}"})
    page.click("#submit-profile")
    page.shown("#welcome")
    assert "session has ended" in page.text("#notice")
    assert page.script("return document.querySelector('#email').value") == "ada@example.org"
    assert page.focus() == "password"
    page.type("#password", estate.PASSWORD + ENTER)
    page.shown("#studio")
    wait_until(lambda: page.script("return document.querySelector('#profile-bio').value") == "typed for a long time", what="what was typed")


def test_what_happened_is_in_sight_and_the_focus_stays(page, tmp_path):
    enter(page, "ada@example.org", "Ada")
    assert page.focus() == "upload-title"
    for number in range(3):
        upload(page, picture(tmp_path, 64, 48, f"{number}.png"))
    page.script("document.querySelector('#submit-profile').focus(); scrollTo(0, document.body.scrollHeight)")
    page.press(ENTER)
    wait_until(lambda: "saved" in page.text("#notice"), what="the profile to be saved")
    assert in_sight(page, "#notice")
    assert page.focus() == "submit-profile"
    page.fill("#profile-name", "A\u200bda")
    page.click("#submit-profile")
    wait_until(lambda: "invisible" in page.text("#notice"), what="the refusal")
    assert in_sight(page, "#notice") and page.focus() == "profile-name"
    # A tile keeps it while the gallery is read anew.
    page.script("document.querySelectorAll('#gallery button')[1].focus(); window.tile = document.activeElement; return loadGallery(visit)")
    assert page.script("return document.activeElement === window.tile")
    # Opening one leads to the editor.
    page.press(ENTER)
    assert page.focus() == "editor-title"
    page.script("document.querySelector('#submit-apply').focus()")
    page.press(ENTER)
    wait_until(lambda: "done" in page.text("#job"), 30, "the job to be done")
    assert page.focus() == "submit-apply"


def test_a_file_is_looked_at_before_it_is_sent(page, tmp_path):
    enter(page, "ada@example.org", "Ada")
    large, other = tmp_path / "large.jpg", tmp_path / "other.png"
    large.write_bytes(b"\xff\xd8\xff" + bytes(16 << 20))
    other.write_bytes(b"GIF89a" + bytes(100))
    for file, word in ((large, "large.jpg has 16.0 MiB"), (other, "neither a PNG nor a JPEG")):
        page.type("#file", file)
        page.click("#submit-upload")
        wait_until(lambda: word in page.text("#notice"), what=word)
        page.script("document.querySelector('#upload').reset()")
    assert image_requests(page) == []


def test_an_upload_shows_how_far_it_is_and_can_be_cancelled(page, tmp_path):
    enter(page, "ada@example.org", "Ada")
    noise = tmp_path / "noise.jpg"
    noise.write_bytes(b"\xff\xd8\xff" + os.urandom(3 << 20))
    page.devtools("Network.enable")
    page.devtools("Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=-1, uploadThroughput=300_000)
    page.type("#file", noise)
    page.click("#submit-upload")
    page.shown("#sending")
    wait_until(lambda: 0 < page.script("return document.querySelector('#sent').value") < 1, what="progress")
    wait_until(lambda: "of 3.0 MiB" in page.text("#sent-text"), what="progress in words")
    page.click("#cancel-upload")
    wait_until(lambda: "cancelled" in page.text("#notice"), what="the end of the upload")
    assert page.script("return document.querySelector('#sending').hidden") and page.focus() == "submit-upload"


def test_pictures_are_dropped_anywhere_on_the_page(page, tmp_path):
    enter(page, "ada@example.org", "Ada")
    picture_bytes = list(png(40, 30))
    page.script("""
        const dataTransfer = new DataTransfer();
        for (const name of ['one.png', 'two.png']) dataTransfer.items.add(new File([new Uint8Array(arguments[0])], name, { type: 'image/png' }));
        const place = document.querySelector('footer');
        const over = new DragEvent('dragover', { dataTransfer, bubbles: true, cancelable: true });
        place.dispatchEvent(over);
        window.taken = over.defaultPrevented && document.body.classList.contains('dragging');
        place.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));""", picture_bytes)
    assert page.script("return window.taken")
    wait_until(lambda: page.script("return document.querySelectorAll('#gallery li').length") == 2, what="both pictures in the gallery")


def test_the_gallery_shows_thumbnails_and_never_the_originals(page, site, tmp_path):
    enter(page, "ada@example.org", "Ada")
    upload(page, picture(tmp_path, 1200, 900))
    page.click("#filter option[value='sepia']")
    page.click("#submit-apply")
    wait_until(lambda: "done" in page.text("#job"), 30, "the job to be done")
    upload(page, picture(tmp_path, 1000, 1400, "second.png"))
    page.open(f"http://{site}/")
    wait_until(lambda: page.script("return document.querySelectorAll('#gallery li').length") == 2, what="the gallery")
    for tile in ("#gallery li:nth-child(1) img", "#gallery li:nth-child(2) img"):
        wait_until(lambda: 0 < (width_of(page, tile) or 0) <= 320, 30, f"the thumbnail {tile}")
    assert {path.rsplit("/", 1)[1] for path in image_requests(page)} == {"thumbnail"}


@pytest.mark.parametrize("name", ["W" * 80, "\u0639" * 80, "\U0001f469\u200d\U0001f680" * 20])
def test_a_long_name_does_not_break_the_phone(page, name):
    page.phone(320, 640)
    enter(page, "ada@example.org")
    wait_until(lambda: page.script("return document.querySelector('#profile-name').value") == "ada", what="the profile")
    page.script("document.querySelector('#profile-name').value = arguments[0]", name)
    page.click("#submit-profile")
    wait_until(lambda: "saved" in page.text("#notice"), what="the profile to be saved")
    assert page.script("return document.querySelector('#who').textContent") == name
    assert page.script("return document.documentElement.scrollWidth") <= 320
    assert page.script("return document.querySelector('#logout').getBoundingClientRect().right") <= 320


def test_the_badge_tells_which_side_served_and_the_page_is_shown(page, tmp_path):
    enter(page, "ada@example.org", "Ada Lovelace")
    wait_until(lambda: page.text("#side") == "legacy", what="the side that served")
    for number, (width, height) in enumerate([(320, 200), (200, 320), (300, 300)]):
        upload(page, picture(tmp_path, width, height, f"{number}.png"))
    page.click("#filter option[value='aesthetic']")
    page.click("#submit-apply")
    wait_until(lambda: "done" in page.text("#job"), 30, "the job to be done")
    wait_until(lambda: width_of(page, "#result"), what="the filtered picture")
    page.script("scrollTo(0, 0)")
    page.screenshot(ARTIFACTS / "page-desktop.png")
    page.phone()
    page.screenshot(ARTIFACTS / "page-phone.png")
    assert page.script("return document.documentElement.scrollWidth") <= 390
    for shot in ("page-desktop.png", "page-phone.png"):
        assert (ARTIFACTS / shot).stat().st_size > 10_000
