#!/usr/bin/env python3
"""What the agent costs a monolith's writers, and how far it is behind: p50, p99 and maximum of commits and of lag.

    Benchmarks/sync/writers.py [--bin .build/release] [--journal delete wal] [--rate 200 1000] [--seconds 10]

A writer of its own process commits one row at a time, at times that were fixed before (a slow commit is not left out). The row carries the
time at which it was written; a reader of the target takes the lag when it first sees it. "alone": the same writer without an agent.

    Benchmarks/sync/writers.py --triggers [--rows 20000]

What the triggers cost the writer, without an agent: microseconds for a row, one row in a transaction and a thousand, without triggers,
in the mode reads, and where rows have owners; and each as a ratio to none.
"""
import argparse
import json
import multiprocessing
import pathlib
import sqlite3
import subprocess
import tempfile
import time

SCHEMA = "CREATE TABLE events(id INTEGER PRIMARY KEY, due INTEGER, body TEXT)"


def write(path, rate, seconds, closed, results):
    db = sqlite3.connect(path, timeout=30, isolation_level=None)
    start, took = time.monotonic_ns(), []
    for number in range(int(rate * seconds)):
        due = start + int(number * 1e9 / rate)
        wait = due - time.monotonic_ns()
        if wait > 0:
            time.sleep(wait / 1e9)
        began = time.monotonic_ns()
        db.execute("INSERT INTO events(due, body) VALUES(?, ?)", (began, "x" * 100))
        took.append(time.monotonic_ns() - (began if closed else due))
    results.put(took)


def watch(path, count, results):
    db = sqlite3.connect(path, timeout=30, isolation_level=None)
    last, lags, deadline = 0, [], time.monotonic() + 120
    while last < count and time.monotonic() < deadline:
        rows = db.execute("SELECT id, due FROM events WHERE id > ? ORDER BY id", (last,)).fetchall()
        now = time.monotonic_ns()
        lags += [now - due for _, due in rows]
        last = rows[-1][0] if rows else last
        time.sleep(0.001)
    results.put(lags)


def percentiles(times):
    times = sorted(times)
    return " ".join(f"{times[min(len(times) - 1, int(len(times) * p))] / 1e6:9.1f}" for p in (0.5, 0.99, 1)) if times else "-"


def run(binary, journal, rate, seconds, with_agent, parent, closed):
    with tempfile.TemporaryDirectory(dir=parent) as name:
        folder = pathlib.Path(name)
        for side, mode in (("source", journal), ("target", "wal")):
            db = sqlite3.connect(folder / f"{side}.db")
            db.execute(f"PRAGMA journal_mode = {mode}")
            db.execute(SCHEMA)
            db.close()
        (folder / "data.json").write_text(json.dumps({"version": 1, "groups": {"g": {
            "source": "source.db", "target": "target.db", "tables": [{"name": "events"}]}}}))
        data = ["--data", folder / "data.json"]
        agent, queue = None, multiprocessing.Queue()
        watched = multiprocessing.Queue()
        if with_agent:
            subprocess.run([binary, "data", "create", *data], check=True, capture_output=True)
            agent = subprocess.Popen([binary, "data", "sync", *data], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            agent.stdout.readline()
            time.sleep(1)
            watcher = multiprocessing.Process(target=watch, args=(folder / "target.db", int(rate * seconds), watched))
            watcher.start()
        writer = multiprocessing.Process(target=write, args=(folder / "source.db", rate, seconds, closed, queue))
        writer.start()
        took = queue.get()
        writer.join()
        lags = []
        if agent:
            lags = watched.get()
            watcher.join()
            agent.terminate()
            agent.wait()
        print(f"{journal:8} {rate:6}/s {'agent' if with_agent else 'alone':6}  commit {percentiles(took)}   lag {percentiles(lags)}", flush=True)


OWNED = "CREATE TABLE docs(id TEXT PRIMARY KEY NOT NULL, user_id TEXT NOT NULL, n INTEGER NOT NULL, body TEXT)"


def cost(binary, mode, rows, parent):
    """Microseconds for a row: of an insert and of an update, alone in a transaction and one of a thousand."""
    with tempfile.TemporaryDirectory(dir=parent) as name:
        folder = pathlib.Path(name)
        for side in ("source", "target"):
            db = sqlite3.connect(folder / f"{side}.db")
            db.execute("PRAGMA journal_mode = WAL")
            db.execute(OWNED)
            db.close()
        db = sqlite3.connect(folder / "source.db", isolation_level=None)
        db.execute("PRAGMA synchronous = NORMAL")
        users = [f"user-{number}" for number in range(1000)]
        db.executemany("INSERT INTO docs VALUES(?, ?, 0, '')", ((user, user) for user in users))
        if mode != "none":
            table = {"name": "docs", **({"owner": "user_id"} if mode == "owned" else {})}
            (folder / "data.json").write_text(json.dumps({"version": 1, "groups": {"g": {
                "source": "source.db", "target": "target.db", "mode": mode, "tables": [table]}}}))
            subprocess.run([binary, "data", "create", "--data", folder / "data.json"], check=True, capture_output=True)
        took = []
        statements = [("INSERT INTO docs VALUES(?, ?, 0, ?)", lambda n: (f"doc-{n}", users[n % 1000], "x" * 100)),
                      ("UPDATE docs SET n = n + 1 WHERE id = ?", lambda n: (f"doc-{n}",))]
        for sql, values in statements:
            for size in (1, 1000):
                first = 0 if size == 1 else rows
                began = time.perf_counter_ns()
                for start in range(first, first + rows, size):
                    db.execute("BEGIN IMMEDIATE")
                    for number in range(start, start + size):
                        db.execute(sql, values(number))
                    db.execute("COMMIT")
                took.append((time.perf_counter_ns() - began) / rows / 1e3)
        db.close()
        return took


def triggers(binary, rows, parent):
    print("triggers      insert, 1 in a transaction       1,000 in one    update, 1 in a transaction       1,000 in one   (µs a row, ratio)")
    base = None
    for mode in ("none", "reads", "owned"):
        took = [min(times) for times in zip(*(cost(binary, mode, rows, parent) for _ in range(3)))]
        base = base or took
        print(f"{mode:8}" + "".join(f"{time:20.1f} {time / none:5.2f}x" for time, none in zip(took, base)), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=".build/release")
    parser.add_argument("--journal", nargs="+", default=["delete", "wal"])
    parser.add_argument("--rate", nargs="+", type=int, default=[200, 1000])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--folder", help="where the stores lie; /dev/shm takes the disk out of the figures")
    parser.add_argument("--closed", action="store_true", help="commits count from their begin, not from when they were due")
    parser.add_argument("--triggers", action="store_true", help="what the triggers cost, instead")
    parser.add_argument("--rows", type=int, default=20_000)
    options = parser.parse_args()
    if options.triggers:
        binary = pathlib.Path(options.bin)
        return triggers((binary / "strangler" if binary.is_dir() else binary).resolve(), options.rows, options.folder)
    print("                                p50       p99       max           p50       p99       max   (ms)")
    binary = pathlib.Path(options.bin)
    binary = binary / "strangler" if binary.is_dir() else binary
    for journal in options.journal:
        for rate in options.rate:
            for with_agent in (False, True):
                run(binary.resolve(), journal, rate, options.seconds, with_agent, options.folder, options.closed)


if __name__ == "__main__":
    main()
