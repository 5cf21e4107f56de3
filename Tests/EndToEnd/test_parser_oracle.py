"""The parser against h11, an HTTP/1.1 implementation in another language by other people: seeds and seeded mutations of them.

Both read the same bytes. Where both find a whole first message it must be the same one, to the byte. Where one refuses what the other accepts,
the reason must be in one of the two tables below: what we refuse and h11 lets pass, and (very little) the other way round.
"""
import collections
import json
import random
import struct
import subprocess

import h11
import pytest

import processes

VERDICT = processes.BIN / "http-verdict"
SEEDS = processes.ROOT / "Fuzz/corpus"
MUTATIONS = 12_000

# Violation → why h11 accepts it.
STRICTER = {
    "bareLineFeed": "h11 takes a bare LF for the end of a line; RFC 9112 2.2 allows that, smuggling uses it",
    "bareCarriageReturn": "h11 lets CR stand in chunk extensions and ends lines leniently",
    "lineFolded": "h11 unfolds lines as RFC 9112 5.2 allows; we refuse as it allows too",
    "fieldValueMalformed": "h11 lets control bytes other than NUL, CR, LF stand in values",
    "lengthWithTransferEncoding": "h11 lets Transfer-Encoding win (RFC 9112 6.3); that is a known way to smuggle",
    "transferEncodingInHTTP10": "h11 does not look at the version",
    "hostMalformed": "h11 looks only whether there is one Host",
    "targetMalformed": "h11 takes any visible byte in a target",
    "targetFormNotAllowed": "h11 does not look at the form of a target",
    "versionNotSupported": "h11 takes any HTTP/d.d",
    "expectationUnknown": "h11 does not look at Expect",
    "connectionMalformed": "h11 does not look at the grammar of Connection",
    "chunkExtensionMalformed": "h11 does not look at the grammar of extensions",
    "chunkSizeMalformed": "h11 takes blanks behind a size, and up to 20 digits",
    "lengthForbidden": "h11 ignores Content-Length in 1xx and 204, as RFC 9112 6.3 says",
    "transferEncodingForbidden": "h11 ignores Transfer-Encoding in 1xx and 204",
    "statusOutOfRange": "h11 takes any three digits",
    "statusLineMalformed": "h11 lets control bytes stand in the reason",
    "trailerMalformed": "h11 unfolds lines in trailers too",
}

# What h11 says, and when it may: what we accept and h11 does not.
LAXER = [
    # h11 reads framing out of trailers; we check their grammar and drop them (RFC 9110 6.5.1: never merged), whatever they are called.
    ("Transfer-Encoding", lambda head, rest: b"transfer-encoding: chunked" in head.lower() and b"\r\ntransfer-encoding" in rest.lower()),
    ("Content-Length", lambda head, rest: b"transfer-encoding: chunked" in head.lower() and b"\r\ncontent-length" in rest.lower()),
]


def ask(kind, messages):
    """What http-verdict makes of each of `messages`."""
    data = b"".join(kind + struct.pack(">I", len(m)) + m for m in messages)
    answer = subprocess.run([VERDICT], input=data, stdout=subprocess.PIPE, check=True, timeout=120)
    lines = answer.stdout.decode().splitlines()
    assert len(lines) == len(messages)
    return [json.loads(line) for line in lines]


def text(data):
    return data.decode("utf-8", "replace")


def h11_reads(kind, message):
    """("accept", message) or ("more", None) or ("reject", reason): the first message that is not interim."""
    connection = h11.Connection(h11.SERVER if kind == b"Q" else h11.CLIENT, max_incomplete_event_size=1 << 20)
    if kind == b"R":
        connection.send(h11.Request(method="GET", target="/", headers=[("Host", "a"), ("Connection", "upgrade"), ("Upgrade", "websocket")]))
        connection.send(h11.EndOfMessage())
    start, fields, body = None, [], b""
    if kind == b"Q" and message.startswith(b"\r\n"):
        message = message[2:]  # We tolerate one empty line before a request, as RFC 9112 2.2 asks; h11 none.
    try:
        connection.receive_data(message)
        while True:
            event = connection.next_event()
            if event in (h11.NEED_DATA, h11.PAUSED):
                return "more", None
            if isinstance(event, h11.Request):
                start = [text(event.method), text(event.target), "HTTP/" + text(event.http_version)]
                fields = event.headers.raw_items()
            elif isinstance(event, (h11.Response, h11.InformationalResponse)):
                start = ["HTTP/" + text(event.http_version), str(event.status_code), text(event.reason)]
                fields = event.headers.raw_items()
                if isinstance(event, h11.InformationalResponse):
                    break
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            else:
                break
    except h11.RemoteProtocolError as error:
        return "reject", str(error)
    if start is None:
        return "more", None
    return "accept", {"start": start, "names": [text(n) for n, _ in fields], "values": [text(v) for _, v in fields], "body": body.hex()}


def ours(verdict):
    """The same of a line of http-verdict: its first message counts."""
    if verdict["messages"] and not (verdict["verdict"] == "until close" and len(verdict["messages"]) == 1):
        message = verdict["messages"][0]
        # h11 writes the name of the coding in lower case, and folds equal lengths into one.
        message["values"] = [v.lower() if n.lower() == "transfer-encoding" else v for n, v in zip(message["names"], message["values"])]
        lengths = [i for i, name in enumerate(message["names"]) if name.lower() == "content-length"]
        for index in reversed(lengths[1:]):
            del message["names"][index], message["values"][index]
        return "accept", message
    if verdict["verdict"] == "reject":
        return "reject", verdict["violation"]
    return "more", None


TOKENS = [
    b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b",", b";", b"\r\n\r\n", b"\r\n ", b"Content-Length: 5\r\n", b"Content-Length: 6\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip\r\n", b"Host: b\r\n", b"Connection: close\r\n", b"Expect: x\r\n", b"HTTP/1.0",
    b"HTTP/1.2", b"0\r\n\r\n", b"5\r\nhello\r\n", b"1;a=b\r\nx\r\n", b"\x0b", b"\x7f", b"\xff", b"+", b"-1", b"0x5", b"%00", b"chunked, ",
]


def mutations(seeds, count, rng):
    for _ in range(count):
        message = bytearray(rng.choice(seeds))
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            at = rng.randrange(len(message) + 1)
            match rng.randrange(6):
                case 0 if at < len(message):
                    message[at] = rng.randrange(256)
                case 1:
                    message[at:at] = rng.choice(TOKENS)
                case 2:
                    del message[at:at + rng.choice((1, 1, 2, 5))]
                case 3:
                    lines = bytes(message).split(b"\r\n")
                    line = rng.randrange(len(lines))
                    lines.insert(rng.randrange(len(lines)), lines[line])
                    message = bytearray(b"\r\n".join(lines))
                case 4:
                    lines = bytes(message).split(b"\r\n")
                    lines.insert(min(1, len(lines)), rng.choice(TOKENS).strip(b"\r\n"))
                    message = bytearray(b"\r\n".join(lines))
                case _:
                    other = rng.choice(seeds)
                    cut = rng.randrange(len(other) + 1)
                    message = message[:at] + other[cut:]
        yield bytes(message)


def seeds(kind):
    folder = "RequestHead" if kind == b"Q" else "ResponseHead"
    found = [path.read_bytes() for path in sorted((SEEDS / folder).iterdir())]
    start = b"POST /a HTTP/1.1\r\nHost: a\r\n" if kind == b"Q" else b"HTTP/1.1 200 OK\r\n"
    bodies = [path.read_bytes() for path in sorted((SEEDS / "Chunked").iterdir())]
    found += [start + b"Transfer-Encoding: chunked\r\n\r\n" + body for body in bodies]
    found += [start + b"Content-Length: 5\r\nX: y\r\n\r\nhello"]
    return found


def difference(kind, verdict, message):
    """A reason to fail, or the name of a listed difference, or None."""
    (left, found), (right, expected) = ours(verdict), h11_reads(kind, message)
    if left == right == "accept":
        return None if found == expected else f"FAIL not the same message: {found} and {expected}"
    if left == "reject" and right == "more":
        return None  # Said at the first byte that makes it certain.
    if left == "reject" and right == "accept":
        return found if found in STRICTER else f"FAIL refused for {found}, h11 accepts"
    if left == "accept" and right == "reject":
        return laxer(message, expected)
    # One needs more bytes than the other to make up its mind; with all bytes of a message both say the same.
    if left == "accept" or (left == "more" and right == "accept"):
        return laxer(message, f"h11: {right}, ours: {left}")
    return None


def laxer(message, reason):
    """What we accept and h11 does not."""
    head, _, rest = message.partition(b"\r\n\r\n")
    for text, condition in LAXER:
        if text in reason and condition(head, rest):
            return f"laxer: {text}"
    return f"FAIL laxer: {reason}"


@pytest.mark.skipif(not VERDICT.exists(), reason=f"{VERDICT} is not built")
@pytest.mark.parametrize("kind", [b"Q", b"R"], ids=["requests", "responses"])
def test_agrees_with_h11_or_has_a_reason(kind):
    rng = random.Random(9112)
    start = seeds(kind)
    messages = start + list(mutations(start, MUTATIONS, rng))
    counts, failures = collections.Counter(), []
    for message, verdict in zip(messages, ask(kind, messages)):
        result = difference(kind, verdict, message)
        if result and result.startswith("FAIL"):
            failures.append(f"{result}\n    {message!r}")
        else:
            counts[result or "agree"] += 1
    print(f"{len(messages)} messages: " + ", ".join(f"{count} {name}" for name, count in counts.most_common()))
    assert not failures, f"{len(failures)} differences without a reason, the first:\n" + "\n".join(failures[:12])
