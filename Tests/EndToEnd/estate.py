"""PixelPulse as processes: the monolith, its services, and a person who uses its API."""
import itertools
import json

import web
from pictures import png
from processes import wait_until

PASSWORD = "correct horse battery staple"
_numbers = itertools.count()


class Person:
    """Somebody with an account; speaks to `address`, which may change under way."""

    def __init__(self, address, email=None):
        self.address, self.email = address, email or f"person-{next(_numbers)}@example.org"
        self.token = self.id = None

    def ask(self, method, path, body=None, headers=None, timeout=30):
        headers = dict(headers or {})
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return web.request(self.address, method, path, body, headers, timeout)

    def sign_up(self):
        return self._enter(self.ask("POST", "/api/auth/signup", {"email": self.email, "password": PASSWORD}), 201)

    def log_in(self):
        return self._enter(self.ask("POST", "/api/auth/login", {"email": self.email, "password": PASSWORD}), 200)

    def _enter(self, answer, status):
        assert answer.status == status, answer
        self.token, self.id = answer.json()["token"], answer.json()["user"]["id"]
        return self

    def upload(self, picture=None):
        answer = self.ask("POST", "/api/images", picture or png(), {"Content-Type": "image/png"})
        assert answer.status == 201, answer
        return answer.json()["id"]

    def start_job(self, image, filter="aesthetic"):
        answer = self.ask("POST", f"/api/images/{image}/jobs", {"filter": filter})
        assert answer.status == 202, answer
        return answer.json()["id"]

    def job(self, job):
        answer = self.ask("GET", f"/api/jobs/{job}")
        assert answer.status == 200, answer
        return answer.json()

    def finished(self, job, seconds=60):
        return wait_until(lambda: (found := self.job(job))["state"] in ("done", "failed") and found, seconds, f"job {job} to end")

    def result(self, image):
        answer = self.ask("GET", f"/api/images/{image}/result")
        assert answer.status == 200, answer
        return answer.body


def routes(monolith, profile=None, auth=None, filter=None, percent=0):
    """routes.json for PixelPulse: reads of profiles on two sides when there is a profile service."""
    document = {
        "upstreams": {"monolith": {"endpoints": [monolith.address], "health": {"path": "/healthz"}}},
        "contexts": {"profile": {"keys": ["path:id", "jwt:sub", "cookie:strangler_id"], "mode": "reads"}},
        "routes": [{"id": "default", "match": {"prefix": "/"}, "legacy": "monolith"}],
    }
    if profile:
        document["upstreams"]["profile"] = {"endpoints": [profile.address], "health": {"path": "/healthz"}}
        document["routes"].insert(0, {
            "id": "profile", "match": {"template": "/api/profiles/{id}", "methods": ["GET", "HEAD"]},
            "legacy": "monolith", "service": "profile", "context": "profile", "percent": percent})
    return document


def tables(*names):
    """Tables of data.json; the profile service keeps profiles in a form of its own."""
    return [PROFILES if name == "profiles" else {"name": name} for name in names]


PROFILES = {
    "name": "profiles",
    "columns": {"user_id": "user_id", "display_name": "name", "bio": "bio", "links": "links", "avatar_image_id": "avatar_image_id"},
    "map": [{
        "to": {to: f"CAST(strftime('%s', {at}) AS INTEGER) * 1000 + CAST(substr({at}, 21, 3) AS INTEGER)"},
        "back": {at: f"strftime('%Y-%m-%dT%H:%M:%S', {to} / 1000, 'unixepoch') || printf('.%03dZ', {to} % 1000)"},
    } for at, to in (("created_at", "created_ms"), ("updated_at", "updated_ms"))],
}
