"""The parser against h11 and llhttp, HTTP/1.1 parsers in other languages by other people: seeds, messages put together by chance, and mutations.

All read the same bytes. Where ours and another find a whole first message it must be the same one, to the byte. Where one refuses what the other
accepts, the reason must be in one of the tables below: what we refuse and they let pass, and (very little) the other way round.
"""
import collections
import json
import random
import re
import struct
import subprocess
import typing

import h11
import pytest

import llhttp
import processes

VERDICT = processes.BIN / "http-verdict"
SEEDS = processes.ROOT / "Fuzz/corpus"
MUTATIONS = 12_000
GENERATED = 6_000

# Violation → why h11 accepts it.
H11_STRICTER = {
    "bareLineFeed": "h11 takes a bare LF for the end of a line; RFC 9112 2.2 allows that, smuggling uses it",
    "bareCarriageReturn": "h11 lets CR stand in chunk extensions and ends lines leniently",
    "lineFolded": "h11 unfolds lines of requests too, as RFC 9112 5.2 allows; we refuse as it allows; and it takes a line of blanks for a continuation",
    "lineEndsMixed": "h11 takes a bare LF for the end of a line also among lines with CRLF",
    "fieldValueMalformed": "h11 lets control bytes other than NUL, CR, LF stand in values",
    "lengthWithTransferEncoding": "h11 lets Transfer-Encoding win (RFC 9112 6.3); that is a known way to smuggle",
    "transferEncodingInHTTP10": "h11 does not look at the version",
    "transferEncodingMalformed": "h11 takes no coding but chunked, and looks no further behind a 204",
    "hostMalformed": "h11 looks only whether there is one Host",
    "targetMalformed": "h11 takes any visible byte in a target",
    "targetFormNotAllowed": "h11 does not look at the form of a target",
    "versionNotSupported": "h11 takes any HTTP/d.d",
    "expectationUnknown": "h11 does not look at Expect",
    "connectionMalformed": "h11 does not look at the grammar of Connection",
    "chunkExtensionMalformed": "h11 does not look at the grammar of extensions",
    "chunkSizeMalformed": "h11 takes up to 20 digits",
    "chunkSizePadded": "h11 takes blanks behind a size",
    "lengthForbidden": "h11 ignores Content-Length in 1xx and 204, as RFC 9112 6.3 says",
    "transferEncodingForbidden": "h11 ignores Transfer-Encoding in 1xx and 204",
    "statusOutOfRange": "h11 takes any three digits",
    "statusAbove599": "h11 takes any three digits",
    "statusLineMalformed": "h11 lets control bytes stand in the reason",
    "trailerMalformed": "h11 unfolds lines in trailers too",
    "connectRefused": "h11 leaves CONNECT to its caller; we do not tunnel",
    "lengthMalformed": "h11 folds a list of equal lengths (RFC 9110 8.6 allows either)",
}

# What h11 says, and when it may: what we accept and h11 does not.
H11_LAXER = [
    # h11 reads framing out of trailers; we check their grammar and drop them (RFC 9110 6.5.1: never merged), whatever
    # they are called.
    ("Transfer-Encoding", lambda head, rest: b"transfer-encoding: chunked" in head.lower() and b"\r\ntransfer-encoding" in rest.lower()),
    ("Content-Length", lambda head, rest: b"transfer-encoding: chunked" in head.lower() and b"\r\ncontent-length" in rest.lower()),
    # h11 wants a target of ASCII; raw UTF-8 passes as every server has always taken it.
    ("illegal request line", lambda head, rest: RAW_TARGET.match(head)),
    # Only the tolerant reading: the coding that says nothing, alone.
    ("Only Transfer-Encoding: chunked is supported", lambda head, rest: IDENTITY.search(head) and b"content-length" not in head.lower()),
]

# Violation → why llhttp accepts it.
LLHTTP_STRICTER = {
    "hostMissing": "llhttp leaves Host to its caller (RFC 9112 3.2)",
    "hostRepeated": "the same",
    "hostMalformed": "the same",
    "targetMalformed": "llhttp takes HTTP/0.9, fragments and bytes that RFC 3986 wants escaped",
    "targetFormNotAllowed": "llhttp does not look at which form belongs to which method",
    "versionNotSupported": "llhttp takes HTTP/0.9 and the first line of HTTP/2",
    "versionMalformed": "llhttp takes two blanks before the version, and empty lines before a response",
    "methodMalformed": "llhttp skips any number of empty lines before a request; RFC 9112 2.2 asks for one",
    "connectionMalformed": "llhttp does not look at the grammar of Connection",
    "expectationUnknown": "llhttp does not look at Expect",
    "connectRefused": "llhttp hands CONNECT to its caller; we do not tunnel",
    "transferEncodingInHTTP10": "llhttp does not look at the version (RFC 9112 6.1: treat as faulty)",
    "transferEncodingMalformed": "llhttp takes an empty Transfer-Encoding",
    "transferEncodingIdentity": "llhttp reads until close",
    "lineEndsMixed": "llhttp takes LF for the end of a line in a reason",
    "transferEncodingNotSupported": "llhttp takes codings before chunked, and any coding in 1xx; a coding that we lack cannot be passed on",
    "transferEncodingForbidden": "llhttp ignores Transfer-Encoding in 1xx and 204 (RFC 9112 6.1: must not be sent)",
    "lengthForbidden": "llhttp ignores Content-Length in 1xx and 204 (RFC 9110 8.6: must not be sent)",
    "lengthMalformed": "llhttp counts to 2^64, we to 2^63",
    "lengthWithTransferEncoding": "llhttp lets both stand where Transfer-Encoding is empty",
    "bareLineFeed": "llhttp takes LF for an empty line before a request, and for the end of a line of HTTP/0.9",
    "bareCarriageReturn": "llhttp skips CR before a request",
    "statusLineMalformed": "llhttp lets control bytes stand in the reason",
    "statusOutOfRange": "llhttp takes any three digits",
    "statusAbove599": "llhttp takes any three digits",
    "chunkExtensionMalformed": "llhttp lets an extension have no name",
    "chunkSizeMalformed": "llhttp takes any number of zeros before a size, we 16 digits in all",
}

# What llhttp says, and when it may: what we accept and llhttp does not.
LLHTTP_LAXER = [
    # RFC 9110 9.1: any token is a method; who does not know it answers 501. llhttp has a list.
    ("Invalid method encountered", lambda head, rest: METHOD.match(head)),
    ("Expected space after method", lambda head, rest: METHOD.match(head)),
    ("Expected HTTP/2 Connection Preface", lambda head, rest: METHOD.match(head) and b" HTTP/1." in head),
    # RFC 9110 8.6 allows to fold equal lengths into one.
    ("Duplicate Content-Length", lambda head, rest: len(set(LENGTH.findall(head))) == 1),
    # RFC 9110 5.5: a tab behind a value is no part of it.
    ("Invalid character in Content-Length", lambda head, rest: re.search(rb"\d *\t[ \t]*(\r\n|$)", head)),
    ("Request has invalid `Transfer-Encoding`", lambda head, rest: CODING_AND_TAB.search(head)),
    ("llhttp: more, ours: accept", lambda head, rest: CODING_AND_TAB.search(head)),
    # Raw UTF-8, as with h11.
    ("Invalid char in url", lambda head, rest: RAW_TARGET.match(head)),
    # Framing in trailers, as with h11.
    ("Invalid `Transfer-Encoding`", H11_LAXER[0][1]),
    ("Content-Length can't be present with Transfer-Encoding", H11_LAXER[1][1]),
]
RAW_TARGET = re.compile(rb"(\r\n)?[^ ]+ [^ ]*[\x80-\xff]")
IDENTITY = re.compile(rb"\r?\ntransfer-encoding:[ \t]*identity[ \t]*(\r?\n|$)", re.IGNORECASE)
METHOD = re.compile(rb"(\r\n)?[!#$%&'*+.^_`|~0-9A-Za-z-]+ ")
CODING_AND_TAB = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked *\t[ \t]*(\r\n|$)", re.IGNORECASE)
# The digits of each Content-Length, however many zeros lead.
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*0*(\d+)[ \t]*(?=\r\n|$)", re.IGNORECASE)


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
    if kind != b"Q":
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


def as_h11(message):
    """h11 writes the name of the coding in lower case, and folds equal lengths into one."""
    names = list(message["names"])
    values = [v.lower() if n.lower() == "transfer-encoding" else v for n, v in zip(names, message["values"])]
    lengths = [i for i, name in enumerate(names) if name.lower() == "content-length"]
    for index in reversed(lengths[1:]):
        del names[index], values[index]
    return dict(message, names=names, values=values)


class Oracle(typing.NamedTuple):
    name: str
    reads: typing.Callable
    stricter: dict
    laxer: list
    # Our message as this parser would show it.
    normal: typing.Callable


def h11_oracle():
    return Oracle("h11", h11_reads, H11_STRICTER, H11_LAXER, as_h11)


def llhttp_oracle():
    reader = llhttp.Reader()

    def reads(kind, message):
        return reader.read(llhttp.REQUEST if kind == b"Q" else llhttp.RESPONSE, message)

    return Oracle("llhttp", reads, LLHTTP_STRICTER, LLHTTP_LAXER, lambda message: message)


def ours(verdict):
    """The same of a line of http-verdict: its first message counts."""
    if verdict["messages"] and not (verdict["verdict"] == "until close" and len(verdict["messages"]) == 1):
        return "accept", verdict["messages"][0]
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


def generated(kind, count, rng):
    """Messages put together from parts that are all right most of the time."""

    def some(usual, odd, share=0.12):
        return rng.choice(odd) if rng.random() < share else rng.choice(usual)

    for _ in range(count):
        end = some([b"\r\n"], [b"\n", b"\r", b"\r\r\n", b" \r\n"], 0.02)
        version = some([b"HTTP/1.1"], [b"HTTP/1.0", b"HTTP/2.0", b"HTTP/1.10", b"http/1.1", b"HTTP/0.9", b"HTTP/1.1 "], 0.15)
        if kind == b"Q":
            method = some([b"GET", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"DELETE"], [b"get", b"FOO", b"CONNECT", b"M-SEARCH", b"G T", b"PRI", b""])
            target = some(
                [b"/", b"/a/b?c=d", b"/a%20b", b"http://a/b"],
                [b"*", b"a", b"/a b", b"/\x7f", b"/#f", b"//a", b"http://", b"a:80", b"/\xc3\xa4", b"http://u@a/", b"/[a]/{b}|^`", b"/?q=\"<b>\\", b"/a\\b", b"/\xe9", b"/?\xe9"])
            start = method + some([b" "], [b"  ", b"\t"], 0.03) + target + b" " + version + end
            fields = [b"Host: " + some([b"a", b"a:80", b"[::1]"], [b"", b"a b", b"a,b", b"u@a", b"a:x", b"a/"])] * some([1], [0, 2], 0.08)
        else:
            status = some([b"200", b"204", b"304", b"404", b"503", b"100", b"103"], [b"99", b"600", b"1000", b"2x0", b"000", b"-20", b"101", b""])
            start = version + b" " + status + some([b" OK", b" ", b" Not Found"], [b"", b"\t", b" \x01", b" \xe4"]) + end
            fields = []
        size = rng.randrange(4)
        body, chunked = b"x" * size, some([b"%x\r\n%s\r\n" % (size, b"x" * size) if size else b""], [
            b"+1\r\nx\r\n", b"0x1\r\nx\r\n", b"1 \r\nx\r\n", b"1\nx\n", b"1;a=b\r\nx\r\n", b'1;a="b;\r\n', b"11111111111111111\r\n", b"1\r\nxx",
            b"1;\r\nx\r\n", b"01\r\nx\r\n"]) + some([b"0\r\n\r\n"], [b"0\r\nA: b\r\n\r\n", b"0\r\nA\r\n\r\n", b"00\r\n\r\n", b"0\r\n", b"0\r\n\n"])
        length = b"Content-Length: " + some([b"%d" % size], [b"+1", b"-1", b"1 ", b"1, 1", b"0x1", b"", b"1_0", b"9" * 19, b"9" * 20, b"01", b"1 1"])
        coding = some([b"Transfer-Encoding: chunked"], [
            b"Transfer-Encoding: Chunked", b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: chunked, gzip", b"Transfer-Encoding: identity",
            b"Transfer-Encoding : chunked", b"Transfer-Encoding:\x0bchunked", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            b"Transfer-Encoding: xchunked", b"Transfer-Encoding:", b"Transfer-Encoding: chunked,", b"Transfer_Encoding: chunked"])
        match rng.randrange(12):
            case 0 | 1 | 2: body = b""
            case 3 | 4 | 5: fields.append(length)
            case 6 | 7 | 8 | 9: fields, body = fields + [coding], chunked
            case 10: fields, body = fields + [length, length], body
            case _: fields, body = fields + rng.sample([length, coding], 2), chunked
        for _ in range(rng.randrange(3)):
            fields.insert(rng.randrange(len(fields) + 1), some(
                [b"A: b", b"Connection: keep-alive", b"Accept: */*", b"X-Empty:", b"Cookie: a=b; c", b"Via:1.1 a"],
                [b" A: b", b"A : b", b": b", b"A", b"A: b\x00", b"A: b\x0bc", b"A: \xff", b"\xe4: b", b"A(: b", b"A: b\r\n c", b"Connection: close",
                 b"Connection: a,,b", b"Connection: \"", b"Expect: 100-continue", b"Upgrade: websocket", b"Connection: upgrade", b"A: b\rc", b"A: b\x7f"]))
        yield start + b"".join(field + end for field in fields) + end + body + some([b""], [b"GET / HTTP/1.1\r\n", b"\0"], 0.1)


NAME_BLANK = re.compile(rb"(?<=\n)([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]+:")


def repaired(message):
    """An answer as RFC 9112 5.1 and 5.2 tell a proxy to write it: no blank before a colon, no folded line, in head and trailers."""
    end = re.search(rb"\r\n\r\n|\n\n", message)
    head, blank, rest = (message[:end.start()], end[0], message[end.end():]) if end else (message, b"", b"")
    at = rest.rfind(b"\n0\r\n") + 1 if b"\n0\r\n" in rest else 0
    body, trailers = (rest[:at], rest[at:]) if rest[at:].startswith(b"0") else (rest, b"")
    parts = [re.sub(rb"[ \t]*\r?\n[ \t]+(?=[^ \t\r\n])", b" ", NAME_BLANK.sub(rb"\1:", part)) for part in (head, trailers)]
    return parts[0] + blank + body + parts[1]


def difference(oracle, kind, verdict, message):
    """A reason to fail, or the name of a listed difference, or None."""
    if kind != b"Q" and (strict := repaired(message)) != message:
        # What we repair is held against what others make of the repaired message: the meaning must be that one.
        result = compared(oracle, kind, verdict, strict)
        if result is None or not result.startswith("FAIL"):
            return f"repaired, {result or 'agree'}"
    return compared(oracle, kind, verdict, message)


def compared(oracle, kind, verdict, message):
    (left, found), (right, expected) = ours(verdict), oracle.reads(kind, message)
    if left == right == "accept":
        found = oracle.normal(found)
        return None if found == expected else f"FAIL not the same message: {found} and {expected}"
    if left == "reject" and right == "more":
        return None  # Said at the first byte that makes it certain.
    if left == "reject" and right == "accept":
        return f"stricter: {found}" if found in oracle.stricter else f"FAIL refused for {found}, {oracle.name} accepts"
    if left == "accept" and right == "reject":
        return laxer(oracle, message, expected)
    # One needs more bytes than the other to make up its mind; with all bytes of a message both say the same.
    if left == "accept" or (left == "more" and right == "accept"):
        return laxer(oracle, message, f"{oracle.name}: {right}, ours: {left}")
    return None


def laxer(oracle, message, reason):
    """What we accept and the other does not."""
    head, _, rest = message.partition(b"\r\n\r\n")
    for text, condition in oracle.laxer:
        if text in reason and condition(head, rest):
            return f"laxer: {text}"
    return f"FAIL laxer: {reason}"


def in_line_feeds(message):
    """The same answer from a server whose head has no CR."""
    head, blank, rest = message.partition(b"\r\n\r\n")
    return head.replace(b"\r\n", b"\n") + (b"\n\n" if blank else b"") + rest


@pytest.mark.skipif(not VERDICT.exists(), reason=f"{VERDICT} is not built")
@pytest.mark.parametrize("make, kind", [(h11_oracle, b"Q"), (llhttp_oracle, b"Q"), (h11_oracle, b"R"), (llhttp_oracle, b"R"), (h11_oracle, b"L")],
                         ids=["requests-h11", "requests-llhttp", "responses-h11", "responses-llhttp", "tolerated-responses-h11"])
def test_agrees_or_has_a_reason(make, kind):
    oracle, rng, start = make(), random.Random(9112), seeds(kind)
    messages = start + list(generated(kind, GENERATED, rng)) + list(mutations(start, MUTATIONS, rng))
    if kind == b"L":
        messages += [in_line_feeds(message) for message in messages]
    counts, failures = collections.Counter(), []
    for message, verdict in zip(messages, ask(kind, messages)):
        result = difference(oracle, kind, verdict, message)
        if result and result.startswith("FAIL"):
            failures.append(f"{result}\n    {message!r}")
        else:
            counts[result or "agree"] += 1
    print(f"{len(messages)} messages: " + ", ".join(f"{count} {name}" for name, count in counts.most_common()))
    assert not failures, f"{len(failures)} differences without a reason, the first:\n" + "\n".join(failures[:12])
