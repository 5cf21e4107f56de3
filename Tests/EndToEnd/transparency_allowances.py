"""Every difference that a router in between may make, by name: the pattern of the difference, and the reason that allows it.

A case names those that must show in it; one that does not show, and a difference that none of them allows, fail the test.
"""

# Of the hop, and written anew by it: in nearly every exchange.
ALWAYS = {
    "forwarded fields": (r"request \+x-forwarded-(for: 127\.0\.0\.1|proto: http|host: .*)$",
                         "the monolith learns who asked, and how (RFC 7239 4, in the older spelling)"),
    "via": (r"request \+via: 1\.[01] \S+$", "each intermediary names itself (RFC 9110 7.6.3)"),
    "request id": (r"request \+x-request-id: \S+$", "one name for the request in the logs of both sides"),
    "trace": (r"request \+traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-01$", "the trace begins here when nobody began it (W3C Trace Context 3.2)"),
    "spelling": (r"(request|answer) (?i:(host|content-length|transfer-encoding): ?(.*) → \2: \3)$",
                 "Host and framing are never copied: they are written anew, in lower case (RFC 9110 5.1: names have no case)"),
    "date": (r"answer \+date: ", "an answer that has none gets the time of its arrival (RFC 9110 6.6.1)"),
}


def refused(status):
    """A request that is answered here, with a reason, and never reaches the upstream; the connection ends with it."""
    return rf"(request count: \d → 0|answer refused: .* → HTTP/1\.1 {status} .*|answer refused, why: .*|answer ends: \w+ → closed)$"


BAD_ANSWER = r"(answer refused: .* → HTTP/1\.1 502 .*|answer refused, why: .*)$"

ALLOWED = {
    # Requests that are refused
    "refused: TRACE": (refused("405"), "TRACE shows the fields that the hops add, credentials among them (RFC 9110 9.3.8)"),
    "refused: CONNECT": (refused("501"), "a reverse proxy is no tunnel (RFC 9110 9.3.6)"),
    "refused: escaped slash": (refused("400"), "whether %2F separates segments is a matter of opinion; `paths.escapedSlashes` says which (RFC 3986 2.2)"),
    "refused: path": (refused("400"), "no valid target (RFC 9112 3.2), or one that servers read in two ways"),
    "refused: too long": (refused("(414|431)"), "a limit, named in the answer, that the configuration can raise (RFC 9112 3; RFC 6585 5)"),
    "refused: host": (refused("400"), "exactly one valid Host (RFC 9112 3.2)"),
    "refused: head": (refused("400"), "a head that parsers read in two ways (RFC 9112 2.2, 5.1, 5.2; RFC 9110 5.5)"),
    "refused: framing": (refused("(400|501)"), "a body must have one end that everybody finds (RFC 9112 6.3)"),
    "refused: expectation": (refused("417"), "only 100-continue is defined (RFC 9110 10.1.1)"),
    "refused: version": (refused("(400|505)"), "not HTTP/1.x (RFC 9112 2.3)"),
    # Requests
    "answered here": (r"(request count: 1 → 0|answer start: HTTP/1\.1 200 OK → HTTP/1\.1 (200 OK|204 No Content)|answer \+allow: .*|"
                      r"answer (-Content-Length: 2|Content-Length: 2 → content-length: 0|body: ok → ))$", "OPTIONS that may go no further (RFC 9110 7.6.2)"),
    "one forward less": (r"request Max-Forwards: 3 → (?i:max-forwards): 2$", "each hop counts (RFC 9110 7.6.2)"),
    "path in normal form": (r"request start: GET (\S+) HTTP/1\.1 → GET (?!\S*//|\S*/\.)(\S+) HTTP/1\.1$",
                            "dot segments and empty segments: the path that chose the side is the path that is sent (RFC 3986 6.2.2.3)"),
    "absolute form": (r"request start: GET http://[ab]\.example\S* HTTP/1\.1 → GET /x? HTTP/1\.1$", "origin form to an origin server (RFC 9112 3.2.1)"),
    "host of the target": (r"request Host: a\.example → host: b\.example$", "the target's authority replaces Host (RFC 9112 3.2.2)"),
    "forwarded: replaced": (r"request (-(X-Forwarded-Port|X-Real-IP|Forwarded): .*|X-Forwarded-\w+: .* → x-forwarded-(for: 127\.0\.0\.1|proto: http|host: a\.example)|"
                            r"X-Forwarded-Port: 443 → x-forwarded-port: \d+|X-Real-IP: .* → x-real-ip: 127\.0\.0\.1|"
                            r'Forwarded: .* → forwarded: for="?127\.0\.0\.1"?;.*)$',
                            "what a stranger says of where it comes from is not passed on as if it were known; `trustedPeers` says who is none (RFC 7239 8.1)"),
    "forwarded: appended": (r"request X-Forwarded-For: 6\.6\.6\.6 → x-forwarded-for: 6\.6\.6\.6, 127\.0\.0\.1$", "each proxy appends whom it saw (RFC 7239 5.2)"),
    "forwarded: respelled": (r"request (?i:(X-Forwarded-\w+): (.*) → \1: \2)$", "written anew with what the trusted peer said"),
    "via: replaced": (r"request Via: 1\.1 cdn → via: 1\.1 \S+$", "forwarded fields of strangers are replaced, via among them"),
    "underscores like ours": (r"request -(x_forwarded_for|X_Real_IP): 6\.6\.6\.6$", "CGI, WSGI and PHP read it as the field that the router vouches for"),
    "x-strangler": (r"request -X-Strangler-\w+: ", "fields of the router itself, which a client could pretend"),
    "Proxy": (r"request -Proxy: ", "CGI makes HTTP_PROXY of it, which libraries obey (CVE-2016-5385)"),
    "Proxy-Authorization": (r"request -Proxy-Authorization: ", "for the first proxy that wants it, and not for the origin (RFC 9110 11.7.2)"),
    "of the hop": (r"request (-(Connection|Keep-Alive|Proxy-Connection|TE|Upgrade|HTTP2-Settings): .*|Connection: .* → connection: upgrade)$",
                   "the connection to the upstream is another one (RFC 9110 7.6.1)"),
    "named by Connection": (r"request -X-Mine: 1$", "what Connection names ends at the hop (RFC 9110 7.6.1)"),
    "upgrade fields anew": (r"request ((?i:connection): (?i:upgrade) → connection: upgrade|(?i:upgrade): (?i:websocket) → upgrade: websocket)$",
                            "the hop asks for the upgrade in its own words (RFC 9110 7.8: protocol names have no case)"),
    "says that it closes": (r"answer \+connection: close$", "the client that asked for it is told (RFC 9112 9.6)"),
    "says that it stays": (r"answer \+connection: keep-alive$", "a client of HTTP/1.0 must be told (RFC 9112 9.3)"),
    "one length": (r"request -Content-Length: 5$", "equal lengths are one (RFC 9110 8.6)"),
    "length written anew": (r"request Content-Length: 0005 → content-length: 5$", "written anew, as a number (RFC 9110 8.6)"),
    "chunk extensions": (r"request chunk extensions: ", "chunks are of the hop, and so is what stands beside their sizes (RFC 9112 7.1.1)"),
    "trailers": (r"request trailers: ", "an intermediary may discard trailers; merged into the head they would be fields that nobody checked (RFC 9112 7.1.2)"),
    "Trailer": (r"request -Trailer: ", "no trailers are announced where none will come"),
    "100 from here": (r"request -(?i:Expect: 100-continue)$", "the router says 100 itself, and sends the body as it comes (RFC 9110 10.1.1)"),
    "1.1 upstream": (r"request start: (GET|POST) /x HTTP/1\.0 → (GET|POST) /x HTTP/1\.1$", "an intermediary speaks its own version (RFC 9110 2.5)"),
    "a Host for 1.0": (r"request \+host: localhost$", "HTTP/1.1 needs one (RFC 9112 3.2)"),
    # Answers
    "refused: answer": (BAD_ANSWER, "no answer that can be read in one way only: 502, with the rule that it broke"),
    "cut: answer": (r"(answer refused: .* → HTTP/1\.1 502 .*|answer refused, why: .*|answer count: 1 → 0|answer ends: open → ConnectionResetError)$",
                    "a body that breaks its framing must not look whole: 502 where nothing was sent yet, a reset otherwise (RFC 9112 8)"),
    "stays open": (r"answer ends: (closed|end of connection|switched) → open$", "the upstream's connection ended, the client's did not (RFC 9112 9.6)"),
    "blank behind the status": (r"answer start: HTTP/1\.1 200 → HTTP/1\.1 200 $", "the blank is no part of the reason that may be missing (RFC 9112 4)"),
    "no length in a 204": (r"answer -Content-Length: ", "a 204 has no length (RFC 9110 8.6)"),
    "no coding without a body": (r"answer -Transfer-Encoding: chunked$", "may be left out in answers to HEAD and in a 304 (RFC 9112 6.1)"),
    "close in lower case": (r"answer Connection: close → connection: close$", "the rest of the upload never came: this connection ends too (RFC 9112 9.3)"),
    "100 not passed on": (r"answer interim: \['HTTP/1\.1 100 Continue'\] → \[\]$", "a client that expects none need not get one (RFC 9110 10.1.1)"),
    "100 comes early": (r"answer interim: \[\] → \['HTTP/1\.1 100 Continue'\]$", "the router says 100 before the upstream has spoken (RFC 9110 10.1.1)"),
    "reason of an interim answer": (r"answer interim start: HTTP/1\.1 102 Processing → HTTP/1\.1 102 \w+$", "a reason phrase says nothing to a program (RFC 9112 4)"),
    "chunked for an open end": (r"(answer \+transfer-encoding: chunked|answer ends: end of connection → open)$",
                                "an end that shows when it is missing, and a connection that serves on (RFC 9112 6.1)"),
    "1.1 answer": (r"answer start: HTTP/1\.0 200 OK → HTTP/1\.1 200 OK$", "an intermediary speaks its own version (RFC 9110 2.5)"),
    "hop of the answer": (r"answer -(Connection|Keep-Alive|Proxy-Connection|Upgrade): ", "of the connection to the upstream (RFC 9110 7.6.1)"),
    "named by Connection, in an answer": (r"answer -X-Mine: 1$", "what Connection names ends at the hop (RFC 9110 7.6.1)"),
    "upgraded": (r"answer ((?i:connection: upgrade) → connection: upgrade|(?i:upgrade: websocket) → upgrade: websocket)$", "the hop confirms in its own words (RFC 9110 7.8)"),
    "extensions of an answer": (r"answer chunk extensions: ", "chunks are of the hop, and so is what stands beside their sizes (RFC 9112 7.1.1)"),
    "trailers of an answer": (r"answer trailers: ", "an intermediary may discard trailers (RFC 9112 7.1.2)"),
    "Trailer of an answer": (r"answer -Trailer: ", "no trailers are announced where none will come"),
    "one length of an answer": (r"answer -Content-Length: 2$", "equal lengths are one (RFC 9110 8.6)"),
    "fold undone": (r"answer X-Fold: a\\r\\n.* → X-Fold: a +b( +c)?$", "a fold is replaced by a blank, or by as many as it had (RFC 9112 5.2)"),
    "blank before the colon": (r"answer X-Blank( |\\t): a → X-Blank: a$", "must be removed (RFC 9112 5.1)"),
    "lines end in CRLF": (r"answer line ends: LF → CRLF$", "written anew as HTTP has it (RFC 9112 2.2)"),
    "identity is no coding": (r"(answer (-Transfer-Encoding: identity|Transfer-Encoding: identity → transfer-encoding: chunked)|"
                              r"answer ends: end of connection → open)$", "the body ends with the connection, and is sent on in chunks (RFC 9112 appendix C.2.1)"),
    "x-strangler of an answer": (r"answer -X-Strangler-Side: ", "a field of the router itself"),
}
