"""An upstream that keeps every byte of what it receives, and answers as it is told; and how heads and bodies are read at either end."""
import re
import socket
import threading

LIMIT = 10
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Stream:
    """Bytes of a socket with those read too far."""

    def __init__(self, link):
        self.link, self.kept = link, b""
        link.settimeout(LIMIT)

    def more(self):
        got = self.link.recv(262144)
        if not got:
            raise EOFError
        self.kept += got

    def until(self, *ends):
        """Up to and with the first of `ends`."""
        while True:
            found = [(self.kept.index(end), end) for end in ends if end in self.kept]
            if found:
                at, end = min(found)
                return self.exactly(at + len(end))
            self.more()

    def exactly(self, count):
        while len(self.kept) < count:
            self.more()
        taken, self.kept = self.kept[:count], self.kept[count:]
        return taken

    def rest(self):
        """Everything until the end, and whether that was a reset."""
        try:
            while True:
                self.more()
        except EOFError:
            reset = False
        except ConnectionResetError:
            reset = True
        taken, self.kept = self.kept, b""
        return taken, reset


class Message:
    """A head and a body as they came: lines as bytes, the body without the layout of its chunks."""

    def __init__(self, head):
        self.head = head
        lines = re.split(rb"\r?\n", head.rstrip(b"\r\n"))
        self.start = lines[0]
        self.lines = []
        for line in lines[1:]:
            if line[:1] in b" \t" and self.lines:
                self.lines[-1] += b"\r\n" + line
            else:
                self.lines.append(line)
        self.body, self.extensions, self.trailers, self.ending = b"", [], [], ""

    def get(self, name):
        return [line.partition(b":")[2].strip().lower() for line in self.lines if line.partition(b":")[0].strip().lower() == name]

    def chunked(self):
        return any(b"chunked" in value for value in self.get(b"transfer-encoding"))

    def length(self):
        values = self.get(b"content-length")
        return int(values[0].split(b",")[0]) if values and values[0].split(b",")[0].strip().isdigit() else None

    def read_chunks(self, stream):
        while True:
            size, semicolon, extension = stream.until(b"\n").strip().partition(b";")
            if semicolon:
                self.extensions.append(extension.strip())
            count = int(size, 16)
            if not count:
                break
            self.body += stream.exactly(count)
            stream.until(b"\n")
        while line := stream.until(b"\n").rstrip(b"\r\n"):
            self.trailers.append(line)


def read_head(stream):
    """The next head; empty lines before it are passed over (RFC 9112 2.2)."""
    while not (line := stream.until(b"\n")).strip():
        pass
    stream.kept = line + stream.kept
    return Message(stream.until(b"\r\n\r\n", b"\n\n"))


def read_request(stream, interim):
    """The next request; `interim()` is called when the client waits for a 100."""
    request = read_head(stream)
    if b"100-continue" in request.get(b"expect"):
        interim()
    if request.chunked():
        request.read_chunks(stream)
    else:
        request.body = stream.exactly(request.length() or 0)
    return request


def read_answers(stream, method):
    """The heads of interim answers, and the final answer."""
    interim = []
    while True:
        answer = Message(stream.until(b"\r\n\r\n", b"\n\n"))
        status = re.match(rb"HTTP/1\.\d (\d+)", answer.start)
        code = int(status[1]) if status else 0
        if 100 <= code < 200 and code != 101:
            interim.append(answer)
            continue
        break
    if code == 101:
        answer.ending = "switched"
    elif method == b"HEAD" or code in (204, 304):
        pass
    elif answer.chunked():
        answer.read_chunks(stream)
    elif answer.length() is not None:
        answer.body = stream.exactly(answer.length())
    else:
        answer.body, reset = stream.rest()
        answer.ending = "reset" if reset else "end of connection"
    return interim, answer


class Recorder:
    """An upstream that keeps what it receives and answers as the case says.

    `answer`: bytes, or a function of the request that returns bytes; `early`: the answer goes out with the head of the request,
    before its body, which is read then, or never ("unread").
    A connection is kept as HTTP says, or closed after the answer where the answer has no other end (`closes`).
    """

    def __init__(self):
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.expect(OK)
        threading.Thread(target=self.accept, daemon=True).start()

    def expect(self, answer, closes=False, early=False):
        with self.lock:
            self.answer, self.closes, self.early = answer, closes, early
            self.seen, self.after, self.streams = [], 0, []

    def accept(self):
        number = 0
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            number += 1
            threading.Thread(target=self.serve, args=(link, number), daemon=True).start()

    def serve(self, link, number):
        stream = Stream(link)
        link.settimeout(None)
        try:
            while self.one(stream, link, number):
                pass
        except (OSError, EOFError, ValueError):
            pass
        finally:
            link.close()

    def one(self, stream, link, number):
        """One exchange; whether the connection stays."""
        def interim():
            link.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

        head = read_head(stream)
        stream.kept = head.head + stream.kept
        early = self.early and b" /after " not in head.start
        if early:
            if self.early == "unread":
                with self.lock:
                    self.seen.append(head)
            link.sendall(self.answer)
            if self.early == "unread":
                return False
        request = read_request(stream, bool if early else interim)
        request.connection = number
        if b" /after " in request.start:
            link.sendall(OK)
            return b"close" not in request.get(b"connection")
        with self.lock:
            self.seen.append(request)
            answer = self.answer(request) if callable(self.answer) else self.answer
        if not early:
            link.sendall(answer.split(b"\r\n\r\n", 1)[0] + b"\r\n\r\n" if request.start.startswith(b"HEAD ") else answer)
        if answer.startswith(b"HTTP/1.1 101 "):
            self.echo(stream, link)
            return False
        stays = b"close" not in request.get(b"connection") and (request.start.endswith(b"1.1") or b"keep-alive" in request.get(b"connection"))
        return stays and not self.closes

    def echo(self, stream, link):
        while True:
            if not stream.kept:
                stream.more()
            taken, stream.kept = stream.kept, b""
            with self.lock:
                self.streams.append(taken)
            link.sendall(taken)

    def close(self):
        self.listener.close()
