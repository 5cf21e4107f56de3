"""Sends bytes to a recording upstream, directly or through a router, and names every difference of what arrived at either end.

A difference is one line of text that begins with where it was seen, `request` (what the upstream received) or `answer` (what the client
got), such as `request +via: 1.1 strangler`. Names and values are those of the bytes: nothing is parsed away before it is compared, except the
layout of chunks, which each hop chooses for itself (RFC 9112 7.1); the bytes in them, their extensions and trailers are compared.
"""
import re
import socket
import threading

LIMIT = 10
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
WRITTEN_ANEW = {b"host", b"content-length", b"transfer-encoding", b"connection", b"upgrade"}
AFTER = b"GET /after HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n"


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

    `answer`: bytes, or a function of the request that returns bytes; `early`: the answer goes out with the head of the request, before its body.
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
            link.sendall(self.answer)
            interim = bool
        request = read_request(stream, interim)
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


class Seen:
    """What one case did: requests that the upstream received, answers that the client got, and whether the connection served on."""

    def __init__(self):
        self.requests, self.answers, self.interim, self.echoed, self.ends = [], [], [], b"", ""


def send(address, recorder, case):
    """Sends the case to `address`, and returns what both ends saw."""
    seen = Seen()
    recorder.expect(case.answer, case.closes, case.early)
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=LIMIT) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = Stream(link)
        try:
            for step in case.steps:
                if isinstance(step, bytes):
                    link.sendall(step)
                elif step == "answer":
                    method = (case.methods + [b"GET"] * 9)[len(seen.answers)]
                    interim, answer = read_answers(stream, method)
                    seen.interim += interim
                    seen.answers.append(answer)
                elif step == "100":
                    seen.interim.append(Message(stream.until(b"\r\n\r\n")))
                elif step == "echo":
                    seen.echoed += stream.exactly(len(case.echo))
            seen.ends = end(link, stream, seen.answers)
        except EOFError:
            seen.ends = "closed"
        except OSError as error:
            seen.ends = type(error).__name__
    with recorder.lock:
        seen.requests = list(recorder.seen)
    return seen


def end(link, stream, answers):
    """Whether the connection serves another request, is closed, or has switched."""
    if not answers:
        return "without an answer"
    last = answers[-1]
    if last.ending:
        return last.ending
    if b"close" in b",".join(last.get(b"connection")):
        rest, reset = stream.rest()
        return "reset" if reset else "closed" + (f" behind {rest!r}" if rest else "")
    try:
        link.sendall(AFTER)
        _, after = read_answers(stream, b"GET")
        return "open" if after.start.startswith(b"HTTP/1.1 200") else f"open, then {after.start.decode('latin-1')}"
    except (EOFError, OSError):
        return "closed"


def differences(direct, routed):
    """Every difference between two runs of a case, as text."""
    found = []
    if len(direct.requests) != len(routed.requests):
        found.append(f"request count: {len(direct.requests)} → {len(routed.requests)}")
    for one, other in zip(direct.requests, routed.requests):
        found += [f"request {text}" for text in messages(one, other)]
    if len(direct.interim) != len(routed.interim):
        found.append(f"answer interim: {[show(each.start) for each in direct.interim]} → {[show(each.start) for each in routed.interim]}")
    for one, other in zip(direct.interim, routed.interim):
        found += [f"answer interim {text}" for text in messages(one, other)]
    if len(direct.answers) != len(routed.answers):
        found.append(f"answer count: {len(direct.answers)} → {len(routed.answers)}")
    for one, other in zip(direct.answers, routed.answers):
        refused = b"application/problem+json" in b"".join(other.get(b"content-type")) and b'"origin":"router"' in other.body.replace(b" ", b"")
        if refused:
            found.append(f"answer refused: {show(one.start)} → {show(other.start)}")
            reason = re.search(rb'"detail": ?"([^"]*)"', other.body)
            found.append(f"answer refused, why: {show(reason[1])}" if reason else "answer refused without a reason")
        else:
            found += [f"answer {text}" for text in messages(one, other)]
    if direct.echoed != routed.echoed:
        found.append(f"answer stream: {show(direct.echoed)} → {show(routed.echoed)}")
    if direct.ends != routed.ends:
        found.append(f"answer ends: {direct.ends} → {routed.ends}")
    return found


def show(data):
    """Bytes as text, cut where they are long."""
    text = data.decode("utf-8", "backslashreplace").replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t").replace("\0", "\\0")
    return text if len(text) <= 160 else f"{text[:120]}… ({len(data)} bytes)"


def messages(one, other):
    found = []
    if b"\n" in one.head.replace(b"\r\n", b"") and b"\n" not in other.head.replace(b"\r\n", b""):
        found.append("line ends: LF → CRLF")
    if one.start != other.start:
        found.append(f"start: {show(one.start)} → {show(other.start)}")
    found += fields(one.lines, other.lines)
    if one.body != other.body:
        found.append(f"body: {show(one.body)} → {show(other.body)}")
    if one.extensions != other.extensions:
        found.append(f"chunk extensions: {one.extensions} → {other.extensions}")
    if one.trailers != other.trailers:
        found.append(f"trailers: {one.trailers} → {other.trailers}")
    return found


def fields(one, other):
    """`-line` for each that is missing, `+line` for each that is new, `line → line` for one that was changed, and whether the order holds."""
    def name(line):
        return line.partition(b":")[0].strip().lower()

    left, right = list(one), list(other)
    for line in list(left):
        if line in right:
            left.remove(line)
            right.remove(line)
    changed = []
    for line in list(left):
        match = next((each for each in right if name(each) == name(line)), None)
        if match is not None:
            left.remove(line)
            right.remove(match)
            changed.append((line, match))
    found = [f"{show(line)} → {show(match)}" for line, match in changed]
    found += [f"-{show(line)}" for line in left] + [f"+{show(line)}" for line in right]
    # Order counts within one name (RFC 9110 5.3), and is kept among names too, but for what each hop writes anew.
    added = {id(line) for line in right}
    before = [name(line) for line in one if line not in left and name(line) not in WRITTEN_ANEW]
    after = [name(line) for line in other if id(line) not in added and name(line) not in WRITTEN_ANEW]
    if before != after:
        found.append(f"order: {show(b' '.join(before))} → {show(b' '.join(after))}")
    return found
