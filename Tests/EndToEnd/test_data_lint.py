"""What `strangler data lint` finds in real stores and in the statements of programs that write them."""
import json
import pathlib
import shutil
import signal
import sqlite3
import subprocess

import pytest

import estate
from processes import run

HERE = pathlib.Path(__file__).parent

# As docs/data.md has it.
GROUPS = {
    "auth": ["users", "sessions"], "profile": ["profiles", "images", "sessions"],
    "filter": ["images", "blobs", "jobs", "sessions"],
}


def lint(*arguments, **options):
    answer = run("strangler", "data", "lint", *arguments, "-o", "json", **options)
    return answer.returncode, json.loads(answer.stdout)


def found(document):
    return {(one["severity"], one["code"], one["subject"]) for one in document["findings"]}


@pytest.fixture
def monolith(tmp_path, start):
    """The folder of a monolith that somebody used, stopped; its statements, one file for each connection."""
    logs, shim = tmp_path / "logs", tmp_path / "statement_log.so"
    logs.mkdir()
    # The compiler that comes with Swift.
    clang = pathlib.Path(shutil.which("swiftc")).resolve().parent / "clang"
    subprocess.run([clang, "-shared", "-fPIC", "-o", shim, HERE / "statement_log.c", "-ldl"], check=True)
    process = start(
        "pixelpulse-monolith", "--listen", "127.0.0.1:0", "--data", tmp_path / "monolith",
        env={"LD_PRELOAD": str(shim), "STATEMENT_LOGS": str(logs)}).ready()
    person = estate.Person(process.address).sign_up()
    image = person.upload()
    assert person.finished(person.start_job(image))["state"] == "done"
    assert person.ask("PATCH", f"/api/profiles/{person.id}", {"bio": "hello"}).status == 200
    person.log_in()
    process.signal(signal.SIGTERM)
    assert process.exit_status() == 0
    return tmp_path


def test_the_sample_s_monolith_is_linted_by_its_own_store_and_statements(monolith):
    groups = {
        name: {"source": "monolith/monolith.db", "target": f"{name}/{name}.db", "tables": [{"name": table} for table in tables]}
        for name, tables in GROUPS.items()
    }
    (monolith / "data.json").write_text(json.dumps({"version": 1, "groups": groups}))
    logs = sorted((monolith / "logs").glob("*.sql"))
    assert logs
    before = (monolith / "monolith/monolith.db").read_bytes()
    code, document = lint(
        "--data", monolith / "data.json", "--key", "user_id", "--key", "users.id", *(word for log in logs for word in ("--sql", log)))
    print(json.dumps(document, indent=1))
    assert code == 1
    assert (monolith / "monolith/monolith.db").read_bytes() == before
    assert document["statements"]["not_understood"] == []
    # An account is made with its profile and its session, and a picture with its bytes.
    subjects = found(document)
    assert ("error", "transaction-crosses", "users, profiles, sessions") in subjects
    assert ("error", "unique-across-owners", "users.email") in subjects
    assert ("error", "no-owner", "blobs") in subjects
    assert ("warning", "transaction-outside", "jobs, job_queue") in subjects
    assert len(document["absent_stores"]) == 3
    text = run("strangler", "data", "lint", "--data", monolith / "data.json", "--key", "users.id", "--key", "user_id", "auth")
    assert text.returncode == 1 and "error unique-across-owners at" in text.stdout, text.stdout
    assert "no statements were read" in text.stdout


def test_a_python_program_s_statements_are_read_without_semicolons_from_standard_input(tmp_path):
    log = []
    store = sqlite3.connect(tmp_path / "cms.db", isolation_level=None)
    store.set_trace_callback(log.append)
    store.executescript("""
        CREATE TABLE users(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
        CREATE TABLE notes(id TEXT, user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE, body TEXT, PRIMARY KEY(id));
        CREATE TABLE audit(n, at DEFAULT CURRENT_TIMESTAMP);
        CREATE VIRTUAL TABLE words USING fts5(body);
        CREATE TRIGGER noted AFTER INSERT ON notes BEGIN INSERT INTO words(body) VALUES(NEW.body); UPDATE users SET name = name WHERE id = NEW.user_id; END;
    """)
    store.execute("INSERT INTO users(name) VALUES(?)", ("Ada; DELETE FROM notes",))
    store.execute("BEGIN")
    store.execute("INSERT OR REPLACE INTO notes(id, user_id, body)\nSELECT 'a', id, 'x' FROM users")
    store.execute("UPDATE users\nSET name = 'Ada'\nWHERE id = 1")
    store.execute("COMMIT")
    store.execute("DELETE FROM notes WHERE body LIKE '%x%'")
    store.close()
    code, document = lint(
        "--store", tmp_path / "cms.db", "--context", "people=users", "--context", "notes=notes,words", "--key", "users.id",
        "--key", "user_id", "--sql", "-", input="\n".join(log))
    assert code == 1
    assert document["statements"]["not_understood"] == [] and document["statements"]["transactions"] == 1, document["statements"]
    assert found(document) == {
        ("error", "transaction-crosses", "notes, users"), ("error", "unkeyed-write", "notes"), ("warning", "replace", "notes"),
        ("error", "allocated-id", "users.id"), ("error", "insert-without-owner", "users"), ("warning", "null-key", "notes.id"),
        ("error", "foreign-key-crosses", "notes.user_id"), ("error", "trigger-crosses", "notes"),
        ("warning", "trigger-fires", "notes"), ("error", "not-a-table", "words"),
    }
    unkeyed = next(one for one in document["findings"] if one["code"] == "unkeyed-write")
    assert unkeyed["file"] == "stdin" and unkeyed["line"] == "\n".join(log).split("DELETE FROM notes WHERE body LIKE")[0].count("\n") + 1
    assert "%x%" not in json.dumps(document)


def test_what_cannot_be_linted_is_said(tmp_path):
    store = sqlite3.connect(tmp_path / "a.db")
    store.execute("CREATE TABLE t(id TEXT PRIMARY KEY NOT NULL, user_id TEXT NOT NULL)")
    store.close()

    def refused(*arguments):
        answer = run("strangler", "data", "lint", *arguments, cwd=tmp_path)
        assert not answer.stdout
        return answer.returncode, answer.stderr

    assert refused()[0] == 78
    assert refused("--data", "none.json", "--store", "a.db")[0] == 78
    assert refused("--store", "none.db")[0] == 1
    assert refused("--context", "c=t") == (64, "error: --context needs --store FILE as well\n")
    for context in ("c", "=t", "c=", "c=t,,u"):
        assert refused("--store", "a.db", "--context", context)[0] == 64
    assert refused("--store", "a.db", "--key", "a.b.c")[0] == 64
    assert refused("--store", "a.db", "other")[0] == 64
    assert refused("--store", "a.db", "--sql", "none.sql")[0] == 1
    assert refused("--store", "a.db", "--sql", ".")[0] == 1
    assert "--store a.db" in refused("--store", "a.db", "--sql", "a.db")[1]
    code, document = lint("--store", tmp_path / "a.db", "--sql", "-", input="BEGIN; grant x; DELETE FROM t WHERE id = 'never")
    assert code == 0 and document["contexts"] == ["a"] and document["findings"] == []
    assert document["statements"]["unfinished_transactions"] == 1
    assert document["statements"]["not_understood"] == [{"word": "grant", "count": 1}]
    assert document["statements"]["unclosed"] == ["stdin ends within a string that begins at line 1, column 42"]
