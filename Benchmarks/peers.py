#!/usr/bin/env python3
"""The router beside nginx, HAProxy and Envoy: the same work, on one machine, in one run.

    make bench-peers                                        all of it, about a quarter of an hour
    Benchmarks/peers.py --only small,mirror --rounds 2         a quick look
    Benchmarks/peers.py --rounds 5 --seconds 4 --json out.json for figures to quote

One thread each, pinned to CPU 0; the load and both upstreams on CPU 1. The entrants take turns round by round. The figure to judge by is
CPU per request: user and system time of the proxy's processes divided by the requests answered. It depends far less on a noisy machine
than requests per second do; the least of the rounds is what it costs undisturbed, and is what the ratios are of. A run with an error, an
answer that is not 2xx, a split outside 45 to 55 %, or copies that did not arrive is shown as such and never averaged in.

Each work has a bar: the ratio to the best peer of the same run that the router must stay below (docs/performance.md). Exit status 1
when it does not. wrk is the load, except at a fixed rate, where bench-rate charges every answer from when its request was due.
"""
import argparse
import collections
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from entrants import ROOT, Entrant, answers, free_port, starters

REPORT = ('done = function(s, l, r) io.write(string.format("RESULT {\\"requests\\":%d,\\"us\\":%d,\\"errors\\":%d,\\"p50_us\\":%d,\\"p99_us\\":%d}\\n", '
          's.requests, s.duration, s.errors.connect + s.errors.read + s.errors.write + s.errors.status + s.errors.timeout, '
          'l:percentile(50), l:percentile(99))) end\n')
BROWSER = "".join(f'wrk.headers["{name}"]="{value}"\n' for name, value in {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", "Accept-Language": "en-GB,en;q=0.9,de;q=0.8",
    "Accept-Encoding": "gzip, deflate, br, zstd", "Cache-Control": "no-cache", "Pragma": "no-cache", "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin", "Upgrade-Insecure-Requests": "1",
    "Referer": "https://shop.example.com/catalogue/shoes?page=2", "Cookie": "session=" + "0123456789abcdef" * 8 + "; theme=dark; cart=42",
}.items())
Work = collections.namedtuple("Work", "path note bar script connections idle rate", defaults=("", 64, 0, 0))
WORKS = {
    "small": Work("/api/200", "GET, 200 bytes, 64 keep-alive connections", 0.90),
    "browser": Work("/api/200?" + "q" * 40, "the same with the fields of a browser", 0.85, BROWSER),
    "16k": Work("/api/16384", "GET, 16 KiB", 0.80),
    "1m": Work("/api/1048576", "GET, 1 MiB, 16 connections", 0.65, "", 16),
    "post4k": Work("/api/200", "POST of 4 KiB", 0.88, 'wrk.method="POST" wrk.body=string.rep("x",4096)\n'),
    "idle1k": Work("/api/200", "small, beside 1,000 idle connections", 0.92, "", 64, 1000),
    "close": Work("/api/200", "a connection per request", 0.75, 'wrk.headers["Connection"]="close"\n'),
    "mirror": Work("/mirror/200", "small, each request copied to the second upstream", 0.30),
    "one": Work("/api/200", "one connection, one request at a time", 0.95, "", 1),
    "rate": Work("/api/200", "10,000 requests a second, whatever the answers do", 0.95, "", 64, 0, 10_000),
}


class Idlers:
    """Connections that made a request and stay; one of them asks again every 20 ms."""

    def __init__(self, port, path, count):
        self.request = f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
        self.links = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(count)]
        for link in self.links:
            self.ask(link)
        self.ended = threading.Event()
        self.asking = threading.Thread(target=self.trickle, daemon=True)
        self.asking.start()

    def ask(self, link):
        link.sendall(self.request)
        link.recv(65536)

    def trickle(self):
        turn = 0
        while not self.ended.wait(0.02):
            self.ask(self.links[turn % len(self.links)])
            turn += 1

    def close(self):
        self.ended.set()
        self.asking.join()
        for link in self.links:
            link.close()


class Bench:
    def __init__(self, folder, names):
        self.folder = pathlib.Path(folder)
        self.upstreams = [Entrant.start(name, 1, [ROOT / ".build/release/bench-upstream", f"127.0.0.1:{port}"], port, self.folder)
                          for name, port in (("legacy", free_port()), ("service", free_port()))]
        for upstream in self.upstreams:
            answers(upstream.port, "/api/200")
        ports = [upstream.port for upstream in self.upstreams]
        made = [starters[name](self.folder, *ports) for name in names]
        self.entrants = [entrant for entrant in made if entrant]
        for entrant in self.entrants:
            answers(entrant.port, "/api/200")

    def stop(self):
        for process in Entrant.started:
            process.terminate()
        for process in Entrant.started:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()

    def load(self, port, work, seconds):
        if work.rate:
            command = [ROOT / ".build/release/bench-rate", f"127.0.0.1:{port}", work.path, work.connections, work.rate, seconds]
            output = subprocess.run(["taskset", "-c", "1", *map(str, command)], capture_output=True, text=True).stdout
            return {"us": seconds * 1_000_000, **json.loads(output)} if output.startswith("{") else {"requests": 0, "us": 1, "errors": 1}
        script = self.folder / "load.lua"
        script.write_text(work.script + REPORT)
        command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{work.connections}", f"-d{seconds}s", "-s", script, f"http://127.0.0.1:{port}{work.path}"]
        output = subprocess.run(list(map(str, command)), capture_output=True, text=True).stdout
        found = [line[7:] for line in output.splitlines() if line.startswith("RESULT ")]
        return json.loads(found[0]) if found else {"requests": 0, "us": 1, "errors": 1}

    def served(self):
        return [int(answers(upstream.port, "/served").rsplit(b"\n", 2)[1]) for upstream in self.upstreams]

    def measure(self, entrant, name, seconds):
        """One turn: a warm-up, and a run whose figures count unless something in it was wrong."""
        work = WORKS[name]
        idlers = Idlers(entrant.port, work.path, work.idle) if work.idle else None
        self.load(entrant.port, work, 1)
        served, cpu = self.served(), entrant.cpu()
        run = self.load(entrant.port, work, seconds)
        user, system = (after - before for after, before in zip(entrant.cpu(), cpu))
        first, second = (after - before for after, before in zip(self.served(), served))
        if idlers:
            idlers.close()
        count = max(run["requests"], 1)
        wrong = ""
        if run["requests"] < 10 or run["errors"]:
            wrong = f"{run['errors']} errors in {run['requests']} answers"
        elif name == "mirror" and second < 0.99 * first:
            wrong = f"{second} copies of {first} requests arrived"
        elif name != "mirror" and work.connections > 1 and not 0.45 <= second / max(first + second, 1) <= 0.55:
            wrong = f"the split was {second / max(first + second, 1):.3f}"
        return {"cpu_us": (user + system) * 1e6 / count, "user_us": user * 1e6 / count, "rps": count * 1e6 / run["us"],
                "p50_us": run.get("p50_us", 0), "p99_us": run.get("p99_us", 0), "rss_mib": entrant.resident(), "wrong": wrong}


def show(name, runs):
    """Prints one work's table; the router's ratio to the best peer, or None."""
    work = WORKS[name]
    print(f"\n{name}: {work.note}\n{'':<11}{'CPU µs/request':>15}{'least':>8}{'user':>7}{'requests/s':>12}{'p50 µs':>9}{'p99 µs':>9}{'RSS MiB':>9}{'of best peer':>14}")
    least = {entrant: min(run["cpu_us"] for run in good) for entrant, all_runs in runs.items() if (good := [run for run in all_runs if not run["wrong"]])}
    peers = [value for entrant, value in least.items() if entrant != "router"]
    best = min(peers) if peers else None
    for entrant, all_runs in runs.items():
        good = [run for run in all_runs if not run["wrong"]]
        if not good:
            print(f"  {entrant:<9}  no good run: {all_runs[-1]['wrong'] if all_runs else 'cannot do this'}")
            continue
        m = {key: statistics.median(run[key] for run in good) for key in good[0] if key != "wrong"}
        ratio = f"{least[entrant] / best:.2f}" if best else "–"
        print(f"  {entrant:<9}{m['cpu_us']:>15.2f}{least[entrant]:>8.2f}{m['user_us']:>7.2f}{m['rps']:>12,.0f}{m['p50_us']:>9,.0f}{m['p99_us']:>9,.0f}{m['rss_mib']:>9.1f}{ratio:>14}")
    return least["router"] / best if best and "router" in least else None


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=int, default=2)
    options.add_argument("--only", default=",".join(WORKS), help="works, separated by commas")
    options.add_argument("--entrants", default=",".join(starters), help="default: %(default)s")
    options.add_argument("--json", help="write every run to this file")
    chosen = options.parse_args()
    unknown = (set(chosen.only.split(",")) - set(WORKS)) | (set(chosen.entrants.split(",")) - set(starters))
    if unknown:
        options.error(f"unknown: {', '.join(sorted(unknown))}")
    if os.cpu_count() < 2:
        sys.exit("Benchmarks/peers.py: error: two cores are needed: one for the proxy, one for the load")
    if not shutil.which("wrk"):
        sys.exit("Benchmarks/peers.py: error: wrk is missing; scripts/deps build bench installs it")
    figures, above = {}, []
    with tempfile.TemporaryDirectory(prefix="strangler-bench-") as folder:
        os.chmod(folder, 0o755)
        bench = None
        try:
            bench = Bench(folder, chosen.entrants.split(","))
            for name in chosen.only.split(","):
                runs = {entrant.name: [] for entrant in bench.entrants if not (name == "mirror" and entrant.name == "haproxy")}
                for _ in range(chosen.rounds):
                    for entrant in bench.entrants:
                        if entrant.name in runs:
                            runs[entrant.name].append(bench.measure(entrant, name, chosen.seconds))
                ratio = show(name, runs)
                figures[name] = runs
                if ratio is not None:
                    isGood = ratio <= WORKS[name].bar
                    print(f"  {ratio:.2f} of the best peer; at most {WORKS[name].bar:.2f}: {'good' if isGood else 'ABOVE'}", flush=True)
                    above += [] if isGood else [name]
        finally:
            for process in Entrant.started if bench is None else []:
                process.kill()
            if bench:
                bench.stop()
    if chosen.json:
        pathlib.Path(chosen.json).write_text(json.dumps({"kernel": os.uname().release, "when": time.strftime("%FT%TZ", time.gmtime()), "runs": figures}, indent=1))
    if above:
        print(f"\nabove its bar: {', '.join(above)}")
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
