"""`queuewatch history`, as a person calls it, against a daemon that listens."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner, Result

from monitor.cli.history import command, standing
from monitor.kit.clock import SystemClock
from monitor.model.alert import Entity, EventKind, Evidence
from monitor.model.delivery import History
from tests.builders import EPOCH
from tests.web.making import HOSTILE, Site, a_history, a_try, served


@pytest.fixture(autouse=True)
def _in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is an hour ahead of the epoch's."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def history(site: Site, *arguments: str) -> Result:
    """Call the command with a daemon that serves `site`."""
    with served(site.app()) as url:
        return CliRunner().invoke(command, [*arguments, "--url", url])


def told(*entries: History) -> list[str]:
    """Return the lines of a timeline."""
    done = history(Site(journal=entries))
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_the_timeline() -> None:
    """Local time, severity, kind, rule, queue and value against threshold; below it where it went."""
    refused = a_try(5, "oncall/mqtt", "rejected", reason="denied", detail="not authorised")
    assert told(a_history(a_try(0.4), refused)) == [
        "2026-11-21 10:00:00 CET  critical  fired          ServiceLevelLow  Support  71.2 % < 80 %",
        "    ✓ oncall/webhook  2026-11-21 10:00:00 CET, after 400 ms",
        "    ✗ oncall/mqtt  2026-11-21 10:00:05 CET, after 5 s: rejected, denied, not authorised",
    ]


def test_a_destination_is_one_line_however_often_it_was_tried() -> None:
    """The try that brought it there counts, else the last; a try to come is no failure."""
    down = {"outcome": "retried", "reason": "timeout", "detail": "no answer"}
    lines = told(
        a_history(
            a_try(1, **down), a_try(6, **down), a_try(90), a_try(400),
            a_try(1, "oncall/mqtt", **down), a_try(31, "oncall/mqtt", **down),
            a_try(2, "team/log", "gone", detail="410"),
        )
    )  # fmt: skip
    assert lines[1:] == [
        "    ✓ oncall/webhook  2026-11-21 10:01:30 CET, after 1 m 30 s, try 3",
        (
            "    … oncall/mqtt  2026-11-21 10:00:31 CET, after 31 s, try 2: "
            "timeout, no answer; will be tried again"
        ),
        "    ✗ team/log  2026-11-21 10:00:02 CET, after 2 s: gone, 410",
    ]


def test_what_was_thrown_away_is_no_try() -> None:
    """It says so in a word, and is not counted; neither is what was never sent. A reason is said once."""
    down = {"outcome": "retried", "reason": "timeout"}
    lines = told(
        a_history(
            a_try(1, **down), a_try(6, outcome="rejected", reason="dropped", detail="thrown away by hand"),
            a_try(1, "oncall/mqtt", outcome="skipped", reason="newer"),
            a_try(3, "oncall/mqtt"),
            a_try(2, "team/log", "gone", reason="gone", detail="answered 410"),
        )
    )  # fmt: skip
    assert lines[1:] == [
        "    ✗ oncall/webhook  2026-11-21 10:00:06 CET, after 6 s: thrown away by hand",
        "    ✓ oncall/mqtt  2026-11-21 10:00:03 CET, after 3 s",
        "    ✗ team/log  2026-11-21 10:00:02 CET, after 2 s: gone, answered 410",
    ]


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ('["office",{"org":"demo","rule":"Low"}]', "office: org=demo, rule=Low"),
        ('["2.1",{}]', "2.1: everything"),
        ("plain", "plain"),
        ('{"a": 1}', '{"a": 1}'),
        ("[" * 9000, "[" * 100),
    ],
)
def test_a_group_is_a_route_and_what_its_alerts_share(key: str, shown: str) -> None:
    """And how many there are in it; not its key, which is for machines."""
    (said,) = told(
        a_history(
            name="", kind=EventKind.GROUPED, rule="group", entity=Entity(key=key, labels={}),
            reason="2 firing, 0 over", evidence=Evidence(value=2.0), operator="", threshold=None, metric="",
        )
    )  # fmt: skip
    assert said.startswith(f"2026-11-21 10:00:00 CET  critical  grouped        {shown}")
    assert said.endswith("  2 firing, 0 over")


@pytest.mark.parametrize("reason", ["repeated", "escalated"])
def test_a_reminder_says_which(reason: str) -> None:
    """Told again, or to somebody who is told later."""
    (said,) = told(a_history(kind=EventKind.REMINDED, reason=reason))
    assert said.endswith(f"reminded       ServiceLevelLow  Support  71.2 % < 80 %  ({reason})")


def test_time_runs_down_the_page() -> None:
    """The newest event is the last; in JSON it is the first, as the daemon says it."""
    entries = [a_history(name="Sales", minutes=1), a_history()]
    assert [line.split("  ")[-2] for line in told(*entries)] == ["Support", "Sales"]
    said = json.loads(history(Site(journal=entries), "--json").stdout)
    assert [one["queue"] for one in said["entries"]] == ["Sales", "Support"]


def test_drills_and_what_has_no_queue() -> None:
    """A drill is marked; without a queue the entity is named."""
    (line,) = told(a_history(name="", drill=True, evidence=Evidence(), operator="", threshold=None))
    assert line == "2026-11-21 10:00:00 CET  critical  fired          ServiceLevelLow  /voice  (drill)"


def test_nothing_told_is_a_word() -> None:
    """No empty page."""
    assert told() == ["nothing was told"]


def test_what_is_left_out_is_said() -> None:
    """There are more than are shown, and it says so."""
    done = history(Site(journal=[a_history(minutes=one) for one in range(3)]), "--limit", "2")
    assert len(done.stdout.splitlines()) == 2
    assert "older events are left out" in done.stderr


@pytest.mark.parametrize(
    ("kind", "metric", "said", "shown"),
    [
        ("fired", "queue_waiting", (12.0, ">", 8.0), "12 > 8"),
        ("fired", "queue_longest_wait_seconds", (95.0, ">", 60.0), "1 m 35 s > 1 m"),
        ("fired", "service_level_ratio", (6.25, ">=", 5.0), "6.2× >= 5×"),
        ("resolved", "service_level_ratio", (0.85, ">=", 0.8), "85 % >= 80 %"),
        ("resolved", "service_level_ratio", (0.5, "<", 1.0), "0.5× < 1×"),
        ("fired", "a + b", (1.0, "true", None), "holds"),
        ("resolved", "a + b", (0.0, "false", None), "holds no more"),
        ("fired", "queue_longest_wait_seconds", (40.3, ">", 40.0), "40.3 s > 40 s"),
        ("resolved", "queue_longest_wait_seconds", (60.0, "<=", 60.0), "1 m <= 1 m"),
        ("fired", "service_level_ratio", (0.79999, "<", 0.8), "79.999 % < 80 %"),
        ("fired", "service_level_ratio", (5.01, ">=", 5.0), "5.01× >= 5×"),
        ("fired", "queue_waiting", (8.00001, ">", 8.0), "8.00001 > 8"),
        ("fired", "a + b", (0.123456, ">", 0.1), "0.123 > 0.1"),
        ("fired", "queue_waiting", (None, ">", 8.0), ""),
    ],
)
def test_figures_are_in_the_unit_of_the_metric(
    kind: str, metric: str, said: tuple[float | None, str, float | None], shown: str
) -> None:
    """Ratios in percent, lengths of time as people say them, budgets as multiples, the rest as numbers."""
    value, operator, threshold = said
    entry = {"kind": kind, "metric": metric, "value": value, "operator": operator, "threshold": threshold}
    assert standing(entry) == shown


def test_what_is_wanted_goes_to_the_daemon() -> None:
    """Globs as they are, one more than is shown; a length of time is before now, a date is local."""
    site = Site()
    before = SystemClock().now()
    history(site, "--queue", "Sup*port & co", "--rule", "S?", "--since", "24h", "--limit", "7")
    history(site, "--since", "2026-11-21T10:00", "--until", "2026-11-21T10:00:00+02:00")
    history(site, "--since", "2026-11-21")
    first, second, third = site.journal.wanted
    assert (first.queue, first.rule, first.limit) == ("Sup*port & co", "S?", 8)
    assert first.since is not None
    assert timedelta() <= first.since - (before - timedelta(hours=24)) < timedelta(minutes=1)
    assert (second.since, second.until) == (EPOCH, EPOCH - timedelta(hours=1))
    assert (second.queue, second.rule) == ("*", "*")
    assert third.since == datetime(2026, 11, 20, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    "words",
    [
        ["--since", "yesterday"],
        ["--since", "0001-01-01"],
        ["--since", "99999999999d"],
        ["--until", ""],
        ["--limit", "0"],
    ],
)
def test_times_and_limits_that_are_none(words: list[str]) -> None:
    """Exit code 2, and nothing is asked."""
    site = Site()
    assert history(site, *words).exit_code == 2
    assert site.journal.wanted == []


def test_hostile_names_come_out_clean() -> None:
    """No escape, no control character and no bidi mark reaches the terminal, as lines or as JSON."""
    one = a_try(1, HOSTILE, "rejected", reason=HOSTILE, detail=HOSTILE)
    entry = a_history(one, name=HOSTILE, rule=HOSTILE, operator=HOSTILE)
    for words in ((), ("--json",)):
        done = history(Site(journal=[entry]), *words)
        assert done.exit_code == 0
        assert "<script>" in done.output
        assert all(line.isprintable() for line in done.output.split("\n"))


def test_without_a_daemon_one_line_says_what_to_do() -> None:
    """Exit code 1."""
    done = CliRunner().invoke(command, ["--url", "http://127.0.0.1:9"])
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "queuewatch run" in done.stderr


def test_help_shows_an_example() -> None:
    """It says how it is called."""
    assert "Example: queuewatch history" in CliRunner().invoke(command, ["--help"]).output
