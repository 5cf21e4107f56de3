"""The example of docs/data.md, as it stands there: a foreign application's store, carried to a service of another shape."""
import json
import pathlib
import re
import sqlite3

import pytest

from processes import run

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Example:
    """The blocks of the document, in files."""

    def __init__(self, folder):
        self.folder = folder
        text = (ROOT / "docs/data.md").read_text()
        chapter = text[text.index("## A foreign application"):]
        for file, sql in re.findall(r"```sql\n-- (\S+\.db),.*?\n(.*?)```", chapter, re.DOTALL):
            connection = sqlite3.connect(folder / file)
            connection.executescript(sql)
            connection.close()
        self.file = folder / "data.json"
        self.file.write_text(re.search(r"```json\n(.*?)```", chapter, re.DOTALL).group(1))

    def data(self, *arguments):
        return run("strangler", "data", *arguments, "--data", self.file)

    def store(self, name):
        connection = sqlite3.connect(self.folder / name, isolation_level=None)
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    def fill(self):
        with self.store("cms.db") as cms:
            cms.execute("BEGIN")
            cms.executemany("INSERT INTO authors VALUES(?, ?, ?)", ((n, f"Author {n}", f"a{n}@x") for n in range(1, 40)))
            cms.executemany(
                "INSERT INTO articles(slug, author_id, title, body, rating, draft, updated_at) VALUES(?, ?, ?, ?, ?, ?, ?)",
                ((f"s-{n}", n % 39 + 1, f"Title {n}", "text " * n, n / 7, n % 2, f"2026-01-{n % 28 + 1:02} 10:00:00") for n in range(500)))
            cms.executemany("INSERT INTO tags VALUES(?, ?)", ((n, f"Tag {n}") for n in range(1, 30)))
            cms.executemany("INSERT INTO article_tags VALUES(?, ?, ?)", ((n, n % 29 + 1, n % 3) for n in range(1, 501)))
            cms.executemany("INSERT INTO sessions VALUES(?, ?, ?, ?)", ((f"sid{n}", n, bytes([n % 256]) * 9, n * 10) for n in range(200)))
            cms.execute("COMMIT")


@pytest.fixture
def example(tmp_path):
    made = Example(tmp_path)
    made.fill()
    return made


PAIRS = [
    ("SELECT id, name FROM authors ORDER BY 1", "SELECT id, display_name FROM authors ORDER BY 1"),
    ("SELECT id, slug, author_id, title, body, rating, draft, updated_at FROM articles ORDER BY 1",
     "SELECT id, slug, author, title, body, rating, draft, updated_at FROM posts ORDER BY 1"),
    ("SELECT * FROM tags ORDER BY 1", "SELECT * FROM tags ORDER BY 1"),
    ("SELECT * FROM article_tags ORDER BY 1, 2", "SELECT * FROM article_tags ORDER BY 1, 2"),
    ("SELECT * FROM sessions ORDER BY 1", "SELECT * FROM sessions ORDER BY 1"),
]


def assert_equal(example):
    with example.store("cms.db") as cms, example.store("reader.db") as reader:
        for source, target in PAIRS:
            rows = cms.execute(source).fetchall()
            assert rows and rows == reader.execute(target).fetchall(), target


def test_the_example_of_the_document_is_carried_whole(example):
    assert example.data("create").returncode == 0
    synced = example.data("sync", "--once")
    assert synced.returncode == 0, synced
    assert_equal(example)
    verified = example.data("verify", "-o", "json")
    assert verified.returncode == 0 and json.loads(verified.stdout)["equal"], verified
    with example.store("reader.db") as reader:
        reader.execute("UPDATE posts SET views = 7 WHERE id = 3")
    with example.store("cms.db") as cms:
        cms.execute("UPDATE articles SET title = 'New' WHERE id IN (3, 4)")
        cms.execute("DELETE FROM articles WHERE id = 9")  # and its row of article_tags, by the cascade
        cms.execute("UPDATE tags SET label = 'TAG 5b' WHERE id = 5")
        cms.execute("INSERT OR REPLACE INTO sessions VALUES('sid4', 99, x'00', 1)")
    assert example.data("sync", "--once").returncode == 0
    assert_equal(example)
    with example.store("reader.db") as reader:
        assert reader.execute("SELECT title, views FROM posts WHERE id = 3").fetchone() == ("New", 7)
    assert example.data("verify").returncode == 0


def test_a_store_without_wal_is_warned_of_once(example):
    """Two groups and five tables of one store; and nobody is told again who runs it again."""
    said = "not in WAL mode"
    first = example.data("create")
    assert first.returncode == 0 and first.stderr.count(said) == 1 and first.stderr.count("cms.db") == 1, first
    again = example.data("create")
    assert again.returncode == 0 and said not in again.stderr, again
    assert len(json.loads(example.data("create", "-o", "json").stdout)["without_wal"]) == 1


def fits(schema, value):
    """As much of JSON Schema as ours of data.json uses."""
    kinds = {"object": dict, "array": list, "string": str, "integer": int}
    if not isinstance(value, kinds[schema["type"]]) or isinstance(value, bool):
        return False
    if isinstance(value, dict):
        named, others = schema.get("properties", {}), schema["additionalProperties"]
        names = schema.get("propertyNames", {}).get("pattern", "")
        return (all(key in value for key in schema.get("required", [])) and all(
            fits(named[key], item) if key in named else bool(others) and re.search(names, key) is not None and fits(others, item)
            for key, item in value.items()))
    if isinstance(value, list):
        return len(value) >= schema.get("minItems", 0) and all(fits(schema["items"], item) for item in value)
    if isinstance(value, int):
        return schema["minimum"] <= value <= schema["maximum"]
    return re.search(schema.get("pattern", ""), value) is not None


@pytest.mark.parametrize("path, value", [
    (["groups", "articles", "tabels"], []), (["groups", "articles", "tables"], []), (["groups", "articles", "target"], None),
    (["version"], 2), (["groups", "sessions", "tables", 0, "key"], []), (["groups", "sessions", "tables", 0, "name"], 7),
    (["heartbeat"], "250"), (["groups", "no name"], {"source": "a.db", "target": "b.db", "tables": [{"name": "t"}]}), (["groups"], None)])
def test_the_schema_accepts_the_example_and_refuses_what_create_refuses(example, path, value):
    schema = json.loads(run("strangler", "schema", "data").stdout)
    assert schema == json.loads((ROOT / "docs/data.schema.json").read_text())
    document = json.loads(example.file.read_text())
    assert fits(schema, document)
    place = document
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    assert not fits(schema, document)
    example.file.write_text(json.dumps(document))
    refused = example.data("create")
    assert refused.returncode == 78 and "data.json:1:" in refused.stderr, refused
