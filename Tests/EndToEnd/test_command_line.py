"""strangler, as a person and as a script meets it: words, exit statuses, JSON."""
import json
import subprocess

import pytest

import web
from conftest import two_sides
from processes import run, wait_until


@pytest.fixture
def running(router, upstream):
    return router(two_sides(upstream("monolith"), upstream("profile")))


@pytest.fixture
def strangler(running, tmp_path):
    """strangler(argument, …) beside the running router's file."""
    return lambda *arguments, **options: run("strangler", "--config", running.file, *arguments, cwd=tmp_path, **options)


def test_status_is_a_sentence_a_table_and_what_to_do_next(strangler):
    result = strangler("status")
    assert result.returncode == 0, result.stderr
    first, *rest = result.stdout.splitlines()
    assert first.strip() and not first.startswith(" ") and "profile" in "\n".join(rest)
    assert "strangler " in result.stdout, "no next step"
    document = json.loads(strangler("status", "-o", "json").stdout)
    assert document["next_steps"]


def test_a_shift_is_observed_written_recorded_and_undone(strangler, running):
    result = strangler("shift", "profile", "25", "--reason", "first quarter", "-o", "json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["next_steps"]
    assert running.document()["routes"][0]["percent"] == 25
    assert strangler("shift", "profile", "+5").returncode == 0
    assert running.document()["routes"][0]["percent"] == 30
    assert strangler("shift", "profile", "-10").returncode == 0
    assert running.document()["routes"][0]["percent"] == 20
    assert "first quarter" in strangler("history").stdout
    assert strangler("undo", "--yes").returncode == 0
    assert running.document()["routes"][0]["percent"] == 30


def test_a_dry_run_changes_nothing(strangler, running):
    before = running.file.read_bytes()
    for command in (("shift", "profile", "50"), ("mirror", "profile", "100"), ("rollback", "profile")):
        assert strangler(*command, "--dry-run").returncode == 0
    assert running.file.read_bytes() == before


def test_rollback_needs_nothing_but_the_router(strangler, running, tmp_path):
    assert strangler("shift", "profile", "100").returncode == 0
    (tmp_path / "elsewhere").mkdir()
    result = run("strangler", "--admin", f"unix:{running.socket}", "rollback", "profile", cwd=tmp_path / "elsewhere")
    assert result.returncode in (0, 3), result
    assert running.document()["routes"][0]["percent"] == 0
    assert running.get("/api/profiles/1", headers={"X-User": "u"}).body == b"monolith"


@pytest.mark.parametrize("mode, percent, why", [("reads", 10, "reads"), (None, 10, "name a mode"), (None, 100, "name a mode")])
def test_a_percentage_that_the_mode_cannot_keep_is_refused_with_the_reason(router, upstream, mode, percent, why):
    document = two_sides(upstream("monolith"), upstream("profile"))
    if mode:
        document["contexts"]["profile"]["mode"] = mode
    else:
        del document["contexts"]["profile"]["mode"]
    document["routes"][0]["match"]["methods"] = ["GET", "PATCH"]
    running = router(document)
    result = run("strangler", "--config", running.file, "shift", "profile", percent)
    assert result.returncode not in (0, 64), result
    assert "profile" in result.stderr and why in result.stderr
    assert running.document()["routes"][0]["percent"] == 0


def test_a_stale_plan_is_a_conflict(strangler, running, tmp_path):
    planned, revision = running.document(), running.revision()
    planned["routes"][0]["percent"] = 50
    wanted = tmp_path / "wanted.json"
    wanted.write_text(json.dumps(planned))
    plan = strangler("plan", wanted, "--detailed-exitcode")
    assert plan.returncode == 2 and f"--if-revision {revision}" in plan.stdout
    assert strangler("shift", "profile", "1").returncode == 0
    result = strangler("apply", wanted, "--if-revision", revision, "--yes")
    assert result.returncode == 5, result
    assert running.document()["routes"][0]["percent"] == 1


def test_exit_statuses_for_scripts(strangler, running, tmp_path):
    assert strangler("nonsense").returncode == 64
    assert strangler("shift", "profile").returncode == 64
    assert strangler("shift", "profile", "1000").returncode == 64
    assert strangler("shift", "nowhere", "10").returncode == 1
    assert strangler("plan", running.file, "--detailed-exitcode").returncode == 0
    assert run("strangler", "--admin", f"unix:{tmp_path}/nobody.sock", "status").returncode == 69
    bad = tmp_path / "bad.json"
    bad.write_text("{\n  oops\n}")
    result = run("strangler", "validate", bad)
    assert result.returncode == 78 and "bad.json:2:3: error:" in result.stdout + result.stderr


def test_a_mistyped_verb_is_guessed(strangler):
    result = strangler("statsu")
    assert result.returncode == 64 and "status" in result.stderr


def test_data_goes_to_standard_output_and_words_to_standard_error(strangler):
    result = strangler("shift", "profile", "0", "-o", "json", "--quiet")
    assert result.stderr == ""
    json.loads(result.stdout)
    failed = strangler("shift", "nowhere", "5", "-o", "json")
    assert failed.stderr or "nowhere" in failed.stdout


def test_explain_tells_the_side_and_the_reason(strangler, running):
    assert strangler("shift", "profile", "100").returncode == 0
    text = strangler("explain", "GET", "/api/profiles/7", "-H", "x-user: ada").stdout
    assert "profile" in text and "100" in text


def test_completions_are_valid_shell(strangler):
    script = strangler("completion", "bash").stdout
    assert "strangler" in script
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_a_new_project_starts_from_init_and_is_valid(tmp_path):
    result = run("strangler", "init", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "routes.json").exists()
    assert run("strangler", "validate", cwd=tmp_path).returncode == 0
    assert run("strangler", "fmt", cwd=tmp_path).returncode == 0
    assert json.loads(run("strangler", "schema", cwd=tmp_path).stdout)["$schema"]


def test_init_leaves_the_monolith_its_time_and_its_bodies_and_says_what_it_does_not(tmp_path):
    said = run("strangler", "init", cwd=tmp_path).stdout
    route = json.loads((tmp_path / "routes.json").read_text())["routes"][0]
    assert route["timeouts"]["response"] == "5m" and route["limits"] == {"body": "1GiB"}
    assert "as it does today" in said
    for key in ("limits.body", "timeouts.response", "limits.head", "limits.bodyRate", "mergeSlashes"):
        assert key in said
    assert said.split("What users get", 1)[1].split("A first service", 1)[0].split() == (
        run("strangler", "validate", cwd=tmp_path).stdout.split("What users get", 1)[1].split("next:", 1)[0].split())


def test_methods_of_a_mirror_are_set_alike_with_and_without_a_router(strangler, running):
    assert strangler("mirror", "profile", "50", "--methods", "head").returncode == 0
    assert running.admin("GET", "/v1/routes").json()["routes"][0]["mirror"]["methods"] == ["HEAD"]
    for methods in ("CONNECT", "TRACE", "get;head", "GET,GET"):
        refused = strangler("mirror", "profile", "50", "--methods", methods)
        assert refused.returncode != 0 and refused.stderr, methods
    running.process.kill()
    before = running.document()["routes"][0]["mirror"]
    assert strangler("mirror", "profile", "25", "--methods", "GET,HEAD", "--yes").returncode == 0
    assert running.document()["routes"][0]["mirror"] == {**before, "percent": 25, "methods": ["GET", "HEAD"]}
    refused = strangler("mirror", "profile", "25", "--methods", "TRACE", "--yes")
    assert refused.returncode == 1 and "never forwarded" in refused.stderr
    assert running.document()["routes"][0]["mirror"]["percent"] == 25


def test_doctor_names_each_limit_that_was_hit_with_its_key(strangler, running):
    assert running.get("/api/profiles/7", headers={"x-long": "y" * 17_000}).status == 431
    assert web.request(running.address, "POST", "/", headers={"content-length": str(16 << 20 | 1)}).status == 413
    said = strangler("doctor").stdout
    assert "limit limits.field" in said and "hit 1 time, 1 in the last minute: header fields above 16 KiB get 431" in " ".join(said.split())
    assert "].limits.body" in said and "raise" in said
    assert "raise limits.field" in strangler("status").stdout


def test_without_a_router_the_file_is_edited_under_the_same_rules(strangler, running):
    running.process.kill()
    assert strangler("shift", "profile", "40", "--yes").returncode == 0
    assert running.document()["routes"][0]["percent"] == 40
    running.begin()
    wait_until(lambda: running.admin("GET", "/v1/routes").json()["routes"][0]["percent"] == 40, what="the edited file in service")
