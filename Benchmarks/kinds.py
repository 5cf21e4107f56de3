"""The kinds of request that are counted: allocations and instructions of each (allocations/run, instructions)."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "Tests/EndToEnd"))
import web  # noqa: E402

BROWSER = ("User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n"
           "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en-GB,en;q=0.9\r\nAccept-Encoding: gzip, br\r\n"
           "Referer: https://shop.example/catalogue\r\nSec-Fetch-Mode: navigate\r\nCookie: session=0123456789abcdef; strangler_id=4711; theme=dark\r\n")
CHUNKED = "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
KINDS = {
    "small": "GET /api/200 HTTP/1.1\r\nHost: a\r\n\r\n",
    "keyed": "GET /keyed/200 HTTP/1.1\r\nHost: a\r\nCookie: strangler_id=4711\r\n\r\n",
    "browser": "GET /keyed/200?page=2 HTTP/1.1\r\nHost: shop.example\r\n" + BROWSER + "\r\n",
    "big": "GET /api/16384 HTTP/1.1\r\nHost: a\r\n\r\n",
    "post": "POST /api/200 HTTP/1.1\r\nHost: a\r\nContent-Length: 4096\r\n\r\n" + "x" * 4096,
    "chunked": "POST /api/200 HTTP/1.1\r\nHost: a\r\n" + CHUNKED,
    "mirror": "GET /mirror/200 HTTP/1.1\r\nHost: a\r\n\r\n",
    "refused": "GET /nowhere HTTP/1.1\r\nHost: nobody\r\n\r\n",
}


def configuration(folder, upstream):
    sides = {"legacy": "old", "service": "new"}
    routes = [
        {"id": "api", "match": {"prefix": "/api"}, **sides, "percent": 50, "context": "drawn"},
        {"id": "keyed", "match": {"prefix": "/keyed", "methods": ["GET"]}, **sides, "percent": 50, "context": "keyed"},
        {"id": "mirror", "match": {"prefix": "/mirror"}, **sides, "percent": 0, "mirror": {"percent": 100, "methods": ["GET"]}}]
    path = pathlib.Path(folder) / "routes.json"
    path.write_text(json.dumps({
        "version": 1, "listen": ["127.0.0.1:0"], "admin": {"unix": "router.sock"},
        "limits": {"requestsPerConnection": 100_000_000}, "contexts": {"keyed": {"keys": ["cookie:strangler_id"]}, "drawn": {"keys": [], "mode": "stateless"}},
        "upstreams": {name: {"endpoints": [upstream], "idle": "60s"} for name in ("old", "new")}, "routes": routes}))
    return path


def exchange(links, request):
    """One request on each connection, all at once; the whole answers are read."""
    for link in links:
        link.sendall(request)
    for link in links:
        head, rest = web.read_head(link, b"")
        length = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        while len(rest) < length:
            rest += link.recv(1 << 20)
        if len(rest) > length:
            raise ValueError(f"{len(rest) - length} bytes behind an answer that nobody asked for")
