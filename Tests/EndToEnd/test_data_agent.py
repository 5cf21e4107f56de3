"""The agent beside what operators do: back-ups, restores, replaced files, edited configuration, locks, a stopped process."""
import json
import os
import signal
import sqlite3

import pytest

from processes import wait_until
from test_data import Stores


@pytest.fixture
def stores(tmp_path):
    return Stores(tmp_path)


def run_agent(stores, start, rows=200):
    stores.fill(rows)
    assert stores.command("create").returncode == 0
    return carry(stores, start)


def carry(stores, start):
    agent = start("strangler", "data", "sync", "--data", stores.file)
    agent.line("syncing")
    wait_until(lambda: stores.status()["caught_up"] and group(stores)["doing"] == "idle", what="the copy")
    return agent


def group(stores):
    return stores.status()["groups"][0]


def back_up(path, copy, pages=4):
    """What `.backup` does, in small steps with a pause, and without patience for locks; answers how often it began again."""
    source, target = sqlite3.connect(path, timeout=0), sqlite3.connect(copy)
    left, restarts = [1 << 60], [0]

    def step(status, remaining, total):
        restarts[0] += remaining > left[0]
        left[0] = remaining
        assert restarts[0] < 50, "the back-up never ends"
    source.backup(target, pages=pages, progress=step, sleep=0.02)
    source.close()
    target.close()
    return restarts[0]


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_back_ups_of_idle_stores_end_beside_the_agent(stores, start, tmp_path, journal):
    for path in (stores.source, stores.target):
        with stores.connect(path) as db:
            db.execute(f"PRAGMA journal_mode = {journal}")
    run_agent(stores, start, rows=2000)
    for path in (stores.source, stores.target):
        assert back_up(path, tmp_path / "copy.db") == 0
        for turn in range(5):
            with sqlite3.connect(path, timeout=0) as db:
                db.execute("VACUUM INTO ?", (str(tmp_path / f"{path.stem}-{turn}.db"),))
    assert stores.rows(tmp_path / "copy.db") == stores.rows(stores.source)
    # And the agent still carries.
    with stores.connect() as db:
        db.execute("UPDATE users SET n = -1 WHERE id = 'u7'")
    wait_until(stores.caught_up, what="the change")


def test_nothing_is_written_while_nothing_happens(stores, start):
    run_agent(stores, start)
    witnesses = [stores.connect(path) for path in (stores.source, stores.target)]

    def versions():
        return [db.execute("PRAGMA data_version").fetchone() for db in witnesses]
    before, beat = versions(), os.stat(f"{stores.target}.sf-agent").st_mtime_ns
    # The agent shows itself many times meanwhile, in its file.
    for _ in range(4):
        wait_until(lambda: os.stat(f"{stores.target}.sf-agent").st_mtime_ns > beat, what="a beat")
        beat = os.stat(f"{stores.target}.sf-agent").st_mtime_ns
    assert versions() == before
    assert group(stores)["agent"] is True


def test_a_restored_source_stops_the_stream_and_the_way_out_works(stores, start, tmp_path):
    agent = run_agent(stores, start)
    with stores.connect() as db:
        db.execute("VACUUM INTO ?", (str(tmp_path / "backup.db"),))
        for i in range(300, 340):
            db.execute("INSERT INTO users VALUES(?, ?, 1)", (f"u{i}", f"u{i}@x"))
    wait_until(stores.caught_up, what="the changes")
    agent.signal(signal.SIGTERM)
    assert agent.exit_status() == 0
    os.rename(tmp_path / "backup.db", stores.source)
    for suffix in ("-wal", "-shm"):
        (tmp_path / f"monolith.db{suffix}").unlink(missing_ok=True)
    with stores.connect() as db:
        for i in range(500, 560):
            db.execute("INSERT INTO users VALUES(?, ?, 2)", (f"u{i}", f"u{i}@x"))
    told = stores.command("status")
    assert "every follower has every row" not in told.stdout and "restored from a back-up" in told.stdout
    agent = start("strangler", "data", "sync", "--data", stores.file)
    wait_until(lambda: "restored from a back-up" in agent.errors(), what="the stop")
    assert "strangler data backfill all --restart" in stores.command("status").stdout
    assert stores.command("backfill", "all", "--restart").returncode == 0
    wait_until(lambda: stores.status()["caught_up"] and stores.caught_up(), what="the repair")
    assert stores.command("verify").returncode == 0


def test_a_source_replaced_under_a_running_agent_is_noticed(stores, start, tmp_path):
    run_agent(stores, start)
    with stores.connect() as db:
        db.execute("VACUUM INTO ?", (str(tmp_path / "older.db"),))
        db.execute("DELETE FROM notes WHERE id < 100")
    wait_until(stores.caught_up, what="the change")
    # The log goes first: who opens the other file between the two would read it with a log that is not its own.
    for suffix in ("-wal", "-shm"):
        (tmp_path / f"monolith.db{suffix}").unlink(missing_ok=True)
    os.rename(tmp_path / "older.db", stores.source)
    wait_until(lambda: group(stores)["state"] == "stopped", what="the stop")
    assert stores.command("backfill", "all", "--restart").returncode == 0
    wait_until(lambda: stores.status()["caught_up"] and stores.caught_up(), what="the repair")


def test_a_target_that_somebody_else_wrote_is_noticed_by_agent_and_gate(stores, start):
    agent = run_agent(stores, start)
    with stores.connect(stores.target) as db:
        db.execute("DELETE FROM notes")
    wait_until(lambda: "somebody else wrote" in agent.errors(), what="the stop")
    assert group(stores)["state"] == "stopped"
    assert stores.command("backfill", "all", "--restart").returncode == 0
    wait_until(lambda: stores.status()["caught_up"] and stores.caught_up(), what="the repair")
    agent.signal(signal.SIGTERM)
    agent.exit_status()
    # Without an agent too.
    with stores.connect(stores.target) as db:
        db.execute("DROP TABLE notes")
        db.execute("CREATE TABLE notes(id INTEGER PRIMARY KEY, owner TEXT, body BLOB)")
    assert group(stores)["state"] == "stopped"
    assert stores.command("create").returncode == 0
    assert stores.command("sync", "--once").returncode == 0
    assert stores.caught_up()


def test_what_the_agent_waits_for_is_told(stores, start):
    agent = run_agent(stores, start)
    with stores.connect(stores.target) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with stores.connect() as db:
            db.execute("UPDATE users SET n = 5")
        wait_until(lambda: group(stores)["doing"] == "waiting", what="the lock to be told")
        told = stores.command("status").stdout
        assert "waiting" in told and "database is locked" in told and "not running" not in told
        holder.execute("COMMIT")
    wait_until(lambda: group(stores)["doing"] == "idle" and stores.caught_up(), what="the change")
    assert group(stores)["error"] is None
    agent.signal(signal.SIGSTOP)
    try:
        wait_until(lambda: "has not moved" in stores.command("status").stdout, what="the silence")
        assert group(stores)["agent"] is False
    finally:
        agent.signal(signal.SIGCONT)
    wait_until(lambda: group(stores)["agent"], what="the agent")
    agent.signal(signal.SIGKILL)
    agent.exit_status()
    assert "no agent carries all" in stores.command("status").stdout


def test_a_running_agent_follows_data_json(stores, start):
    document = json.loads(stores.file.read_text())
    both = document["groups"]["all"]["tables"]
    document["groups"]["all"]["tables"] = both[:1]
    stores.file.write_text(json.dumps(document))
    agent = run_agent_for_users(stores, start)
    assert stores.rows(stores.target)[1] == []
    stores.file.write_text("{")
    wait_until(lambda: "cannot be followed" in agent.errors(), what="the complaint")
    document["groups"]["all"]["tables"] = both
    stores.file.write_text(json.dumps(document))
    wait_until(lambda: group(stores)["state"] in ("stopped", "not created"), what="the table without capture")
    assert stores.command("create").returncode == 0
    wait_until(lambda: stores.status()["caught_up"] and stores.caught_up(), what="the new table")


def run_agent_for_users(stores, start):
    stores.fill(50)
    assert stores.command("create").returncode == 0
    agent = start("strangler", "data", "sync", "--data", stores.file)
    agent.line("syncing")
    wait_until(lambda: stores.status()["caught_up"], what="the copy")
    return agent


def test_drop_leaves_both_stores_as_they_were(stores, start):
    def schema(path):
        with stores.connect(path) as db:
            return db.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name").fetchall()
    before = schema(stores.source), schema(stores.target)
    agent = run_agent(stores, start)
    refused = stores.command("drop", "--yes")
    assert refused.returncode == 5 and "end it first" in refused.stderr
    agent.signal(signal.SIGTERM)
    agent.exit_status()
    installed = schema(stores.source)
    assert "nothing was changed" in stores.command("drop", "--dry-run").stdout
    assert schema(stores.source) == installed
    assert stores.command("drop", "--yes").returncode == 0
    assert (schema(stores.source), schema(stores.target)) == before
    assert stores.caught_up()


def test_a_verify_lets_the_change_tables_shrink(stores, start):
    run_agent(stores, start)
    with stores.connect() as db:
        db.execute("UPDATE users SET n = n + 1")
        db.execute("DELETE FROM notes WHERE id % 2 = 0")
    wait_until(lambda: stores.caught_up() and stores.status()["caught_up"], what="the changes")

    def noted():
        counts = []
        for path in (stores.source, stores.target):
            with stores.connect(path) as db:
                counts += db.execute("SELECT count(*) FROM _sf_chg").fetchone()
        return sum(counts)
    assert noted() >= 600
    assert stores.command("verify").returncode == 0
    wait_until(lambda: noted() == 0, what="the trimming")
    assert stores.command("verify").returncode == 0


def test_verify_advises_only_what_helps(stores):
    stores.fill(10)
    stores.command("create")
    assert stores.command("sync", "--once").returncode == 0
    with stores.connect(stores.target) as db:
        db.execute("UPDATE users SET n = -1 WHERE id = 'u3'")
    # The stream would stand still for that: the way out is the stop's, and it is named whole.
    told = stores.command("verify").stdout
    assert "then strangler data repair all" in told
    assert stores.command("repair").returncode == 0
    assert stores.command("sync", "--once").returncode == 0
    assert stores.command("verify").returncode == 0
    # A column that became another type: no copy makes these equal, and none is advised.
    with stores.connect(stores.target) as db:
        db.executescript("DROP TABLE users; CREATE TABLE users(id TEXT PRIMARY KEY NOT NULL, email TEXT UNIQUE COLLATE NOCASE, n TEXT)")
    told = stores.command("verify")
    assert told.returncode == 78 and '"n"' in told.stderr
    assert "backfill" not in told.stdout + told.stderr
    assert stores.command("create").returncode == 78


def test_an_agent_that_applies_many_rows_is_alive(stores, start):
    # What it does is written down at each beat: often enough for a machine that applies fast.
    stores.file.write_text(json.dumps({**json.loads(stores.file.read_text()), "heartbeat": "10ms"}))
    run_agent(stores, start, rows=10)
    with stores.connect() as db:
        db.execute("""INSERT INTO notes WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 80999)
                      SELECT i, 'u' || i, x'00' FROM n""")
    seen = set()

    def arrived():
        now = stores.status()
        line = now["groups"][0]
        assert line["agent"] is True, line
        if line["lag_rows"]:
            seen.add((line["doing"], line["doing_rows"]))
        return now["caught_up"]
    wait_until(arrived, seconds=120, what="the rows")
    assert ("applying", 80000) in seen, seen
    assert stores.caught_up()
