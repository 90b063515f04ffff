"""`queuewatch rules`, as a person calls it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from monitor.cli import main
from monitor.model.alert import Alert, AlertState, Entity, Evidence, Strand
from monitor.model.rule import Level, Rule, Severity
from tests.builders import EPOCH
from tests.cli.calling import call, config, simulating
from tests.cli.watching import Watched
from tests.web.api.desk import Desk

TESTS = """\
rules: [{name: Waiting, metric: queue_waiting, critical: {above: 8}}]
tests:
  - name: many wait
    series: [{series: 'queue_waiting{queue="Support", media="voice"}', values: '12x3'}]
    alerts: [{at: 10s, rule: Waiting, expect: [{queue: Support, severity: critical}]}]
    events: [{at: 0s, kind: fired, rule: Waiting}]
"""


def rules(*arguments: str | Path) -> Result:
    """Call the command in this process."""
    return CliRunner().invoke(main, ["rules", *map(str, arguments)])


def a_file(folder: Path, text: str, name: str = "waiting.yaml") -> Path:
    """Write a file."""
    file = folder / name
    file.write_text(text)
    return file


def test_what_passes_is_one_line(tmp_path: Path) -> None:
    """A file that is fine is its name, a count and ok; exit code 0."""
    file = a_file(tmp_path, TESTS)
    done = rules("test", file)
    assert (done.exit_code, done.output) == (0, f"{file}: 1 test, ok\n")


def test_what_fails_shows_expected_and_got(tmp_path: Path) -> None:
    """Test, rule and time, then two tables; exit code 1."""
    file = a_file(tmp_path, TESTS.replace("severity: critical", "severity: warning"))
    done = rules("test", file)
    assert done.exit_code == 1
    assert [line.split() for line in done.output.splitlines()] == [
        [f"{file}:", "1", "test,", "1", "failed"],
        ["many", "wait:", "Waiting", "at", "10s"],
        ["expected:"],
        ["state", "severity", "queue"],
        ["firing", "warning", "Support"],
        ["got:"],
        ["state", "severity", "value", "queue", "media"],
        ["firing", "critical", "12", "Support", "voice"],
    ]


def test_tests_as_json(tmp_path: Path) -> None:
    """Every file with what failed in it, or what is wrong with it; the exit code is that of the worst."""
    good = a_file(tmp_path, TESTS)
    bad = a_file(tmp_path, TESTS.replace("severity: critical", "severity: warning"), "bad.yaml")
    wrong = a_file(tmp_path, TESTS.replace("queue_waiting, crit", "queue_waitng, crit"), "wrong.yaml")
    done = rules("test", good, bad, wrong, "--json")
    said = json.loads(done.stdout)
    assert (done.exit_code, done.stderr, said["ok"]) == (2, "", False)
    assert said["files"][0] == {"file": str(good), "ok": True, "tests": 1, "failures": []}
    (failure,) = said["files"][1]["failures"]
    assert (failure["test"], failure["about"]) == ("many wait", "Waiting at 10s")
    assert failure["expected"][0]["severity"] == "warning"
    assert "queue_waiting" in said["files"][2]["mistakes"][0]["hint"]
    assert json.loads(rules("test", good, "--json").stdout)["ok"] is True


def test_nothing_expected_is_said_in_a_word(tmp_path: Path) -> None:
    """An empty list is none, not an empty table."""
    done = rules("test", a_file(tmp_path, TESTS.replace("[{at: 0s, kind: fired, rule: Waiting}]", "[]")))
    assert "expected: none" in done.output


def test_a_wrong_file_is_told_with_its_line_and_the_others_still_run(tmp_path: Path) -> None:
    """Exit code 2, mistakes on stderr, and the good file's line on stdout."""
    good = a_file(tmp_path, TESTS)
    bad = a_file(tmp_path, TESTS.replace("12x3", "12y3"), "bad.yaml")
    done = rules("test", bad, good)
    assert (done.exit_code, done.stdout) == (2, f"{good}: 1 test, ok\n")
    assert f"{bad}:4: tests[0].series[0].values: '12y3' is not understood" in done.stderr


def a_config(folder: Path, *found: Mapping[str, Any]) -> Path:
    """Write a configuration of one org with these rules; JSON is YAML."""
    org = {"region": "eu-west-1", "client_id": "c"}
    return a_file(folder, json.dumps({"orgs": {"acme": org}, "rules": list(found)}), "queuewatch.yaml")


NEVER = {"name": "Never", "metric": "service_level_ratio", "critical": {"below": 0}}
TWIN = {"name": "Once", "metric": "queue_waiting", "critical": {"above": 5}}


def test_lint_finds_errors_without_a_secret(tmp_path: Path) -> None:
    """A level that is never seen is an error: exit code 1, the rule named."""
    done = rules("lint", "--config", a_config(tmp_path, NEVER, TWIN))
    assert done.exit_code == 1
    assert "Never" in done.output
    assert "2 rules: 1 errors, 0 warnings" in done.output
    assert "not looked at without --online" in done.output


def test_lint_lets_warnings_pass(tmp_path: Path) -> None:
    """The same rule twice is worth a look, and no reason to stop: exit code 0; --json says the same."""
    done = rules("lint", "--json", "--config", a_config(tmp_path, TWIN, {**TWIN, "name": "Twice"}))
    assert done.exit_code == 0
    said = json.loads(done.stdout)
    assert (said["ok"], said["online"]) == (True, False)
    assert [(one["level"], one["check"], one["rule"]) for one in said["findings"]] == [
        ("warning", "duplicate", "Twice")
    ]


def test_lint_of_a_wrong_configuration_names_the_mistake(tmp_path: Path) -> None:
    """Exit code 2, as from check."""
    done = rules("lint", "--config", a_config(tmp_path, {**NEVER, "metric": "servce_level_ratio"}))
    assert done.exit_code == 2
    assert "service_level_ratio" in done.output


@pytest.mark.parametrize("dialect", ["platform", pytest.param("guides", marks=pytest.mark.slow)])
async def test_lint_online_asks_the_directory(tmp_path: Path, dialect: str) -> None:
    """A rule about no queue is an error, queues with traffic and no rule are warnings."""
    found = [
        {**TWIN, "name": "Gone", "for_each": {"queue": "No such queue"}},
        {**TWIN, "for_each": {"queue": "Support*"}},
    ]
    async with simulating() as running:
        path = config(tmp_path, running.url, dialect=dialect)
        path.write_text(json.dumps({**json.loads(path.read_text()), "rules": found}))
        done = await call("rules", "lint", "--online", "--json", "--config", path)
    assert (done.code, done.err) == (1, "")
    findings = {(one["check"], one["level"], one["rule"]) for one in done.json["findings"]}
    assert findings == {("no_queue", "error", "Gone"), ("no_rule", "warning", None)}
    lines = [one["line"] for one in done.json["findings"] if one["check"] == "no_rule"]
    assert lines
    assert not any(line.startswith("acme: Support") for line in lines)


ALERTS = tuple(
    Alert(
        org="acme",
        rule="Waiting",
        severity=Severity.CRITICAL,
        entity=Entity(key=f"{name}/voice", labels={"queue_id": name, "queue": name, "media": "voice"}),
        state=AlertState.PENDING,
        evidence=Evidence(value=12.0),
        known=True,
        strands={Severity.CRITICAL: Strand(state=AlertState.PENDING, held=10.0)},
        active_at=EPOCH,
    )
    for name in ("Support", "Sales")
)
RULE = Rule(
    name="Waiting",
    metric="queue_waiting",
    levels=(Level(severity=Severity.CRITICAL, high=8.0, clear_high=3.0, dwell=30.0),),
)


def explain(*words: str) -> Result:
    """Call the command with a daemon that has two pending alerts."""
    return Watched(Desk(list(ALERTS), (RULE,))).call("rules", "explain", *words)


def test_explain_says_why_an_alert_is_as_it_is() -> None:
    """Value, edges and how much of the dwell is over; --json gives what the daemon said."""
    done = explain("waiting/support")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("Waiting/Support/voice of acme: pending (critical)\n")
    for piece in (
        "critical is pending: breached for 10s of 30s.",
        "queue_waiting = 12",
        "enters > 8, leaves <= 3",
    ):
        assert piece in done.stdout
    raw = json.loads(explain("Waiting/Support/voice", "--json").stdout)
    assert (raw["alert"], raw["levels"][0]["held"]) == ("Waiting/Support/voice", 10.0)


def test_explain_wants_one_alert() -> None:
    """A part of several names lists them, one of none says so; both are exit code 1."""
    several, nothing = explain("voice"), explain("Lost & found/ü")
    assert (several.exit_code, nothing.exit_code) == (1, 1)
    assert "Waiting/Sales/voice (acme, pending)" in several.stderr
    assert "there is no alert 'Lost & found/ü'" in nothing.stderr


async def test_explain_without_a_daemon_says_where_it_asked() -> None:
    """One line, no traceback."""
    done = await call("rules", "explain", "x", "--url", "http://127.0.0.1:9")
    assert done.code == 1
    assert done.err.startswith("Error: no daemon answers at http://127.0.0.1:9")
    assert done.err.count("\n") == 1
