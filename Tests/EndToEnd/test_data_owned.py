"""Rows with owners: a monolith that nobody can change and a service write on both sides, through triggers and tables only."""
import json
import random
import shutil
import signal
import sqlite3
import subprocess
import threading

import pytest

from processes import run, wait_until

SCHEMA = """
    PRAGMA journal_mode = WAL;
    CREATE TABLE docs(id TEXT PRIMARY KEY NOT NULL, user_id TEXT NOT NULL, n INTEGER NOT NULL);
    CREATE TABLE kinds(id TEXT PRIMARY KEY NOT NULL, label TEXT);
"""
USERS = 40
LAST = 999_999
OTHER = {"A": "B", "B": "A"}


class Owned:
    """A monolith's file and a service's, a group with owners between them, and a reader behind the monolith."""

    def __init__(self, folder):
        self.folder, self.file = folder, folder / "data.json"
        self.paths = {"A": folder / "monolith.db", "B": folder / "service.db", "C": folder / "reader.db"}
        for path in self.paths.values():
            db = sqlite3.connect(path)
            db.executescript(SCHEMA)
            db.close()
        with self.connect("A") as db:
            db.executemany("INSERT INTO docs VALUES(?, ?, 0)", ((f"d{i}", f"u{i}") for i in range(USERS)))
        tables = [{"name": "docs", "owner": "user_id"}, {"name": "kinds", "catalogue": True}]
        self.write({
            "g": {"source": "monolith.db", "target": "service.db", "mode": "owned", "tables": tables},
            "r": {"source": "monolith.db", "target": "reader.db", "tables": [{"name": "docs"}, {"name": "kinds"}]}})

    def write(self, groups):
        self.file.write_text(json.dumps({"version": 1, "groups": groups}))

    def connect(self, side):
        return sqlite3.connect(self.paths[side], timeout=30, isolation_level=None)

    def command(self, *arguments):
        return run("strangler", "data", *arguments, "--data", self.file)

    def status(self):
        return json.loads(self.command("status", "-o", "json").stdout)

    def value(self, side, sql, *values):
        with self.connect(side) as db:
            row = db.execute(sql, values).fetchone()
            return row and row[0]

    def rows(self, side):
        with self.connect(side) as db:
            return db.execute("SELECT * FROM docs ORDER BY id").fetchall()

    def schema(self, side):
        with self.connect(side) as db:
            return db.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name").fetchall()

    def move(self, low, high, owner, new, epoch):
        """Gives buckets to the other side as a move does: fence, drain, grant, follow."""
        def take(side, owner, state):
            with self.connect(side) as db:
                db.execute("BEGIN IMMEDIATE")
                for border in (low, high + 1):
                    db.execute("INSERT OR IGNORE INTO _sf_own SELECT grp, ?1, hi, owner, epoch, state FROM _sf_own"
                               " WHERE grp = 'g' AND lo < ?1 AND hi >= ?1", (border,))
                    db.execute("UPDATE _sf_own SET hi = ?1 - 1 WHERE grp = 'g' AND lo < ?1 AND hi >= ?1", (border,))
                db.execute("UPDATE _sf_own SET owner = ?, state = ?, epoch = ? WHERE grp = 'g' AND lo >= ? AND hi <= ?",
                           (owner, state, epoch, low, high))
                mark = db.execute("SELECT n FROM _sf_clk").fetchone()[0]
                db.execute("COMMIT")
            return mark
        mark = take(owner, owner, "fenced")
        wait_until(lambda: self.value(new, "SELECT seq FROM _sf_pos WHERE peer = 'g'") >= mark, 30, "the drain")
        take(new, new, "own")
        take(owner, new, "follow")


@pytest.fixture
def stores(tmp_path):
    return Owned(tmp_path)


def agent_of(stores, start):
    assert stores.command("create").returncode == 0
    agent = start("strangler", "data", "sync", "--data", stores.file)
    agent.line("syncing")
    wait_until(lambda: stores.status()["caught_up"], 30, "both ways")
    return agent


def writer(stores, side, done, sums, refusals):
    """A program that counts up whatever row it finds, and only counts what was committed."""
    dice = random.Random(side)
    db = stores.connect(side)
    while not done.is_set():
        doc = f"d{dice.randrange(USERS)}"
        try:
            db.execute("BEGIN IMMEDIATE")
            db.execute("UPDATE docs SET n = n + 1 WHERE id = ?", (doc,))
            db.execute("COMMIT")
            sums[doc] = sums.get(doc, 0) + 1
        except sqlite3.IntegrityError as error:
            assert "SF_FENCED" in str(error) and not db.in_transaction
            refusals[side] += 1
        done.wait(0.001)
    db.close()


def test_both_sides_write_while_users_go_to_and_fro(stores, start):
    """The agent is killed over and over; each acknowledged write is in all three stores, once."""
    agent = agent_of(stores, start)
    done, sums, refusals = threading.Event(), {"A": {}, "B": {}}, {"A": 0, "B": 0}
    threads = [threading.Thread(target=writer, args=(stores, side, done, sums[side], refusals)) for side in "AB"]
    for thread in threads:
        thread.start()
    try:
        ticks, epoch = 0, 2
        for turn, wanted in enumerate([300_000, 800_000, 500_000, 1_000_000, 100_000, 0, 600_000, 0]):
            if turn % 2:
                agent.signal(signal.SIGKILL)
                agent.exit_status()
                agent = start("strangler", "data", "sync", "--data", stores.file)
                agent.line("syncing")
            epoch += 1
            owner = "A" if wanted > ticks else "B"
            stores.move(min(ticks, wanted), max(ticks, wanted) - 1, owner, OTHER[owner], epoch)
            ticks = wanted
    finally:
        done.set()
        for thread in threads:
            thread.join()
    wait_until(lambda: stores.status()["caught_up"], 30, "rest")
    wanted = [(doc, user, sums["A"].get(doc, 0) + sums["B"].get(doc, 0)) for doc, user, _ in stores.rows("A")]
    for side in "ABC":
        assert stores.rows(side) == wanted, side
    assert sum(sums["B"].values()) > 20 and min(refusals.values()) > 20, (refusals, sums)
    assert stores.command("verify").returncode == 0


@pytest.mark.skipif(not shutil.which("sqlite3"), reason="the sqlite3 shell is not installed")
def test_the_plain_shell_is_refused_like_any_program(stores, start):
    agent_of(stores, start)

    def shell(side, sql):
        return subprocess.run(["sqlite3", "-bail", "-cmd", ".timeout 30000", stores.paths[side], sql], capture_output=True, text=True)
    user, bucket = "u7", stores.value("A", "SELECT bucket FROM _sf_key WHERE key = 'u7'")
    update = f"BEGIN; INSERT INTO kinds VALUES('half', ''); UPDATE docs SET n = n + 1 WHERE user_id = '{user}'; COMMIT;"
    assert shell("A", update.replace("half", "whole")).returncode == 0
    refused = shell("B", f"UPDATE docs SET n = n + 1 WHERE user_id = '{user}'")
    assert refused.returncode != 0 and "SF_FENCED" in refused.stderr
    stores.move(bucket, bucket, "A", "B", 3)
    refused = shell("A", update)
    assert refused.returncode != 0 and "SF_FENCED" in refused.stderr
    assert stores.value("A", "SELECT count(*) FROM kinds") == 1, "the transaction is gone whole"
    assert shell("B", f"UPDATE docs SET n = n + 10 WHERE user_id = '{user}'").returncode == 0
    for side in "ABC":
        wait_until(lambda: stores.value(side, "SELECT n FROM docs WHERE user_id = 'u7'") == 11, 10, f"the row at {side}")
    # A newcomer is written at the monolith; the service has it once all its rows are there.
    assert shell("A", "INSERT INTO docs VALUES('new', 'newcomer', 1)").returncode == 0
    for side in "AB":
        wait_until(lambda: stores.value(side, "SELECT 1 FROM _sf_key WHERE key = 'newcomer'"), 10, f"the key at {side}")


def test_status_shows_both_ways_and_drop_takes_everything_away(stores, start):
    before = [stores.schema(side) for side in "ABC"]
    agent = agent_of(stores, start)
    ways = [(group["group"], group["direction"], group["state"]) for group in stores.status()["groups"]]
    assert ways == [("g", "there", "running"), ("g", "back", "running"), ("r", "there", "running")]
    assert "g (way back)" in stores.command("status").stdout
    stores.move(0, 499_999, "A", "B", 3)
    agent.signal(signal.SIGTERM)
    agent.exit_status()
    with stores.connect("B") as db:
        written = db.execute("UPDATE docs SET n = n + 1 WHERE user_id IN"
                             " (SELECT key FROM _sf_key WHERE bucket < 500000)").rowcount
    behind = {group["direction"]: group for group in stores.status()["groups"] if group["group"] == "g"}
    assert behind["back"]["lag_rows"] == written > 0 and behind["there"]["lag_rows"] == 0
    verified = stores.command("verify", "g")
    assert verified.returncode == 2 and f"{written} changes are still on their way" in verified.stdout
    refused = stores.command("drop", "--yes")
    assert refused.returncode != 0 and "bring them home" in refused.stderr
    assert stores.command("sync", "--once").returncode == 0
    agent = start("strangler", "data", "sync", "--data", stores.file)
    agent.line("syncing")
    stores.move(0, 499_999, "B", "A", 4)
    agent.signal(signal.SIGTERM)
    agent.exit_status()
    assert stores.command("drop", "--yes").returncode == 0
    assert [stores.schema(side) for side in "ABC"] == before
    assert stores.rows("A") == stores.rows("B") == stores.rows("C")


@pytest.mark.parametrize("table, groups, said", [
    ("CREATE TABLE t(id INTEGER PRIMARY KEY, user_id TEXT NOT NULL)", {"owner": "user_id"}, "allocated-id"),
    ("CREATE TABLE t(id TEXT PRIMARY KEY NOT NULL, user_id TEXT NOT NULL, mail TEXT UNIQUE)", {"owner": "user_id"},
     "unique-across-owners"),
    ("CREATE TABLE t(id TEXT PRIMARY KEY NOT NULL, user_id TEXT NOT NULL)", {"owner": "nobody"}, "no-owner"),
    ("CREATE TABLE t(id TEXT PRIMARY KEY NOT NULL, user_id TEXT NOT NULL)", {}, "names no owner"),
])
def test_what_cannot_have_owners_is_refused(stores, table, groups, said):
    for side in "AB":
        with stores.connect(side) as db:
            db.execute(table)
    stores.write({"g": {"source": "monolith.db", "target": "service.db", "mode": "owned", "tables": [{"name": "t", **groups}]}})
    refused = stores.command("create")
    assert refused.returncode == 78 and said in refused.stderr and "t" in refused.stderr, refused.stderr
    assert stores.value("A", "SELECT count(*) FROM sqlite_master WHERE name LIKE '\\_sf\\_%' ESCAPE '\\'") == 0
