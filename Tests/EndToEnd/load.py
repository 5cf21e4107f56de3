"""Steady load on keep-alive connections, every answer looked at."""
import threading
import time

import web


class Crowd:
    """Threads that go on until they are stopped: `with Crowd(work, each argument of the call for one thread):`."""

    def __init__(self, work, calls):
        self._stop, self._lock = threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=work, args=arguments, daemon=True) for arguments in calls]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(30)


class Load(Crowd):
    """`clients` threads, each on one connection, one request after another until stopped."""

    def __init__(self, address, clients=8, path="/api/profiles/1", expect=(200,)):
        self.address, self.path, self.expect = address, path, expect
        self.answers, self.failures, self.reconnects, self.slowest = 0, [], 0, 0.0
        super().__init__(self._client, ((number,) for number in range(clients)))

    def _client(self, number):
        link = None
        count = 0
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                if link is None:
                    link = web.connection(self.address, timeout=10)
                count += 1
                link.request("GET", self.path, headers={"X-User": f"user-{number}-{count}"})
                answer = link.getresponse()
                body = answer.read()
                good = answer.status in self.expect
                # http.client drops the connection when the response says close: an end that was announced, and still
                # one too many.
                if answer.will_close:
                    link.close()
                    link = None
                with self._lock:
                    self.answers += 1
                    self.reconnects += link is None
                    self.slowest = max(self.slowest, time.monotonic() - began)
                    if not good:
                        self.failures.append(f"{answer.status} {body[:200]!r}")
            except (OSError, EOFError, web.http.client.HTTPException) as error:
                link and link.close()
                link = None
                with self._lock:
                    self.failures.append(repr(error))
                if self._stop.wait(0.02):
                    return
        link and link.close()
