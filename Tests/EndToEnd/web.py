"""A small HTTP/1.1 client and a scriptable upstream, on plain sockets: tests see, and send, every byte."""
import http.client
import json
import socket
import threading


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {dict(self.headers)} {self.body[:300]!r}>"


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=15):
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def connection(address, timeout=15):
    """A keep-alive connection to "HOST:PORT", or to a path of a unix socket."""
    if "/" in str(address):
        return UnixConnection(address, timeout)
    host, port = str(address).rsplit(":", 1)
    return http.client.HTTPConnection(host, int(port), timeout=timeout)


def request(where, method="GET", path="/", body=None, headers=None, timeout=15):
    """One exchange; `where` is an address, or a connection that stays open."""
    own = isinstance(where, (str, bytes)) or hasattr(where, "__fspath__")
    link = connection(where, timeout) if own else where
    headers = dict(headers or {})
    if isinstance(body, (dict, list)):
        body = json.dumps(body).encode()
        headers.setdefault("Content-Type", "application/json")
    try:
        link.request(method, path, body=body, headers=headers)
        answer = link.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        if own:
            link.close()


def raw(address, data, seconds=3, half_close=False):
    """Sends bytes as they are, and returns everything that comes back until the peer closes or is silent for `seconds`."""
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=5) as link:
        got = b""
        try:
            link.sendall(data)
            if half_close:
                link.shutdown(socket.SHUT_WR)
            link.settimeout(seconds)
            while chunk := link.recv(65536):
                got += chunk
        except (TimeoutError, ConnectionError):
            pass
        return got


def read_head(link, kept=b""):
    """Bytes up to the empty line, and what was read beyond it."""
    while b"\r\n\r\n" not in kept:
        more = link.recv(65536)
        if not more:
            raise ConnectionError("closed inside a head")
        kept += more
    head, rest = kept.split(b"\r\n\r\n", 1)
    return head + b"\r\n\r\n", rest


class Seen:
    """One request as an upstream saw it."""

    def __init__(self, head, body):
        self.head, self.body = head, body
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.path, self.version = lines[0].split(" ", 2)
        self.fields = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:] if line]

    def __getitem__(self, name):
        return next((value for key, value in self.fields if key.lower() == name.lower()), None)

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]


class Upstream:
    """An upstream under the test's control: one thread per connection, keep-alive, every request kept.

    `answer(seen)` returns bytes to send whole, `None` to close without a word, or a function that is given the socket and does
    as it likes (returning True keeps the connection).
    """

    def __init__(self, name="upstream", answer=None, port=0):
        self.name, self.seen, self._links = name, [], set()
        self.answer = answer or (lambda seen: self.ok(name))
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", port), backlog=512)
        self.port = self._listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self._open = True
        threading.Thread(target=self._accept, daemon=True).start()

    @staticmethod
    def ok(body, status="200 OK", headers=()):
        body = body.encode() if isinstance(body, str) else body
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def _accept(self):
        while self._open:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._links.add(link)
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link):
        rest = b""
        try:
            while True:
                head, rest = read_head(link, rest)
                body, rest = self._body(link, head, rest)
                seen = Seen(head[:-4], body)
                if seen.path == "/healthz":
                    link.sendall(self.ok("ok"))
                    continue
                with self._lock:
                    self.seen.append(seen)
                answer = self.answer(seen)
                if answer is None:
                    return
                if callable(answer):
                    if not answer(link):
                        return
                elif seen.method == "HEAD":
                    link.sendall(answer.split(b"\r\n\r\n", 1)[0] + b"\r\n\r\n")
                else:
                    link.sendall(answer)
        except (OSError, ConnectionError, ValueError):
            pass
        finally:
            with self._lock:
                self._links.discard(link)
            link.close()

    @staticmethod
    def _body(link, head, rest):
        fields = {line.split(b":", 1)[0].lower(): line.split(b":", 1)[1].strip() for line in head.split(b"\r\n")[1:] if b":" in line}
        if b"chunked" in fields.get(b"transfer-encoding", b"").lower():
            body = b""
            while True:
                while b"\r\n" not in rest:
                    rest += Upstream._more(link)
                line, rest = rest.split(b"\r\n", 1)
                size = int(line.split(b";")[0], 16)
                while len(rest) < size + 2:
                    rest += Upstream._more(link)
                body, rest = body + rest[:size], rest[size + 2:]
                if size == 0:
                    return body, rest
        length = int(fields.get(b"content-length", b"0"))
        while len(rest) < length:
            rest += Upstream._more(link)
        return rest[:length], rest[length:]

    @staticmethod
    def _more(link):
        more = link.recv(262144)
        if not more:
            raise ConnectionError("closed inside a body")
        return more

    def paths(self):
        with self._lock:
            return [seen.path for seen in self.seen]

    def close(self):
        """Stops listening and cuts every connection."""
        self._open = False
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        with self._lock:
            for link in self._links:
                try:
                    link.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
