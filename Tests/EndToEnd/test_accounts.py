"""Log-ins, cookies, secrets and metrics, as they are from outside: behind a router, at real processes."""
import base64
import collections
import concurrent.futures
import hashlib
import hmac
import json
import math
import time

import pytest

import estate
import web
from processes import run, wait_until

WRONG = "wrong horse battery staple"


@pytest.fixture(params=["pixelpulse-monolith", "pixelpulse-auth"])
def accounts(request, start, tmp_path):
    """A process that checks passwords."""
    return start(request.param, "--listen", "127.0.0.1:0", "--data", tmp_path / "data").ready()


def behind(router, process, **more):
    return router({
        "upstreams": {"accounts": {"endpoints": [process.address]}},
        "routes": [{"id": "default", "match": {"prefix": "/"}, "legacy": "accounts"}], **more})


def log_in(address, email, password, headers=None):
    return web.request(address, "POST", "/api/auth/login", {"email": email, "password": password}, headers, timeout=60)


def test_a_hundred_and_twenty_guesses_at_once_are_five_and_lock_nobody_out(accounts, router):
    # Two addresses of one machine: the router tells which client is which.
    front = behind(router, accounts, trustedPeers=["127.0.0.1/32"]).address
    person = estate.Person(front).sign_up()
    stranger = {"X-Forwarded-For": "198.51.100.66"}
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(60) as pool:
        answers = list(pool.map(lambda _: log_in(front, person.email, WRONG, stranger).status, range(120)))
    # After the fifth, one more each time that a wait of 1, 2, 4, … seconds is over; its seconds are those of the clock.
    more = int(math.log2(time.monotonic() - began + 2))
    counted = collections.Counter(answers)
    assert 5 <= counted[401] <= 5 + more and counted[401] + counted[429] == 120, counted

    # Longer than the next request can take: the first wait may end with the clock's second.
    def is_refused_for_long():
        refused = log_in(front, person.email, WRONG, stranger)
        return refused.status == 429 and int(refused.headers["Retry-After"]) >= 3
    wait_until(is_refused_for_long, seconds=30, what="a wait that is not about to end")
    refused = log_in(front, person.email, estate.PASSWORD, stranger)
    assert refused.status == 429 and int(refused.headers["Retry-After"]) >= 1
    assert log_in(front, person.email, estate.PASSWORD, {"X-Forwarded-For": "203.0.113.5"}).status == 200


def test_a_device_that_was_here_enters_past_guesses_from_its_own_address(accounts):
    made = web.request(accounts.address, "POST", "/api/auth/signup", {"email": "ada@example.org", "password": estate.PASSWORD})
    device = next(line for line in made.headers.get_all("Set-Cookie") if line.startswith("pp_device=")).split(";")[0]
    for _ in range(8):
        log_in(accounts.address, "ada@example.org", WRONG)
    assert log_in(accounts.address, "ada@example.org", estate.PASSWORD).status == 429
    assert log_in(accounts.address, "ada@example.org", estate.PASSWORD, {"Cookie": device}).status == 200
    # It is no session, and good for nobody else.
    assert web.request(accounts.address, "GET", "/api/auth/session", headers={"Cookie": device.replace("pp_device", "pp_session")}).status == 401
    assert log_in(accounts.address, "bob@example.org", WRONG, {"Cookie": device}).status in (401, 429)


def test_cookies_are_secure_where_the_terminator_says_https(accounts, router):
    front = behind(router, accounts, trustedPeers=["127.0.0.1/32"]).address
    person = estate.Person(front).sign_up()
    for scheme in ("https", "http"):
        answer = log_in(front, person.email, estate.PASSWORD, {"X-Forwarded-Proto": scheme})
        cookies = [line for line in answer.headers.get_all("Set-Cookie") if line.startswith("pp_")]
        assert len(cookies) == 2 and all(("; Secure" in line) == (scheme == "https") for line in cookies), cookies


def test_no_time_in_a_signed_token_ends_the_process(accounts, tmp_path):
    person = estate.Person(accounts.address).sign_up()
    key = bytes.fromhex((tmp_path / "token.key").read_text().strip())
    claims = json.loads(base64.urlsafe_b64decode(person.token.split(".")[1] + "=="))
    for issued, expires in [(0, 2**63 - 1), (-2**63, 2**63 - 1), (0, 2**53), (0, 253402300800), (-1, 2**40)]:
        payload = json.dumps({**claims, "iat": issued, "exp": expires}).encode()
        text = person.token.split(".")[0] + "." + base64.urlsafe_b64encode(payload).decode().rstrip("=")
        sign = base64.urlsafe_b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode().rstrip("=")
        for method, path in [("GET", "/api/auth/session"), ("POST", "/api/auth/logout")]:
            answer = web.request(accounts.address, method, path, headers={"Authorization": f"Bearer {text}.{sign}"})
            assert answer.status == 401, (issued, expires, answer)
    assert person.ask("GET", "/api/auth/session").status == 200


def test_a_name_in_a_token_is_never_longer_than_a_cookie(accounts):
    for name in ("e" + "\u0301" * 4000, ("e" + "\u0301" * 40) * 80):
        body = {"email": "ada@example.org", "password": estate.PASSWORD, "display_name": name}
        answer = web.request(accounts.address, "POST", "/api/auth/signup", body)
        assert answer.status == 422 and answer.json()["field"] == "display_name" and "320 bytes" in answer.json()["detail"]


def test_what_a_process_counts_is_not_shown_through_the_default_route(accounts, router):
    front = behind(router, accounts).address
    assert web.request(accounts.address, "GET", "/metrics").status == 200
    for path in ("/metrics", "/metrics?x=1", "/./metrics", "/%6detrics"):
        answer = web.request(front, "GET", path)
        assert answer.status == 404 and "origin" not in answer.json(), answer


@pytest.mark.parametrize("where", ["tokenFile", "secretFile"])
def test_a_secret_that_others_can_read_or_guess_is_refused(tmp_path, where, upstream):
    secret, file = tmp_path / "secret", tmp_path / "routes.json"
    side = upstream("monolith")
    document = {
        "version": 1, "listen": ["127.0.0.1:0"], "upstreams": {"a": {"endpoints": [side.address]}},
        "contexts": {"all": {"keys": ["client-ip"], "mode": "stateless"}},
        "routes": [{"id": "r", "match": {"prefix": "/"}, "legacy": "a", "service": "a", "context": "all"}]}
    if where == "tokenFile":
        document["admin"] = {"listen": "127.0.0.1:0", "tokenFile": "secret"}
    else:
        document["routes"][0]["override"] = {"header": "x-side", "secretFile": "secret"}
    file.write_text(json.dumps(document))
    for text, mode, word in (("x" * 32, 0o644, f"run: chmod 600 '{secret}'"), ("x" * 32, 0o640, "chmod 600"), ("short", 0o600, "at least 16 bytes")):
        secret.write_text(text + "\n")
        secret.chmod(mode)
        result = run("strangler-router", "--config", file)
        assert result.returncode == 78 and where in result.stderr and word in result.stderr, result
