"""The monolith's rows in the services' stores: real files, the real agent, killed over and over."""
import json
import random
import signal
import sqlite3
import threading

import pytest

import estate
import web
from processes import run, wait_until

SCHEMA = """
    PRAGMA journal_mode = WAL;
    CREATE TABLE users(id TEXT PRIMARY KEY NOT NULL, email TEXT UNIQUE COLLATE NOCASE, n REAL);
    CREATE TABLE notes(id INTEGER PRIMARY KEY, owner TEXT, body BLOB);
"""


class Stores:
    """A monolith's file and a service's, and a data.json that joins them."""

    def __init__(self, folder):
        self.folder = folder
        self.source, self.target = folder / "monolith.db", folder / "service.db"
        for path in (self.source, self.target):
            connection = sqlite3.connect(path)
            connection.executescript(SCHEMA)
            connection.close()
        tables = [{"name": "users"}, {"name": "notes"}]
        self.file = folder / "data.json"
        self.file.write_text(json.dumps({
            "version": 1, "groups": {"all": {"source": "monolith.db", "target": "service.db", "tables": tables}}}))

    def connect(self, path=None):
        return sqlite3.connect(path or self.source, timeout=30, isolation_level=None)

    def fill(self, rows):
        with self.connect() as db:
            db.execute("BEGIN")
            db.executemany("INSERT INTO users VALUES(?, ?, ?)", ((f"u{i}", f"u{i}@x", i / 3) for i in range(rows)))
            db.executemany("INSERT INTO notes VALUES(?, ?, ?)", ((i, f"u{i}", bytes([i % 256]) * 50) for i in range(rows)))
            db.execute("COMMIT")

    def command(self, *arguments, **options):
        return run("strangler", "data", *arguments, "--data", self.file, **options)

    def status(self):
        return json.loads(self.command("status", "-o", "json").stdout)

    def rows(self, path):
        with self.connect(path) as db:
            return (db.execute("SELECT * FROM users ORDER BY id").fetchall(),
                    db.execute("SELECT * FROM notes ORDER BY id").fetchall())

    def caught_up(self):
        return self.rows(self.source) == self.rows(self.target)

    def caught_up_but_for_columns(self):
        """What the service added to a table is its own."""
        users, notes = self.rows(self.target)
        return self.rows(self.source) == ([row[:3] for row in users], notes)


@pytest.fixture
def stores(tmp_path):
    return Stores(tmp_path)


def test_rows_from_before_and_changes_arrive(stores, start):
    stores.fill(3000)
    assert stores.command("create").returncode == 0
    agent = start("strangler", "data", "sync", "--data", stores.file)
    agent.line("syncing 1 group")
    wait_until(stores.caught_up, what="the copy")
    with stores.connect() as db:
        db.execute("UPDATE users SET email = 'new@x' WHERE id = 'u7'")
        db.execute("INSERT OR REPLACE INTO users VALUES('thief', 'U8@X', 1)")
        db.execute("DELETE FROM notes WHERE id < 100")
    wait_until(stores.caught_up, seconds=3, what="the changes")
    wait_until(lambda: stores.status()["caught_up"], what="the status")
    verified = stores.command("verify", "-o", "json")
    assert verified.returncode == 0, verified.stderr
    assert json.loads(verified.stdout)["equal"] is True
    agent.signal(signal.SIGTERM)
    assert agent.exit_status() == 0


def test_an_agent_killed_over_and_over_loses_nothing(stores, start):
    stores.fill(2000)
    assert stores.command("create").returncode == 0
    done, writes = threading.Event(), [0]

    def write():
        dice = random.Random(1)
        db = stores.connect()
        while not done.is_set():
            i = dice.randrange(2500)
            db.execute("BEGIN IMMEDIATE")
            db.execute(*dice.choice([
                ("INSERT OR REPLACE INTO users VALUES(?, ?, ?)", (f"u{i}", f"u{dice.randrange(2500)}@x", i)),
                ("DELETE FROM users WHERE id = ?", (f"u{i}",)),
                ("UPDATE users SET n = n + 1 WHERE id = ?", (f"u{i}",)),
                ("UPDATE OR IGNORE notes SET id = id + 2500 WHERE id = ?", (i,)),
                ("DELETE FROM notes WHERE id = ?", (i,)),
            ]))
            db.execute("COMMIT")
            writes[0] += 1
        db.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for turn in range(20):
            before = writes[0]
            agent = start("strangler", "data", "sync", "--data", stores.file)
            agent.line("syncing")
            # Somewhere between its first step and its hundredth, by the writer's own pace.
            wait_until(lambda: writes[0] > before + turn * 3, what="some writes")
            agent.signal(signal.SIGKILL)
            agent.exit_status()
    finally:
        done.set()
        writer.join()
    assert stores.command("sync", "--once").returncode == 0
    assert stores.caught_up()
    with stores.connect(stores.target) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT count(*) FROM _sf_ctx").fetchone() == (0,)


def test_a_schema_changed_behind_its_back_stops_it_loudly(stores, start):
    stores.fill(10)
    stores.command("create")
    agent = start("strangler", "data", "sync", "--data", stores.file, "--metrics", "127.0.0.1:0")
    address = agent.line(r"metrics on http://([^/]+)/metrics")[1]
    wait_until(stores.caught_up, what="the copy")
    with stores.connect() as db:
        db.execute("DROP TRIGGER _sf_users_ad")
        db.execute("DELETE FROM users WHERE id = 'u1'")
    # Status looks at the stores itself, so it may tell before the agent does.
    wait_until(lambda: stores.status()["groups"][0]["state"] == "stopped", what="the stop")
    wait_until(lambda: "may be missing" in agent.errors(), what="the agent's word")
    wait_until(lambda: 'strangler_sync_stopped{group="all"} 1' in web.request(address, "GET", "/metrics").body.decode(),
               what="the metric")
    assert not stores.caught_up()
    # Installing again copies anew, and the running agent goes on by itself.
    assert stores.command("create").returncode == 0
    wait_until(stores.caught_up, what="the repair")


def test_verify_finds_what_is_wrong(stores):
    stores.fill(50)
    stores.command("create")
    assert stores.command("sync", "--once").returncode == 0
    with stores.connect(stores.target) as db:
        db.execute("UPDATE users SET n = -1 WHERE id = 'u3'")
        db.execute("DELETE FROM notes WHERE id = 4")
        db.execute("INSERT INTO users VALUES('stray', NULL, 0)")
    verified = stores.command("verify")
    assert verified.returncode == 1
    for what in ("users u3: differs in n", "notes 4: missing in the target", "users stray: not in the source"):
        assert what in verified.stdout
    assert "then strangler data repair all" in verified.stdout
    assert stores.command("backfill", "all", "--restart").returncode == 0
    assert stores.command("sync", "--once").returncode == 0
    assert stores.command("verify").returncode == 0


def harm(stores):
    with stores.connect(stores.target) as db:
        db.execute("UPDATE users SET n = -1 WHERE id = 'u3'")
        db.execute("DELETE FROM notes WHERE id = 4")
        db.execute("INSERT INTO users(id, n) VALUES('stray', 0)")


def test_a_repair_writes_what_differs_and_nothing_else(stores, start):
    """Beside the agent, which stood still since somebody else wrote there, and goes on by itself."""
    stores.fill(500)
    with stores.connect(stores.target) as db:
        db.executescript("ALTER TABLE users ADD COLUMN nick TEXT; CREATE TABLE fired(id TEXT);"
                         "CREATE TRIGGER watch AFTER UPDATE ON users BEGIN INSERT INTO fired VALUES(NEW.id); END")
    assert stores.command("create").returncode == 0
    agent = start("strangler", "data", "sync", "--data", stores.file)
    agent.line("syncing")
    wait_until(stores.caught_up_but_for_columns, what="the copy")
    wait_until(lambda: stores.status()["groups"][0]["state"] == "running", what="the proof")
    with stores.connect(stores.target) as db:
        db.execute("UPDATE users SET nick = 'bob' WHERE id = 'u3'")
        db.execute("DELETE FROM fired")
    harm(stores)
    wait_until(lambda: stores.status()["groups"][0]["state"] == "stopped", what="the stop")
    assert "strangler data repair all" in stores.command("status").stdout

    planned = stores.command("repair", "--dry-run", "-o", "json")
    told = json.loads(planned.stdout)
    assert planned.returncode == 1 and told["dry_run"] is True
    assert [told["groups"][0][key] for key in ("insert", "update", "delete", "pending")] == [1, 1, 1, 0]
    assert "users u3: differs in n" in told["groups"][0]["samples"] and told["groups"][0]["written_by_others"] == ["notes", "users"]
    assert not stores.caught_up_but_for_columns()

    repaired = stores.command("repair")
    assert repaired.returncode == 0, repaired
    assert "made 3 rows equal; all 1000 rows compared again, none is wrong" in repaired.stdout
    assert stores.caught_up_but_for_columns()
    with stores.connect(stores.target) as db:
        assert db.execute("SELECT nick FROM users WHERE id = 'u3'").fetchone() == ("bob",)
        # Once by the harm, once by the repair.
        assert db.execute("SELECT id FROM fired").fetchall() == [("u3",), ("u3",)]
    wait_until(lambda: stores.status()["groups"][0]["state"] == "running", what="the proof")
    with stores.connect() as db:
        db.execute("UPDATE users SET n = 77 WHERE id = 'u8'")
    wait_until(stores.caught_up_but_for_columns, what="the next change")
    again = stores.command("repair")
    assert again.returncode == 0 and "nothing was to be repaired" in again.stdout


def test_a_repair_needs_something_to_compare_by(stores):
    before = stores.command("repair")
    assert before.returncode == 1 and "strangler data create all" in before.stderr, before


def test_verify_of_what_was_never_created_says_so(stores):
    before = stores.command("verify")
    assert before.returncode == 1 and "nothing is installed" in before.stderr and "_sf_" not in before.stderr, before
    assert "strangler data create all" in before.stderr, before


def test_mistakes_are_told_with_a_way_out(stores):
    assert stores.command("sync").returncode == 1
    assert "strangler data create" in stores.command("sync").stderr
    assert stores.command("status", "al").returncode == 64
    assert "did you mean all?" in stores.command("status", "al").stderr
    stores.file.write_text('{"version": 1, "groups": {"all": {"sorce": "a.db"}}}')
    broken = stores.command("status")
    assert broken.returncode == 78
    assert 'did you mean "source"?' in broken.stderr


def test_create_dry_run_changes_nothing(stores):
    before = (stores.source.read_bytes(), stores.target.read_bytes())
    assert stores.command("create", "--dry-run").returncode == 0
    with stores.connect() as db:
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE name LIKE '\\_sf%' ESCAPE '\\'").fetchone() == (0,)
    assert before == (stores.source.read_bytes(), stores.target.read_bytes())


def test_a_profile_changed_on_the_monolith_is_read_from_the_service(tmp_path, start):
    monolith = start("pixelpulse-monolith", "--listen", "127.0.0.1:0", "--data", tmp_path / "data/monolith").ready()
    profile = start("pixelpulse-profile", "--listen", "127.0.0.1:0", "--data", tmp_path / "data/profile",
                    "--owner", f"http://{monolith.address}").ready()
    file = tmp_path / "data.json"
    tables = estate.tables("profiles", "images", "sessions")
    file.write_text(json.dumps({"version": 1, "groups": {"profile": {
        "source": "data/monolith/monolith.db", "target": "data/profile/profile.db", "tables": tables}}}))
    assert run("strangler", "data", "create", "--data", file).returncode == 0
    start("strangler", "data", "sync", "--data", file).line("syncing")
    headers = {"content-type": "application/json"}
    body = json.dumps({"email": "a@example.org", "password": "correct horse battery", "display_name": "Ada"})
    account = web.request(monolith.address, "POST", "/api/auth/signup", body, headers).json()
    user, token = account["user"]["id"], account["token"]
    path, bearer = f"/api/profiles/{user}", {**headers, "authorization": f"Bearer {token}"}
    assert web.request(monolith.address, "PATCH", path, json.dumps({"bio": "counts"}), bearer).status == 200

    def seen():
        answer = web.request(profile.address, "GET", path, headers=bearer)
        return answer.status == 200 and answer.json()["bio"] == "counts"
    wait_until(seen, seconds=3, what="the profile in the service")


def test_reads_move_only_to_a_service_that_has_the_rows(stores, start, router):
    stores.fill(5)
    context = {"keys": ["header:x-user"], "mode": "reads"}
    match = {"prefix": "/a", "methods": ["GET"]}
    served = router({
        "upstreams": {"m": {"endpoints": ["127.0.0.1:9"]}, "s": {"endpoints": ["127.0.0.1:9"]}},
        "contexts": {"all": context},
        "routes": [{"id": "a", "match": match, "legacy": "m", "service": "s", "context": "all"},
                   {"id": "default", "match": {"prefix": "/"}, "legacy": "m"}]})

    def shift(*arguments):
        return run("strangler", "shift", "a", *arguments, "--config", served.file)
    refused = shift("10")
    assert refused.returncode == 3
    assert "nothing is installed" in refused.stderr
    stores.command("create")
    start("strangler", "data", "sync", "--data", stores.file).line("syncing")
    wait_until(lambda: stores.status()["groups"][0]["agent"] and stores.status()["caught_up"], what="the copy")
    assert shift("10").returncode == 0
    with stores.connect() as db:
        db.execute("DROP TRIGGER _sf_users_ad")
    wait_until(lambda: stores.status()["groups"][0]["state"] == "stopped", what="the stop")
    assert shift("20").returncode == 3
    assert shift("20", "--despite-data").returncode == 0
    assert shift("0").returncode == 0


def pair(folder, source, target, tables, encoding="UTF-8"):
    """Two stores of any schema, and a data.json between them."""
    for name, schema in (("s.db", source), ("t.db", target)):
        db = sqlite3.connect(folder / name, isolation_level=None)
        db.executescript(f"PRAGMA encoding = '{encoding if name == 's.db' else 'UTF-8'}'; PRAGMA journal_mode = WAL; {schema}")
        db.close()
    file = folder / "data.json"
    group = {"source": "s.db", "target": "t.db", "tables": tables}
    file.write_text(json.dumps({"version": 1, "groups": {"g": group}}))
    return file, lambda name: sqlite3.connect(folder / f"{name}.db", timeout=30, isolation_level=None)


@pytest.mark.parametrize("source, target, said", [
    ("INTEGER", "TEXT", '"t"."id" is INTEGER and the target\'s "t"."id" is TEXT'),
    ("REAL", "TEXT", "Declare the target's column REAL"),
    ("DECIMAL(9,2)", "TEXT", "is DECIMAL(9,2) (which SQLite stores as NUMERIC)"),
])
def test_what_cannot_be_carried_exactly_is_refused(tmp_path, source, target, said):
    file, _ = pair(tmp_path, f"CREATE TABLE t(id {source} PRIMARY KEY, v)", f"CREATE TABLE t(id {target} PRIMARY KEY, v)",
                   [{"name": "t"}])
    refused = run("strangler", "data", "create", "--data", file)
    assert refused.returncode == 78
    assert said in refused.stderr


def test_every_row_of_a_utf16_store_arrives_and_is_proven(tmp_path):
    file, connect = pair(tmp_path, "CREATE TABLE T(id TEXT PRIMARY KEY, v)", "CREATE TABLE t(id TEXT PRIMARY KEY, v)",
                         [{"name": "t"}], encoding="UTF-16le")
    with connect("s") as db:
        db.execute("BEGIN")
        db.executemany("INSERT INTO t VALUES(?, ?)", ((chr(0x100 + i * 37 % 50000) + str(i), i) for i in range(5000)))
        db.execute("COMMIT")
    assert run("strangler", "data", "create", "--data", file).returncode == 0
    assert run("strangler", "data", "sync", "--once", "--data", file).returncode == 0
    group = json.loads(run("strangler", "data", "status", "-o", "json", "--data", file).stdout)["groups"][0]
    assert (group["state"], group["proven"], group["proven_rows"], group["keyless"]) == ("running", True, 5000, 0)
    assert run("strangler", "data", "verify", "--data", file).returncode == 0


def test_replace_by_an_indexs_own_rules_and_the_services_columns(tmp_path):
    table = "CREATE TABLE t(a TEXT, b INTEGER, c TEXT, mail TEXT, slot INTEGER, live INTEGER{more}, PRIMARY KEY(a, b, c));"
    indexes = """CREATE UNIQUE INDEX m ON t(mail COLLATE NOCASE); CREATE UNIQUE INDEX s ON t(slot) WHERE live = 1;
                 CREATE UNIQUE INDEX e ON t(lower(c));"""
    file, connect = pair(tmp_path, table.format(more="") + indexes,
                         table.format(more=", version INTEGER DEFAULT 1") + indexes, [{"name": "t"}])
    sync = ("strangler", "data", "sync", "--once", "--data", file)
    with connect("s") as db:
        db.executemany("INSERT INTO t VALUES('a', ?, ?, ?, ?, 1)", ((i, f"c{i}", f"m{i}@X", i) for i in range(50)))
        assert run("strangler", "data", "create", "--data", file).returncode == 0
        assert run(*sync).returncode == 0
        connect("t").execute("UPDATE t SET version = 7")
        db.executescript("""
            REPLACE INTO t VALUES('b', 1, 'x', 'M1@x', 100, 1); REPLACE INTO t VALUES('b', 2, 'y', 'y', 2, 1);
            REPLACE INTO t VALUES('b', 3, 'C3', 'z', 103, 1);
            BEGIN; UPDATE t SET mail = '-' || mail, slot = -slot WHERE a = 'a' AND b > 9;
            UPDATE t SET mail = 'm' || (b - 9) || 'z', slot = 59 - b WHERE a = 'a' AND b > 9; COMMIT;""")
    assert run(*sync).returncode == 0
    columns = "a, b, c, mail, slot, live"
    assert (connect("s").execute(f"SELECT {columns} FROM t ORDER BY 1, 2, 3").fetchall()
            == connect("t").execute(f"SELECT {columns} FROM t ORDER BY 1, 2, 3").fetchall())
    assert connect("t").execute("SELECT count(*) FROM t WHERE a = 'a' AND version <> 7").fetchone() == (0,)
    assert run("strangler", "data", "verify", "--data", file).returncode == 0


def test_orphans_of_the_target_are_counted(tmp_path):
    file, connect = pair(tmp_path, "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(id INTEGER PRIMARY KEY, p INTEGER);",
                         "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(id INTEGER PRIMARY KEY, p INTEGER REFERENCES p);",
                         [{"name": "p"}, {"name": "c"}])
    connect("s").executescript("INSERT INTO p VALUES(1); INSERT INTO c VALUES(1, 1), (2, 77)")
    assert run("strangler", "data", "create", "--data", file).returncode == 0
    assert run("strangler", "data", "sync", "--once", "--data", file).returncode == 0
    verified = run("strangler", "data", "verify", "--data", file)
    assert verified.returncode == 0
    assert "1 row of the targets has no parent" in verified.stdout
    assert "c rowid 2: no row of p" in verified.stdout
