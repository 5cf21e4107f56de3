"""Sends bytes to a recording upstream, directly or through a router, and names every difference of what arrived at either end.

A difference is one line of text that begins with where it was seen, `request` (what the upstream received) or `answer` (what the client
got), such as `request +via: 1.1 strangler`. Names and values are those of the bytes: nothing is parsed away before it is compared, except the
layout of chunks, which each hop chooses for itself (RFC 9112 7.1); the bytes in them, their extensions and trailers are compared.
"""
import re
import socket

from recorder import LIMIT, Message, Stream, read_answers

WRITTEN_ANEW = {b"host", b"content-length", b"transfer-encoding", b"connection", b"upgrade"}
AFTER = b"GET /after HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n"


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
